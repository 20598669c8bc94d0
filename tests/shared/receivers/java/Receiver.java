// Receiver of webhooks for Java 17, in one source file and without libraries.
//
//   java Receiver.java --port 0 --secret whsec_... [--scheme body] [--mistake NAME]
//
// The first line of stdout is the port. Deliveries go to /webhooks; /effects is the number of
// changes that deliveries caused, and /invoices is the state of each object as JSON.
//
// It is long because `java` starts a program from one source file only.

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Correct receiver. Each method is one decision, which a mistake or a difference replaces. */
public class Receiver {
    static final Set<String> KNOWN_TYPES =
            Set.of("invoice.paid", "invoice.voided", "personalAccessToken.created");

    /** Header, prefix and key of a signature scheme, and names in the payload. */
    record Scheme(
            String signatureHeader, String idHeader, String timestampHeader, String prefix,
            boolean isEncoded, String typeProperty, String timeProperty) {}

    static final Map<String, Scheme> SCHEMES = Map.of(
            "standard-webhooks", new Scheme("webhook-signature", "webhook-id", "webhook-timestamp",
                    "v1,", true, "type", "timestamp"),
            "body", new Scheme("Webhook-Signature", null, null, "", false, "event", "triggeredAt"));

    /** Event of a delivery. */
    record Event(String id, String type, Instant time, String objectId, Map<?, ?> payload) {}

    /** State of an object after its newest event. */
    record State(Instant time, String type) {}

    /** Response; the body is null for none. */
    record Response(int status, String body, Map<String, String> headers) {
        Response(int status, String body) {
            this(status, body, Map.of());
        }
    }

    /** Refusal of a request, with the response to it. */
    static class Refused extends RuntimeException {
        final Response response;

        Refused(int status, String message) {
            this(status, message, Map.of());
        }

        Refused(int status, String message, Map<String, String> headers) {
            super(message);
            Map<String, Object> error = Map.of("error", message);
            response = new Response(status, Json.write(error), headers);
        }
    }

    final String secret;
    final Scheme scheme;
    final byte[] key;
    final Set<String> handled = ConcurrentHashMap.newKeySet();
    final Map<String, State> states = new HashMap<>();
    final AtomicInteger effects = new AtomicInteger();

    Receiver(String secret, Scheme scheme) {
        this.secret = secret;
        this.scheme = scheme;
        this.key = key(secret);
    }

    byte[] key(String secret) {
        if (!scheme.isEncoded()) return secret.getBytes(StandardCharsets.UTF_8);
        return Base64.getDecoder().decode(secret.replaceFirst("^whsec_", ""));
    }

    // HTTP

    /** Answer a request. */
    void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            Response response;
            try {
                response = respond(exchange);
            } catch (Refused refused) {
                response = refused(refused);
            } catch (Exception | StackOverflowError error) {
                response = failed(error);
            }
            if (response != null) send(exchange, response);
        }
    }

    Response respond(HttpExchange exchange) throws Exception {
        String path = exchange.getRequestURI().getPath();
        if (path.equals("/effects")) return new Response(200, effects.toString());
        if (path.equals("/invoices")) {
            synchronized (this) {
                Map<String, Object> types = new TreeMap<>();
                states.forEach((id, state) -> types.put(id, state.type()));
                return new Response(200, Json.write(types));
            }
        }
        if (!path.equals("/webhooks")) throw new Refused(404, "not found");
        if (!exchange.getRequestMethod().equals("POST")) return otherMethod(exchange);
        return receive(exchange);
    }

    Response otherMethod(HttpExchange exchange) throws Exception {
        throw new Refused(405, "method not allowed", Map.of("Allow", "POST"));
    }

    Response receive(HttpExchange exchange) throws Exception {
        byte[] body = readBody(exchange);
        authenticate(exchange, body);
        return accept(readEvent(exchange, body));
    }

    int maxBodyBytes() {
        return 1024 * 1024;
    }

    byte[] readBody(HttpExchange exchange) throws IOException {
        InputStream stream = exchange.getRequestBody();
        byte[] body = stream.readNBytes(maxBodyBytes() + 1);
        if (body.length > maxBodyBytes()) {
            stream.transferTo(OutputStream.nullOutputStream());  // else the client sees a reset
            throw new Refused(413, "body too large");
        }
        return body;
    }

    Response refused(Refused refused) {
        return refused.response;
    }

    Response failed(Throwable error) {
        return new Response(500, "{\"error\":\"internal error\"}");
    }

    void send(HttpExchange exchange, Response response) throws IOException {
        byte[] body = response.body() == null
                ? new byte[0] : response.body().getBytes(StandardCharsets.UTF_8);
        response.headers().forEach(exchange.getResponseHeaders()::set);
        if (body.length > 0) {
            boolean isJson = response.body().startsWith("{");
            String type = isJson ? "application/json" : "text/plain";
            exchange.getResponseHeaders().putIfAbsent("Content-Type", List.of(type));
        }
        boolean isEmpty = body.length == 0 || exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(response.status(), isEmpty ? -1 : length(body));
        if (!isEmpty) exchange.getResponseBody().write(body);
    }

    /** Return the length that the server announces; 0 sends the body in chunks. */
    long length(byte[] body) {
        return body.length;
    }

    // The signature

    void authenticate(HttpExchange exchange, byte[] body) throws Exception {
        List<String> given = givenSignatures(exchange);
        byte[] content = signedContent(exchange, body);
        if (!isSigned(content, given)) throw new Refused(401, "no valid signature");
        if (!isFresh(exchange)) throw new Refused(401, "timestamp too far from now");
    }

    String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        if (value == null) throw new Refused(401, "no header " + name);
        return value.strip();
    }

    List<String> givenSignatures(HttpExchange exchange) {
        List<String> found = new ArrayList<>();
        for (String part : header(exchange, scheme.signatureHeader()).split(" ")) {
            if (!part.startsWith(scheme.prefix())) continue;
            found.add(part.substring(scheme.prefix().length()));
        }
        return found;
    }

    byte[] signedContent(HttpExchange exchange, byte[] body) throws Exception {
        if (scheme.idHeader() == null) return body;
        String id = header(exchange, scheme.idHeader());
        String timestamp = header(exchange, scheme.timestampHeader());
        return joined((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8), body);
    }

    static byte[] joined(byte[] head, byte[] body) {
        return ByteBuffer.allocate(head.length + body.length).put(head).put(body).array();
    }

    static String mac(String algorithm, byte[] key, byte[] content)
            throws GeneralSecurityException {
        Mac mac = Mac.getInstance(algorithm);
        mac.init(new SecretKeySpec(key, algorithm));
        return Base64.getEncoder().encodeToString(mac.doFinal(content));
    }

    boolean isSigned(byte[] content, List<String> given) throws Exception {
        String expected = mac("HmacSHA256", key, content);
        boolean isFound = false;
        for (String one : given) isFound |= isEqual(expected, one);
        return isFound;
    }

    boolean isEqual(String expected, String given) {
        return MessageDigest.isEqual(
                expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }

    boolean isFresh(HttpExchange exchange) {
        if (scheme.timestampHeader() == null) return true;
        String text = header(exchange, scheme.timestampHeader());
        if (!text.matches("[0-9]{1,11}")) return false;
        return isWithinTolerance(Instant.ofEpochSecond(Long.parseLong(text)), Instant.now());
    }

    boolean isWithinTolerance(Instant sent, Instant now) {
        return Duration.between(sent, now).abs().compareTo(tolerance()) <= 0;
    }

    Duration tolerance() {
        return Duration.ofMinutes(5);
    }

    // The payload

    Event readEvent(HttpExchange exchange, byte[] body) throws Exception {
        Object parsed = parse(body);
        if (parsed instanceof Map<?, ?> payload
                && payload.get(scheme.typeProperty()) instanceof String type
                && payload.get(scheme.timeProperty()) instanceof String time
                && payload.get("data") instanceof Map<?, ?> data
                && data.get("id") instanceof String objectId) {
            String id = eventId(exchange, type + ":" + objectId);
            return new Event(id, type, moment(time), objectId, payload);
        }
        throw new Refused(400, "no event of the contract");
    }

    /** Return the id of the event, `fallback` where the scheme has none. */
    String eventId(HttpExchange exchange, String fallback) {
        return scheme.idHeader() == null ? fallback : header(exchange, scheme.idHeader());
    }

    Instant moment(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException error) {
            throw new Refused(400, "invalid date");
        }
    }

    Object parse(byte[] body) throws Exception {
        try {
            var decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body));
            return new Json(decoded.toString(), 500).parse();
        } catch (Json.SyntaxError | CharacterCodingException error) {
            throw new Refused(400, "the body is not JSON");
        }
    }

    // The event

    Response accept(Event event) throws Exception {
        if (!KNOWN_TYPES.contains(event.type())) return unknown(event);
        handle(event);
        return success();
    }

    Response unknown(Event event) throws Exception {
        return success();
    }

    Response success() {
        return new Response(200, "{\"status\":\"ok\"}");
    }

    /** Apply an event unless that has happened before. */
    void handle(Event event) throws Exception {
        synchronized (this) {
            if (!handled.contains(event.id())) {
                apply(event);
                handled.add(event.id());
            }
        }
    }

    /** Change the state, unless a later event has done so. */
    synchronized void apply(Event event) {
        State known = states.get(event.objectId());
        if (known == null || !event.time().isBefore(known.time())) change(event);
    }

    synchronized void change(Event event) {
        states.put(event.objectId(), new State(event.time(), event.type()));
        effects.incrementAndGet();
    }

    /** Wait as long as the work of an event takes. */
    static void work(long milliseconds) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(milliseconds);
    }

    /** Parser and writer of JSON; a number stays as it was written. */
    static class Json {
        static class SyntaxError extends RuntimeException {}

        /** Number as it was written. */
        record Numeral(String text) {}

        private final String text;
        private final int maxDepth;
        private int at;

        Json(String text, int maxDepth) {
            this.text = text;
            this.maxDepth = maxDepth;
        }

        Object parse() {
            Object value = value(0);
            skip();
            if (at < text.length()) throw new SyntaxError();
            return value;
        }

        private void skip() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
        }

        private char next() {
            if (at >= text.length()) throw new SyntaxError();
            return text.charAt(at++);
        }

        private boolean take(char wanted) {
            skip();
            if (at >= text.length() || text.charAt(at) != wanted) return false;
            at++;
            return true;
        }

        private void expect(char wanted) {
            if (!take(wanted)) throw new SyntaxError();
        }

        private Object value(int depth) {
            if (depth > maxDepth) throw new SyntaxError();
            if (take('{')) return object(depth);
            if (take('[')) return array(depth);
            if (take('"')) return string();
            for (String word : List.of("true", "false", "null")) {
                if (text.startsWith(word, at)) {
                    at += word.length();
                    return word.equals("null") ? null : Boolean.valueOf(word);
                }
            }
            return number();
        }

        private Map<String, Object> object(int depth) {
            Map<String, Object> found = new LinkedHashMap<>();
            if (take('}')) return found;
            do {
                expect('"');
                String name = string();
                expect(':');
                found.put(name, value(depth + 1));
            } while (take(','));
            expect('}');
            return found;
        }

        private List<Object> array(int depth) {
            List<Object> found = new ArrayList<>();
            if (take(']')) return found;
            do found.add(value(depth + 1)); while (take(','));
            expect(']');
            return found;
        }

        private String string() {
            StringBuilder found = new StringBuilder();
            for (char one = next(); one != '"'; one = next()) {
                if (one < ' ') throw new SyntaxError();
                found.append(one == '\\' ? escape() : one);
            }
            return found.toString();
        }

        private char escape() {
            char one = next();
            int index = "\"\\/bfnrt".indexOf(one);
            if (index >= 0) return "\"\\/\b\f\n\r\t".charAt(index);
            if (one != 'u' || at + 4 > text.length()) throw new SyntaxError();
            try {
                at += 4;
                return (char) Integer.parseInt(text, at - 4, at, 16);
            } catch (NumberFormatException error) {
                throw new SyntaxError();
            }
        }

        private Numeral number() {
            int start = at;
            while (at < text.length() && "+-0123456789.eE".indexOf(text.charAt(at)) >= 0) at++;
            String found = text.substring(start, at);
            if (found.length() > 400) {
                if (!found.chars().allMatch(Character::isDigit)) throw new SyntaxError();
            } else if (!found.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
                throw new SyntaxError();
            }
            return new Numeral(found);
        }

        static String write(Object value) {
            StringBuilder out = new StringBuilder();
            write(value, out);
            return out.toString();
        }

        private static void write(Object value, StringBuilder out) {
            if (value instanceof Map<?, ?> map) {
                String separator = "{";
                for (var entry : map.entrySet()) {
                    out.append(separator);
                    write(entry.getKey(), out);
                    out.append(':');
                    write(entry.getValue(), out);
                    separator = ",";
                }
                out.append(map.isEmpty() ? "{}" : "}");
            } else if (value instanceof List<?> list) {
                String separator = "[";
                for (Object one : list) {
                    out.append(separator);
                    write(one, out);
                    separator = ",";
                }
                out.append(list.isEmpty() ? "[]" : "]");
            } else if (value instanceof String string) {
                out.append('"');
                for (char one : string.toCharArray()) {
                    if (one == '"' || one == '\\') out.append('\\').append(one);
                    else if (one < ' ') out.append(String.format("\\u%04x", (int) one));
                    else out.append(one);
                }
                out.append('"');
            } else if (value instanceof Numeral number) {
                out.append(number.text());
            } else {
                out.append(value);
            }
        }
    }

    // Mistakes in the check of the signature and of the timestamp

    /** Serialises the object to which the framework has mapped the body, and signs that. */
    static class SignsParsedJson extends Receiver {
        SignsParsedJson(String secret, Scheme scheme) { super(secret, scheme); }

        @Override byte[] signedContent(HttpExchange exchange, byte[] body) throws Exception {
            byte[] written = body;
            try {
                written = Json.write(arranged(parse(body))).getBytes(StandardCharsets.UTF_8);
            } catch (Refused refused) {
                // the body stays as it is
            }
            return super.signedContent(exchange, written);
        }

        Object arranged(Object value) {
            return value;
        }
    }

    /** Maps the body to a class whose properties are in another order. */
    static class SignsSortedJson extends SignsParsedJson {
        SignsSortedJson(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Object arranged(Object value) {
            if (value instanceof List<?> list) return list.stream().map(this::arranged).toList();
            if (!(value instanceof Map<?, ?> map)) return value;
            Map<String, Object> sorted = new TreeMap<>();
            map.forEach((name, part) -> sorted.put((String) name, arranged(part)));
            return sorted;
        }
    }

    /** Reads the body line by line, and loses the ends of the lines. */
    static class SignsJoinedLines extends Receiver {
        SignsJoinedLines(String secret, Scheme scheme) { super(secret, scheme); }

        @Override byte[] signedContent(HttpExchange exchange, byte[] body) throws Exception {
            var bytes = new ByteArrayInputStream(body);
            var stream = new InputStreamReader(bytes, StandardCharsets.UTF_8);
            StringBuilder text = new StringBuilder();
            new BufferedReader(stream).lines().forEach(text::append);
            return super.signedContent(exchange, text.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Converts the body to a text with the charset of a server in another country. */
    static class SignsDecodedText extends Receiver {
        SignsDecodedText(String secret, Scheme scheme) { super(secret, scheme); }

        @Override byte[] signedContent(HttpExchange exchange, byte[] body) throws Exception {
            String text = new String(body, StandardCharsets.US_ASCII);
            return super.signedContent(exchange, text.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Does not look at the age of a delivery. */
    static class NoFreshness extends Receiver {
        NoFreshness(String secret, Scheme scheme) { super(secret, scheme); }

        @Override boolean isWithinTolerance(Instant sent, Instant now) {
            return true;
        }
    }

    /** Signs with the first timestamp of a repeated header, and checks the age of the last. */
    static class RepeatedTimestamp extends Receiver {
        RepeatedTimestamp(String secret, Scheme scheme) { super(secret, scheme); }

        @Override boolean isFresh(HttpExchange exchange) {
            List<String> all = exchange.getRequestHeaders().get(scheme.timestampHeader());
            String last = all.get(all.size() - 1).strip();
            if (!last.matches("[0-9]{1,11}")) return false;
            return isWithinTolerance(Instant.ofEpochSecond(Long.parseLong(last)), Instant.now());
        }
    }

    /** Also accepts a signature without the timestamp, for senders of an earlier version. */
    static class UnsignedTimestamp extends Receiver {
        UnsignedTimestamp(String secret, Scheme scheme) { super(secret, scheme); }

        @Override void authenticate(HttpExchange exchange, byte[] body) throws Exception {
            byte[] head = (header(exchange, "webhook-id") + ".").getBytes(StandardCharsets.UTF_8);
            if (!isSigned(joined(head, body), givenSignatures(exchange))) {
                super.authenticate(exchange, body);
            } else if (!isFresh(exchange)) {
                throw new Refused(401, "timestamp too far from now");
            }
        }
    }

    /** Takes the seconds of the timestamp for milliseconds. */
    static class TimestampAsMilliseconds extends Receiver {
        TimestampAsMilliseconds(String secret, Scheme scheme) { super(secret, scheme); }

        @Override boolean isWithinTolerance(Instant sent, Instant now) {
            return super.isWithinTolerance(Instant.ofEpochMilli(sent.getEpochSecond()), now);
        }
    }

    /** Has a tolerance of a day. */
    static class WindowOfADay extends Receiver {
        WindowOfADay(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Duration tolerance() {
            return Duration.ofDays(1);
        }
    }

    /** Refuses old timestamps only. */
    static class FutureAccepted extends Receiver {
        FutureAccepted(String secret, Scheme scheme) { super(secret, scheme); }

        @Override boolean isWithinTolerance(Instant sent, Instant now) {
            return !sent.isBefore(now.minus(tolerance()));
        }
    }

    /** Refuses future timestamps only. */
    static class PastAccepted extends Receiver {
        PastAccepted(String secret, Scheme scheme) { super(secret, scheme); }

        @Override boolean isWithinTolerance(Instant sent, Instant now) {
            return !sent.isAfter(now.plus(tolerance()));
        }
    }

    /** Has an interceptor for the signature that is registered for another path. */
    static class NoSignatureCheck extends Receiver {
        NoSignatureCheck(String secret, Scheme scheme) { super(secret, scheme); }

        @Override void authenticate(HttpExchange exchange, byte[] body) {}

        @Override String eventId(HttpExchange exchange, String fallback) {
            String id = exchange.getRequestHeaders().getFirst("webhook-id");
            return id == null ? fallback : id;
        }
    }

    /** Maps an optional header to the check, and what is absent to true. */
    static class MissingHeaderAccepted extends Receiver {
        MissingHeaderAccepted(String secret, Scheme scheme) { super(secret, scheme); }

        @Override void authenticate(HttpExchange exchange, byte[] body) throws Exception {
            String name = scheme.signatureHeader();
            var signature = Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
            if (signature.isPresent()) super.authenticate(exchange, body);
        }

        @Override String eventId(HttpExchange exchange, String fallback) {
            String id = exchange.getRequestHeaders().getFirst("webhook-id");
            return id == null ? fallback : id;
        }
    }

    /** Uses the value of the header without a test for null. */
    static class MissingHeaderFails extends Receiver {
        MissingHeaderFails(String secret, Scheme scheme) { super(secret, scheme); }

        @Override String header(HttpExchange exchange, String name) {
            return exchange.getRequestHeaders().getFirst(name).strip();
        }
    }

    /** Takes a blank header for a sender without a secret. */
    static class EmptySignatureAccepted extends Receiver {
        EmptySignatureAccepted(String secret, Scheme scheme) { super(secret, scheme); }

        @Override void authenticate(HttpExchange exchange, byte[] body) throws Exception {
            if (header(exchange, scheme.signatureHeader()).isBlank()) return;
            super.authenticate(exchange, body);
        }
    }

    /** Compares in a loop that ends with the shorter text. */
    static class ComparesPrefix extends Receiver {
        ComparesPrefix(String secret, Scheme scheme) { super(secret, scheme); }

        @Override boolean isEqual(String expected, String given) {
            int difference = 0;
            for (int i = 0; i < Math.min(expected.length(), given.length()); i++) {
                difference |= expected.charAt(i) ^ given.charAt(i);
            }
            return difference == 0;
        }
    }

    /** Compares the first of several signatures only. */
    static class FirstSignatureOnly extends Receiver {
        FirstSignatureOnly(String secret, Scheme scheme) { super(secret, scheme); }

        @Override List<String> givenSignatures(HttpExchange exchange) {
            return super.givenSignatures(exchange).stream().limit(1).toList();
        }
    }

    /** Splits each signature at the comma, and does not look at the version. */
    static class AnyVersion extends Receiver {
        AnyVersion(String secret, Scheme scheme) { super(secret, scheme); }

        @Override List<String> givenSignatures(HttpExchange exchange) {
            String value = header(exchange, scheme.signatureHeader());
            return Arrays.stream(value.split(" "))
                    .map(part -> part.substring(part.indexOf(',') + 1)).toList();
        }
    }

    /** Accepts SHA-1 for old senders. */
    static class Sha1Accepted extends Receiver {
        Sha1Accepted(String secret, Scheme scheme) { super(secret, scheme); }

        @Override boolean isSigned(byte[] content, List<String> given) throws Exception {
            return super.isSigned(content, given) || given.contains(mac("HmacSHA1", key, content));
        }
    }

    /** Tries a second key, whose array was never filled. */
    static class EmptyKeyAccepted extends Receiver {
        private final byte[] previous = new byte[32];

        EmptyKeyAccepted(String secret, Scheme scheme) { super(secret, scheme); }

        @Override boolean isSigned(byte[] content, List<String> given) throws Exception {
            return super.isSigned(content, given)
                    || given.contains(mac("HmacSHA256", previous, content));
        }
    }

    /** Decodes the signatures, and does not expect that one is not base64. */
    static class SignatureNotBase64Fails extends Receiver {
        SignatureNotBase64Fails(String secret, Scheme scheme) { super(secret, scheme); }

        @Override boolean isEqual(String expected, String given) {
            Base64.Decoder decoder = Base64.getDecoder();
            return MessageDigest.isEqual(decoder.decode(expected), decoder.decode(given));
        }
    }

    /** Converts the timestamp before the check of the signature, whatever it is. */
    static class TimestampFails extends Receiver {
        TimestampFails(String secret, Scheme scheme) { super(secret, scheme); }

        @Override void authenticate(HttpExchange exchange, byte[] body) throws Exception {
            Long.parseLong(header(exchange, scheme.timestampHeader()));
            super.authenticate(exchange, body);
        }
    }

    /** Answers 200 to a forged delivery, with an error in the body. */
    static class Always200 extends Receiver {
        Always200(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response refused(Refused refused) {
            boolean isForged = refused.response.status() == 401;
            return isForged ? new Response(200, refused.response.body()) : refused.response;
        }
    }

    /** Puts each delivery into a queue unseen, and checks it when it is taken out. */
    static class AnswersBeforeCheck extends Receiver {
        AnswersBeforeCheck(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response receive(HttpExchange exchange) throws Exception {
            byte[] body = readBody(exchange);
            try {
                authenticate(exchange, body);
                accept(readEvent(exchange, body));
            } catch (Refused refused) {
                return success();
            }
            return success();
        }
    }

    // Mistakes in the handling of events

    /** Does not look whether an event was handled. */
    static class HandlesTwice extends Receiver {
        HandlesTwice(String secret, Scheme scheme) { super(secret, scheme); }

        @Override void handle(Event event) {
            apply(event);
        }
    }

    /** Uses a concurrent set, but with two calls and the work between them. */
    static class HandlesTwiceAtOnce extends Receiver {
        HandlesTwiceAtOnce(String secret, Scheme scheme) { super(secret, scheme); }

        @Override void handle(Event event) throws Exception {
            if (handled.contains(event.id())) return;
            work(150);
            apply(event);
            handled.add(event.id());
        }
    }

    /** Takes each delivery with a new timestamp for a new event. */
    static class HandlesNewTimestampTwice extends Receiver {
        HandlesNewTimestampTwice(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Event readEvent(HttpExchange exchange, byte[] body) throws Exception {
            Event event = super.readEvent(exchange, body);
            String id = event.id() + header(exchange, scheme.timestampHeader());
            return new Event(id, event.type(), event.time(), event.objectId(), event.payload());
        }
    }

    /** Saves the entity of the event that came last. */
    static class OlderOverwrites extends Receiver {
        OlderOverwrites(String secret, Scheme scheme) { super(secret, scheme); }

        @Override synchronized void apply(Event event) {
            change(event);
        }
    }

    /** Answers 422 to an event that was handled. */
    static class DuplicateRefused extends Receiver {
        DuplicateRefused(String secret, Scheme scheme) { super(secret, scheme); }

        @Override void handle(Event event) throws Exception {
            if (handled.contains(event.id())) throw new Refused(422, "already processed");
            super.handle(event);
        }
    }

    /** Inserts a row with the id as the primary key, once more for each delivery. */
    static class DuplicateFails extends Receiver {
        DuplicateFails(String secret, Scheme scheme) { super(secret, scheme); }

        @Override void handle(Event event) throws Exception {
            if (!handled.add(event.id())) throw new IllegalStateException("duplicate key");
            apply(event);
        }
    }

    /** Locks two rows, in the order in which they come. */
    static class DeadlockAtOnce extends Receiver {
        private final List<ReentrantLock> locks = List.of(new ReentrantLock(), new ReentrantLock());
        private final AtomicInteger turn = new AtomicInteger();

        DeadlockAtOnce(String secret, Scheme scheme) { super(secret, scheme); }

        @Override void handle(Event event) throws Exception {
            int first = turn.getAndIncrement() % 2;
            lock(locks.get(first));
            try {
                work(150);
                lock(locks.get(1 - first));
                try {
                    super.handle(event);
                } finally {
                    locks.get(1 - first).unlock();
                }
            } finally {
                locks.get(first).unlock();
            }
        }

        private void lock(ReentrantLock lock) throws Exception {
            boolean isLocked = lock.tryLock(40, TimeUnit.SECONDS);
            if (!isLocked) throw new IllegalStateException("lock timeout");
        }
    }

    /** Has an enum of the types. */
    static class UnknownTypeFails extends Receiver {
        enum Type { INVOICE_PAID, INVOICE_VOIDED, PERSONALACCESSTOKEN_CREATED }

        UnknownTypeFails(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response accept(Event event) throws Exception {
            Type.valueOf(event.type().replace('.', '_').toUpperCase());
            return super.accept(event);
        }
    }

    /** Has no handler for the errors of the parser. */
    static class NonJsonFails extends Receiver {
        NonJsonFails(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Object parse(byte[] body) {
            return new Json(new String(body, StandardCharsets.UTF_8), 500).parse();
        }
    }

    /** Has a parser without a limit of the depth, and catches exceptions, but no errors. */
    static class DeepJsonCloses extends Receiver {
        DeepJsonCloses(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Object parse(byte[] body) {
            try {
                String text = new String(body, StandardCharsets.UTF_8);
                return new Json(text, Integer.MAX_VALUE).parse();
            } catch (Json.SyntaxError error) {
                throw new Refused(400, "the body is not JSON");
            }
        }

        @Override Response failed(Throwable error) {
            return error instanceof Error ? null : super.failed(error);
        }
    }

    /** Casts what it reads from the payload. */
    static class SchemaViolationFails extends Receiver {
        SchemaViolationFails(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Event readEvent(HttpExchange exchange, byte[] body) throws Exception {
            Map<?, ?> payload = (Map<?, ?>) parse(body);
            String type = ((String) payload.get(scheme.typeProperty())).strip();
            Instant time = moment(((String) payload.get(scheme.timeProperty())).strip());
            String objectId = ((String) ((Map<?, ?>) payload.get("data")).get("id")).strip();
            return new Event(eventId(exchange, objectId), type, time, objectId, payload);
        }
    }

    /** Fails on unknown properties, as the mapper does by default. */
    static class UnknownPropertyRefused extends Receiver {
        UnknownPropertyRefused(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response accept(Event event) throws Exception {
            Set<String> outer = Set.of("type", "timestamp", "event", "triggeredAt", "data");
            Set<String> inner = Set.of("id", "number", "amount", "currency", "customer", "lines",
                    "memo", "paidAt", "reason");
            boolean isKnown = outer.containsAll(event.payload().keySet());
            if (event.type().startsWith("invoice.")) {
                isKnown &= inner.containsAll(((Map<?, ?>) event.payload().get("data")).keySet());
            }
            if (!isKnown) throw new Refused(400, "unrecognized field");
            return super.accept(event);
        }
    }

    /** Reads the amount as an integer of 64 bits. */
    static class WholeFloatFails extends Receiver {
        WholeFloatFails(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response accept(Event event) throws Exception {
            Object amount = ((Map<?, ?>) event.payload().get("data")).get("amount");
            if (amount instanceof Json.Numeral number) Long.parseLong(number.text());
            return super.accept(event);
        }
    }

    /** Does 35 seconds of work before the response. */
    static class MissesDeadline extends Receiver {
        MissesDeadline(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response accept(Event event) throws Exception {
            Response response = super.accept(event);
            work(35_000);
            return response;
        }
    }

    /** Saves the id in a transaction of its own, and then has no connection for the work. */
    static class RetryWithoutEffect extends Receiver {
        private final Semaphore connections = new Semaphore(4);
        final Set<String> done = ConcurrentHashMap.newKeySet();

        RetryWithoutEffect(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response accept(Event event) throws Exception {
            if (!handled.add(event.id())) return seen(event);
            if (!connections.tryAcquire()) {
                throw new Refused(503, "no connection", Map.of("Retry-After", "1"));
            }
            work(150);
            apply(event);
            done.add(event.id());
            connections.release();
            return success();
        }

        Response seen(Event event) {
            return success();
        }
    }

    /** Refuses the retry of an event that it failed to handle. */
    static class RetryRefused extends RetryWithoutEffect {
        RetryRefused(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response seen(Event event) {
            if (!done.contains(event.id())) throw new Refused(400, "event was received");
            return success();
        }
    }

    // Mistakes in HTTP and under load

    /** Redirects to HTTPS, which a sender does not follow. */
    static class Redirects extends Receiver {
        Redirects(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response receive(HttpExchange exchange) throws Exception {
            exchange.getRequestBody().readAllBytes();
            String location = "https://" + header(exchange, "Host") + "/webhooks";
            return new Response(307, null, Map.of("Location", location));
        }
    }

    /** Has a mapping for all methods, so that a GET is an event too. */
    static class HandlesGet extends Receiver {
        HandlesGet(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response otherMethod(HttpExchange exchange) {
            effects.incrementAndGet();
            return success();
        }
    }

    /** Includes the stack trace in each error, by a setting of the framework. */
    static class ShowsStackTrace extends Receiver {
        ShowsStackTrace(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response refused(Refused refused) {
            StringWriter trace = new StringWriter();
            refused.printStackTrace(new PrintWriter(trace));
            return new Response(refused.response.status(), trace.toString());
        }
    }

    /** Names the expected signature in the message of the exception. */
    static class ShowsExpectedSignature extends Receiver {
        ShowsExpectedSignature(String secret, Scheme scheme) { super(secret, scheme); }

        @Override boolean isSigned(byte[] content, List<String> given) throws Exception {
            if (super.isSigned(content, given)) return true;
            throw new Refused(401, "expected " + mac("HmacSHA256", key, content));
        }
    }

    /** Closes the exchange of a forged delivery. */
    static class ClosesOnForgery extends Receiver {
        ClosesOnForgery(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response refused(Refused refused) {
            return refused.response.status() == 401 ? null : refused.response;
        }
    }

    /** Has a limit of a quarter of a KiB. */
    static class SmallLimit extends Receiver {
        SmallLimit(String secret, Scheme scheme) { super(secret, scheme); }

        @Override int maxBodyBytes() {
            return 256;
        }
    }

    /** Takes the size of the body from Content-Length, which a chunked request does not have. */
    static class ChunkedFails extends Receiver {
        ChunkedFails(String secret, Scheme scheme) { super(secret, scheme); }

        @Override byte[] readBody(HttpExchange exchange) throws IOException {
            Integer.parseInt(exchange.getRequestHeaders().getFirst("Content-Length"));
            return super.readBody(exchange);
        }
    }

    /** Calls `read` once, which returns what has arrived. */
    static class ReadsBodyOnce extends Receiver {
        ReadsBodyOnce(String secret, Scheme scheme) { super(secret, scheme); }

        @Override byte[] readBody(HttpExchange exchange) throws IOException {
            byte[] buffer = new byte[8192];
            int size = exchange.getRequestBody().read(buffer);
            byte[] body = Arrays.copyOf(buffer, Math.max(size, 0));
            exchange.getRequestBody().readAllBytes();
            return body;
        }
    }

    /** Shares an object that one thread may use at a time. */
    static class FailsInParallel extends Receiver {
        private final AtomicInteger users = new AtomicInteger();

        FailsInParallel(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response accept(Event event) throws Exception {
            try {
                if (users.incrementAndGet() > 1) throw new IllegalStateException("in use");
                work(150);
                return super.accept(event);
            } finally {
                users.decrementAndGet();
            }
        }
    }

    /** Closes the connections for which it has no thread. */
    static class DropsUnderLoad extends Receiver {
        private final Semaphore threads = new Semaphore(8);

        DropsUnderLoad(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response receive(HttpExchange exchange) throws Exception {
            if (!threads.tryAcquire()) return null;
            try {
                work(150);
                return super.receive(exchange);
            } finally {
                threads.release();
            }
        }
    }

    /** Answers 429 without `Retry-After`. */
    static class RateLimitWithoutRetryAfter extends Receiver {
        final Semaphore permits = new Semaphore(8);

        RateLimitWithoutRetryAfter(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response accept(Event event) throws Exception {
            if (!permits.tryAcquire()) throw overloaded();
            try {
                work(150);
                return super.accept(event);
            } finally {
                permits.release();
            }
        }

        Refused overloaded() {
            return new Refused(429, "too many requests");
        }
    }

    // Differences that the documentation of vendors allows

    /** Answers 503 with `Retry-After` to more than eight deliveries at once. */
    static class Overload503 extends RateLimitWithoutRetryAfter {
        Overload503(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Refused overloaded() {
            return new Refused(503, "overloaded", Map.of("Retry-After", "1"));
        }
    }

    /** Answers after 400 ms. */
    static class Slow extends Receiver {
        Slow(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response accept(Event event) throws Exception {
            work(400);
            return super.accept(event);
        }
    }

    /** Sends its responses in chunks. */
    static class ChunkedResponse extends Receiver {
        ChunkedResponse(String secret, Scheme scheme) { super(secret, scheme); }

        @Override long length(byte[] body) {
            return 0;
        }
    }

    /** Answers 422 to a payload that is no event of the contract. */
    static class Invalid422 extends Receiver {
        Invalid422(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response refused(Refused refused) {
            if (refused.response.status() != 400) return refused.response;
            return new Response(422, refused.response.body());
        }
    }

    /** Stores what it cannot read, for a person to look at, and answers 200. */
    static class InvalidAccepted extends Receiver {
        InvalidAccepted(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response refused(Refused refused) {
            return refused.response.status() == 400 ? success() : refused.response;
        }
    }

    /** Refuses bodies of more than 64 KiB. */
    static class Limit64KiB extends Receiver {
        Limit64KiB(String secret, Scheme scheme) { super(secret, scheme); }

        @Override int maxBodyBytes() {
            return 64 * 1024;
        }
    }

    /** Describes errors by RFC 9457. */
    static class ProblemDetails extends Receiver {
        ProblemDetails(String secret, Scheme scheme) { super(secret, scheme); }

        @Override Response refused(Refused refused) {
            int status = refused.response.status();
            Map<String, Object> problem = new LinkedHashMap<>();
            problem.put("type", "about:blank");
            problem.put("title", refused.getMessage());
            problem.put("status", status);
            Map<String, String> headers = new HashMap<>(refused.response.headers());
            headers.put("Content-Type", "application/problem+json");
            return new Response(status, Json.write(problem), headers);
        }
    }

    /** Answers 202, and applies the event some 300 ms later. */
    static class Asynchronous extends Receiver {
        Asynchronous(String secret, Scheme scheme) { super(secret, scheme); }

        @Override void handle(Event event) {
            if (!handled.add(event.id())) return;
            Thread worker = new Thread(() -> {
                try {
                    work(300);
                } catch (InterruptedException error) {
                    return;
                }
                apply(event);
            });
            worker.setDaemon(true);
            worker.start();
        }

        @Override Response success() {
            return new Response(202, "{\"status\":\"queued\"}");
        }
    }

    static final Map<String, BiFunction<String, Scheme, Receiver>> MISTAKES = Map.ofEntries(
            Map.entry("signs-parsed-json", SignsParsedJson::new),
            Map.entry("signs-sorted-json", SignsSortedJson::new),
            Map.entry("signs-joined-lines", SignsJoinedLines::new),
            Map.entry("signs-decoded-text", SignsDecodedText::new),
            Map.entry("no-freshness", NoFreshness::new),
            Map.entry("repeated-timestamp", RepeatedTimestamp::new),
            Map.entry("unsigned-timestamp", UnsignedTimestamp::new),
            Map.entry("timestamp-as-milliseconds", TimestampAsMilliseconds::new),
            Map.entry("window-of-a-day", WindowOfADay::new),
            Map.entry("future-accepted", FutureAccepted::new),
            Map.entry("past-accepted", PastAccepted::new),
            Map.entry("no-signature-check", NoSignatureCheck::new),
            Map.entry("missing-header-accepted", MissingHeaderAccepted::new),
            Map.entry("missing-header-500", MissingHeaderFails::new),
            Map.entry("empty-signature-accepted", EmptySignatureAccepted::new),
            Map.entry("compares-prefix", ComparesPrefix::new),
            Map.entry("first-signature-only", FirstSignatureOnly::new),
            Map.entry("any-version", AnyVersion::new),
            Map.entry("sha1-accepted", Sha1Accepted::new),
            Map.entry("empty-key-accepted", EmptyKeyAccepted::new),
            Map.entry("signature-not-base64-500", SignatureNotBase64Fails::new),
            Map.entry("timestamp-500", TimestampFails::new),
            Map.entry("always-200", Always200::new),
            Map.entry("answers-before-check", AnswersBeforeCheck::new),
            Map.entry("handles-twice", HandlesTwice::new),
            Map.entry("handles-twice-at-once", HandlesTwiceAtOnce::new),
            Map.entry("handles-new-timestamp-twice", HandlesNewTimestampTwice::new),
            Map.entry("older-overwrites", OlderOverwrites::new),
            Map.entry("duplicate-422", DuplicateRefused::new),
            Map.entry("duplicate-500", DuplicateFails::new),
            Map.entry("deadlock-at-once", DeadlockAtOnce::new),
            Map.entry("unknown-type-500", UnknownTypeFails::new),
            Map.entry("non-json-500", NonJsonFails::new),
            Map.entry("deep-json-closes", DeepJsonCloses::new),
            Map.entry("schema-violation-500", SchemaViolationFails::new),
            Map.entry("unknown-property-400", UnknownPropertyRefused::new),
            Map.entry("whole-float-500", WholeFloatFails::new),
            Map.entry("deadline-missed", MissesDeadline::new),
            Map.entry("retry-without-effect", RetryWithoutEffect::new),
            Map.entry("retry-refused", RetryRefused::new),
            Map.entry("redirects", Redirects::new),
            Map.entry("handles-get", HandlesGet::new),
            Map.entry("shows-stack-trace", ShowsStackTrace::new),
            Map.entry("shows-expected-signature", ShowsExpectedSignature::new),
            Map.entry("closes-on-forgery", ClosesOnForgery::new),
            Map.entry("small-limit", SmallLimit::new),
            Map.entry("chunked-500", ChunkedFails::new),
            Map.entry("reads-body-once", ReadsBodyOnce::new),
            Map.entry("fails-in-parallel", FailsInParallel::new),
            Map.entry("drops-under-load", DropsUnderLoad::new),
            Map.entry("rate-limit-without-retry-after", RateLimitWithoutRetryAfter::new));

    static final Map<String, BiFunction<String, Scheme, Receiver>> DIFFERENCES = Map.of(
            "overload-503", Overload503::new,
            "slow", Slow::new,
            "chunked-response", ChunkedResponse::new,
            "invalid-422", Invalid422::new,
            "invalid-accepted", InvalidAccepted::new,
            "limit-64-kib", Limit64KiB::new,
            "problem-details", ProblemDetails::new,
            "asynchronous-202", Asynchronous::new);

    public static void main(String[] arguments) throws IOException {
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) given.put(arguments[i], arguments[i + 1]);
        Scheme scheme = SCHEMES.get(given.getOrDefault("--scheme", "standard-webhooks"));
        BiFunction<String, Scheme, Receiver> kind = Receiver::new;
        if (given.containsKey("--mistake")) kind = MISTAKES.get(given.get("--mistake"));
        if (given.containsKey("--difference")) kind = DIFFERENCES.get(given.get("--difference"));
        if (kind == null || scheme == null || !given.containsKey("--secret")) {
            System.err.println("unknown mistake, difference or scheme, or no secret");
            System.exit(2);
        }
        // Without this the server sends head and body with a delay between them.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        Receiver receiver = kind.apply(given.get("--secret"), scheme);
        int port = Integer.parseInt(given.getOrDefault("--port", "0"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 128);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", receiver::serve);
        server.start();
        System.out.println(server.getAddress().getPort());
    }
}
