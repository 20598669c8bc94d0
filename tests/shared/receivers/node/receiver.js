// Receiver of webhooks for Node 20, without packages.
//
//   node receiver.js --port 0 --secret whsec_... [--scheme body] [--mistake NAME]
//
// The first line of stdout is the port. Deliveries go to /webhooks; /effects is the number of
// changes that deliveries caused, and /invoices is the state of each object as JSON.
"use strict";

const crypto = require("node:crypto");
const http = require("node:http");
const { parseArgs } = require("node:util");

const MAX_BODY_BYTES = 1024 * 1024;
const KNOWN_TYPES = new Set(["invoice.paid", "invoice.voided", "personalAccessToken.created"]);
const SCHEMES = {
  "standard-webhooks": {
    signatureHeader: "webhook-signature",
    idHeader: "webhook-id",
    timestampHeader: "webhook-timestamp",
    prefix: "v1,",
    key: (secret) => Buffer.from(secret.replace(/^whsec_/, ""), "base64"),
    typeProperty: "type",
    timeProperty: "timestamp",
  },
  body: {
    signatureHeader: "webhook-signature",
    prefix: "",
    key: (secret) => Buffer.from(secret, "utf8"),
    typeProperty: "event",
    timeProperty: "triggeredAt",
  },
};

/** Error with the status of the response to a request. */
class HttpError extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Correct receiver. Each method is one decision, which a mistake or a difference replaces. */
class Receiver {
  constructor(secret, scheme) {
    this.secret = secret;
    this.scheme = scheme;
    this.key = scheme.key(secret);
    this.handled = new Map();
    this.states = new Map();
    this.effects = 0;
    this.toleranceS = 300;
    this.maxBodyBytes = MAX_BODY_BYTES;
  }

  /** Set further handlers of the HTTP server. */
  prepare(server) {}

  /** Answer one request. */
  async serve(request, response) {
    try {
      await this.route(request, response);
    } catch (error) {
      if (error instanceof HttpError) this.sendError(response, error);
      else this.failed(response, error);
    }
  }

  /** Answer a request that raised an unexpected error. */
  failed(response, error) {
    this.send(response, 500, { error: "internal error" });
  }

  /** Answer a request that is refused. */
  sendError(response, error) {
    this.send(response, error.status, { error: error.message }, error.headers);
  }

  async route(request, response) {
    const path = request.url.split("?")[0];
    if (path === "/effects") return this.send(response, 200, String(this.effects));
    if (path === "/invoices") {
      const states = [...this.states].map(([id, { type }]) => [id, type]);
      return this.send(response, 200, Object.fromEntries(states));
    }
    if (path !== "/webhooks") throw new HttpError(404, "not found");
    if (request.method !== "POST") return this.otherMethod(request, response);
    return this.receive(request, response);
  }

  otherMethod(request, response) {
    throw new HttpError(405, "method not allowed", { Allow: "POST" });
  }

  async receive(request, response) {
    const body = await this.readBody(request);
    this.authenticate(request, body);
    const event = this.readEvent(request, body);
    await this.accept(event, response);
  }

  async readBody(request) {
    const chunks = [];
    let size = 0;
    for await (const chunk of request) {
      size += chunk.length;
      if (size <= this.maxBodyBytes) chunks.push(chunk);
    }
    if (size > this.maxBodyBytes) throw new HttpError(413, "body too large");
    return Buffer.concat(chunks);
  }

  // The signature

  authenticate(request, body) {
    const given = this.givenSignatures(request);
    const content = this.signedContent(request, body);
    if (!this.isSigned(content, given)) throw new HttpError(401, "no valid signature");
    if (!this.isFresh(request)) throw new HttpError(401, "timestamp too far from now");
  }

  header(request, name) {
    const value = request.headers[name];
    if (value === undefined) throw new HttpError(401, `no header ${name}`);
    return value;
  }

  givenSignatures(request) {
    const { signatureHeader, prefix } = this.scheme;
    return this.header(request, signatureHeader)
      .split(" ")
      .filter((part) => part.startsWith(prefix))
      .map((part) => part.slice(prefix.length));
  }

  signedContent(request, body) {
    const { idHeader, timestampHeader } = this.scheme;
    if (idHeader === undefined) return body;
    const id = this.header(request, idHeader);
    const timestamp = this.header(request, timestampHeader);
    return Buffer.concat([Buffer.from(`${id}.${timestamp}.`, "latin1"), body]);
  }

  signature(content, key = this.key, algorithm = "sha256") {
    return crypto.createHmac(algorithm, key).update(content).digest("base64");
  }

  isSigned(content, given) {
    const expected = this.signature(content);
    return given.some((one) => this.isEqual(expected, one));
  }

  isEqual(expected, given) {
    const [a, b] = [Buffer.from(expected), Buffer.from(given)];
    return a.length === b.length && crypto.timingSafeEqual(a, b);
  }

  isFresh(request) {
    if (this.scheme.timestampHeader === undefined) return true;
    const text = this.header(request, this.scheme.timestampHeader);
    if (!/^[0-9]{1,12}$/.test(text)) return false;
    return this.isWithinTolerance(Number(text));
  }

  isWithinTolerance(timestamp) {
    return Math.abs(Date.now() / 1000 - timestamp) <= this.toleranceS;
  }

  // The payload

  readEvent(request, body) {
    const payload = this.parse(body);
    const { typeProperty, timeProperty, idHeader } = this.scheme;
    const [type, time, objectId] = [
      payload?.[typeProperty],
      Date.parse(payload?.[timeProperty]),
      payload?.data?.id,
    ];
    const isText = [type, payload?.[timeProperty], objectId].every((v) => typeof v === "string");
    if (!isText || Number.isNaN(time)) throw new HttpError(400, "no event of the contract");
    const id = idHeader === undefined ? `${type}:${objectId}` : request.headers[idHeader];
    return { id, type, time, objectId, payload };
  }

  parse(body) {
    try {
      return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    } catch {
      throw new HttpError(400, "the body is not JSON");
    }
  }

  // The event

  async accept(event, response) {
    if (!KNOWN_TYPES.has(event.type)) return this.unknown(event, response);
    await this.handle(event);
    return this.succeed(response);
  }

  unknown(event, response) {
    return this.succeed(response);
  }

  succeed(response) {
    this.send(response, 200, { ok: true });
  }

  /** Apply an event once; another delivery of it waits for the first. */
  async handle(event) {
    if (!this.handled.has(event.id)) {
      const work = this.apply(event);
      this.handled.set(event.id, work);
      work.catch(() => this.handled.delete(event.id));
    }
    await this.handled.get(event.id);
  }

  async apply(event) {
    await query();
    const known = this.states.get(event.objectId);
    if (known === undefined || event.time >= known.time) this.change(event);
  }

  change(event) {
    this.states.set(event.objectId, { time: event.time, type: event.type });
    this.effects += 1;
  }

  send(response, status, content, headers = {}) {
    const isText = typeof content === "string";
    const body = content === undefined ? "" : isText ? content : JSON.stringify(content);
    const kind = { "Content-Type": isText ? "text/plain; charset=utf-8" : "application/json" };
    response.writeHead(status, {
      ...(content === undefined ? {} : kind),
      ...(status === 204 ? {} : { "Content-Length": Buffer.byteLength(body) }),
      ...headers,
    });
    response.end(body);
  }
}

/** Wait as long as for a query to a database. */
function query(ms = 10) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const given = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    secret: { type: "string" },
    scheme: { type: "string", default: "standard-webhooks" },
    mistake: { type: "string" },
    difference: { type: "string" },
  },
}).values;

function main() {
  const mistakes = { ...require("./wrong-signatures.js"), ...require("./wrong-handling.js") };
  const differences = require("./differences.js");
  let kind = Receiver;
  if (given.mistake !== undefined) kind = mistakes[given.mistake];
  if (given.difference !== undefined) kind = differences[given.difference];
  const scheme = SCHEMES[given.scheme];
  if (kind === undefined || scheme === undefined || given.secret === undefined) {
    console.error("unknown mistake, difference or scheme, or no secret");
    process.exit(2);
  }
  const receiver = new kind(given.secret, scheme);
  const server = http.createServer((request, response) => receiver.serve(request, response));
  receiver.prepare(server);
  server.listen(Number(given.port), "127.0.0.1", 128, () => console.log(server.address().port));
}

module.exports = { HttpError, KNOWN_TYPES, Receiver, query };
if (require.main === module) main();
