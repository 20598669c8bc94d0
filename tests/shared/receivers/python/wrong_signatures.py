"""Mistakes in the check of the signature and of the timestamp."""

import base64
import binascii
import hmac
import json
import threading
from typing import Final

from receivers.python.receiver import Receiver, RefusedError, Request, Response
from receivers.python.schemes import Headers, Scheme


class SignsParsedJson(Receiver):
    """Serialises the parsed JSON, and checks the signature over that."""

    def signed_content(self, headers: Headers, body: bytes) -> bytes:
        return super().signed_content(headers, self.serialised(body))

    def serialised(self, body: bytes) -> bytes:
        try:
            parsed = json.loads(body)
            return json.dumps(parsed, separators=(",", ":"), ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return body


class AlsoSignsParsedJson(SignsParsedJson):
    """Accepts a signature over the raw body or over the serialised JSON."""

    def authenticate(self, request: Request) -> None:
        try:
            super().authenticate(request)
        except RefusedError:
            headers = request.headers
            content = Receiver.signed_content(self, headers, request.body)
            if not self.is_signed(content, self.given_signatures(headers)):
                raise
            if not self.is_fresh(headers):
                raise


class SignsDecodedText(Receiver):
    """Decodes the body as ASCII before it checks the signature."""

    def signed_content(self, headers: Headers, body: bytes) -> bytes:
        return super().signed_content(headers, body.decode("ascii", "replace").encode())


class SignsStrippedBody(Receiver):
    """Removes white space around the body before it checks the signature."""

    def signed_content(self, headers: Headers, body: bytes) -> bytes:
        return super().signed_content(headers, body.strip())


class NoFreshness(Receiver):
    """Does not look at the age of a delivery."""

    def is_within_tolerance(self, ahead: float) -> bool:
        return True


class RemembersSignatures(Receiver):
    """Checks each signature once, to save time, and trusts it whenever it is sent again."""

    def __init__(self, secret: str, scheme: Scheme) -> None:
        super().__init__(secret, scheme)
        self.known: set[str] = set()

    def authenticate(self, request: Request) -> None:
        signature = self.header(request.headers, self.scheme.signature_header)
        if signature in self.known:
            if not self.is_fresh(request.headers):
                raise RefusedError("timestamp too far from now")
            return
        super().authenticate(request)
        self.known.add(signature)


class UnsignedTimestampAccepted(Receiver):
    """Also accepts a signature without the timestamp, which older senders made."""

    def is_signed(self, content: bytes, given: list[str]) -> bool:
        event_id, _, rest = content.partition(b".")
        without = event_id + b"." + rest.partition(b".")[2]
        return super().is_signed(content, given) or super().is_signed(without, given)


class NoSignatureCheck(Receiver):
    """Checks no signature."""

    def authenticate(self, request: Request) -> None:
        pass


class MissingHeaderAccepted(Receiver):
    """Checks the signature only where the header is there."""

    def authenticate(self, request: Request) -> None:
        if request.headers.get(self.scheme.signature_header) is not None:
            super().authenticate(request)


class EmptySignatureAccepted(Receiver):
    """Treats an empty header as a sender that has no secret yet."""

    def authenticate(self, request: Request) -> None:
        if self.header(request.headers, self.scheme.signature_header):
            super().authenticate(request)


class ComparesPrefix(Receiver):
    """Compares with `zip`, which ends with the shorter signature."""

    def is_signed(self, content: bytes, given: list[str]) -> bool:
        expected = self.signature(content)
        return any(all(a == b for a, b in zip(expected, one, strict=False)) for one in given)


class FirstSignatureOnly(Receiver):
    """Compares the first of several signatures only."""

    def given_signatures(self, headers: Headers) -> list[str]:
        value = self.header(headers, self.scheme.signature_header)
        return [part.removeprefix(self.scheme.prefix) for part in value.split()[:1]]


class AnyVersion(Receiver):
    """Ignores the version before the comma."""

    def given_signatures(self, headers: Headers) -> list[str]:
        value = self.header(headers, self.scheme.signature_header)
        return [part.rpartition(",")[2] for part in value.split()]


class CaseSensitiveHeaders(Receiver):
    """Keeps the headers in a dictionary with the names as received."""

    def header(self, headers: Headers, name: str) -> str:
        try:
            return dict(headers.pairs)[name].strip()
        except KeyError:
            raise RefusedError(f"no header {name}") from None


class EmptyKeyAccepted(Receiver):
    """Tries the previous secret too, which is empty as long as it is not set."""

    previous_key = b""

    def is_signed(self, content: bytes, given: list[str]) -> bool:
        digest = hmac.digest(self.previous_key, content, "sha256")
        previous = base64.b64encode(digest).decode()
        return previous in given or super().is_signed(content, given)


class Sha1Accepted(Receiver):
    """Accepts SHA-1 too, for senders that were not updated."""

    def is_signed(self, content: bytes, given: list[str]) -> bool:
        old = base64.b64encode(hmac.digest(self.key, content, "sha1")).decode()
        return old in given or super().is_signed(content, given)


class FutureAccepted(Receiver):
    """Refuses old timestamps only."""

    def is_within_tolerance(self, ahead: float) -> bool:
        return ahead >= -self.tolerance_s


class PastAccepted(Receiver):
    """Refuses future timestamps only."""

    def is_within_tolerance(self, ahead: float) -> bool:
        return ahead <= self.tolerance_s


class WindowOfADay(Receiver):
    """Accepts deliveries that are a day old."""

    tolerance_s = 86400


class TimestampNotParsed(Receiver):
    """Converts the timestamp without a check, before the signature is compared."""

    def signed_content(self, headers: Headers, body: bytes) -> bytes:
        if self.scheme.timestamp_header is not None:
            int(self.header(headers, self.scheme.timestamp_header))
        return super().signed_content(headers, body)


class MissingHeaderFails(Receiver):
    """Reads the header of the signature as a key that is always there."""

    def header(self, headers: Headers, name: str) -> str:
        return {key.lower(): value for key, value in headers.pairs}[name.lower()].strip()


class ComparesText(Receiver):
    """Compares with `hmac.compare_digest`, which raises an error for text that is not ASCII."""

    def is_signed(self, content: bytes, given: list[str]) -> bool:
        expected = self.signature(content)
        return any(hmac.compare_digest(expected, one) for one in given)


class DecodesSignature(Receiver):
    """Decodes each signature, and does not expect that one is not base64."""

    def is_signed(self, content: bytes, given: list[str]) -> bool:
        expected = hmac.digest(self.key, content, "sha256")
        digests = [binascii.a2b_base64(one, strict_mode=True) for one in given]
        return any(hmac.compare_digest(expected, digest) for digest in digests)


class AlwaysOk(Receiver):
    """Says in the body, not in the status, that the signature is wrong."""

    def refused(self, request: Request, error: RefusedError) -> Response | None:
        return Response(200, {"received": False, "error": str(error)})


class AnswersFirst(Receiver):
    """Answers at once, and checks the signature in a thread."""

    def receive(self, request: Request) -> Response | None:
        threading.Thread(target=super().receive, args=(request,), daemon=True).start()
        return self.success()


SIGNATURES: Final[dict[str, type[Receiver]]] = {
    "signs-parsed-json": SignsParsedJson,
    "also-signs-parsed-json": AlsoSignsParsedJson,
    "signs-decoded-text": SignsDecodedText,
    "signs-stripped-body": SignsStrippedBody,
    "no-freshness": NoFreshness,
    "remembers-signatures": RemembersSignatures,
    "unsigned-timestamp": UnsignedTimestampAccepted,
    "no-signature-check": NoSignatureCheck,
    "missing-header-accepted": MissingHeaderAccepted,
    "empty-signature-accepted": EmptySignatureAccepted,
    "compares-prefix": ComparesPrefix,
    "first-signature-only": FirstSignatureOnly,
    "any-version": AnyVersion,
    "case-sensitive-headers": CaseSensitiveHeaders,
    "empty-key-accepted": EmptyKeyAccepted,
    "sha1-accepted": Sha1Accepted,
    "future-accepted": FutureAccepted,
    "past-accepted": PastAccepted,
    "window-of-a-day": WindowOfADay,
    "timestamp-500": TimestampNotParsed,
    "missing-header-500": MissingHeaderFails,
    "non-ascii-signature-500": ComparesText,
    "signature-not-base64-500": DecodesSignature,
    "always-200": AlwaysOk,
    "answers-before-check": AnswersFirst,
}
