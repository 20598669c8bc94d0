// Mistakes in the handling of events, in HTTP and under load.
"use strict";

const { HttpError, Receiver, query } = require("./receiver.js");

const WORK_MS = 150;
const PROPERTIES = ["id", "number", "amount", "currency", "customer", "lines", "memo", "paidAt"];
const ENVELOPE = ["type", "timestamp", "event", "triggeredAt", "data"];

/** Does not look whether an event was handled. */
class HandlesTwice extends Receiver {
  async handle(event) {
    await this.apply(event);
  }
}

/** Stores the id after the work, and another delivery comes while the work waits. */
class HandlesTwiceAtOnce extends Receiver {
  async handle(event) {
    if (this.handled.has(event.id)) return;
    await query(WORK_MS);
    await this.apply(event);
    this.handled.set(event.id, true);
  }
}

/** Recognises a delivery by id and timestamp, and a retry has another timestamp. */
class HandlesNewTimestampTwice extends Receiver {
  readEvent(request, body) {
    const event = super.readEvent(request, body);
    return { ...event, id: `${event.id}:${request.headers["webhook-timestamp"]}` };
  }
}

/** Writes the state of each event as it comes. */
class OlderOverwrites extends Receiver {
  async apply(event) {
    await query();
    this.change(event);
  }
}

/** Refuses an event that was handled as a bad request. */
class DuplicateRefused extends Receiver {
  async handle(event) {
    if (this.handled.has(event.id)) throw new HttpError(400, "event was received");
    await super.handle(event);
  }
}

/** Inserts the id twice, and does not expect the error of the database. */
class DuplicateFails extends Receiver {
  async handle(event) {
    if (this.handled.has(event.id)) throw new Error("SQLITE_CONSTRAINT: UNIQUE");
    await super.handle(event);
  }
}

/** Calls the function for an event, which other types do not have, outside of `try`. */
class UnknownTypeCrashes extends Receiver {
  unknown(event, response) {
    const functions = { "invoice.paid": () => {}, "invoice.voided": () => {} };
    setImmediate(() => functions[event.type](event).catch(() => {}));
    return super.unknown(event, response);
  }
}

/** Finds no function for an event of another type. */
class UnknownTypeFails extends Receiver {
  unknown(event, response) {
    const functions = new Map();
    functions.get(event.type)(event);
    return super.unknown(event, response);
  }
}

/** Parses the body without an expectation of errors. */
class NonJsonFails extends Receiver {
  parse(body) {
    return JSON.parse(body.toString());
  }
}

/** Raises an error in an asynchronous function of Express 4, which sends no response then. */
class NeverAnswersInvalid extends Receiver {
  sendError(response, error) {
    if (error.status !== 400) super.sendError(response, error);
  }
}

/** Reads properties that the payload need not have. */
class SchemaViolationFails extends Receiver {
  readEvent(request, body) {
    const payload = this.parse(body);
    const { typeProperty, timeProperty, idHeader } = this.scheme;
    return {
      id: request.headers[idHeader] ?? payload.data.id.trim(),
      type: payload[typeProperty].toLowerCase() && payload[typeProperty],
      time: Date.parse(payload[timeProperty].trim()),
      objectId: payload.data.id.trim(),
      payload,
    };
  }
}

/** Validates the payload with a strict schema. */
class UnknownPropertyRefused extends Receiver {
  readEvent(request, body) {
    const event = super.readEvent(request, body);
    const known = event.type === "invoice.paid" ? PROPERTIES : Object.keys(event.payload.data);
    const isKnown =
      Object.keys(event.payload).every((name) => ENVELOPE.includes(name)) &&
      Object.keys(event.payload.data).every((name) => known.includes(name));
    if (!isKnown) throw new HttpError(400, "unrecognized key");
    return event;
  }
}

/** Copies the payload with a function that calls itself for each level. */
class DeepJsonFails extends Receiver {
  parse(body) {
    return copy(super.parse(body));
  }
}

function copy(value) {
  if (Array.isArray(value)) return value.map(copy);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copy(part)]));
}

/** Puts a text of the payload into a URL, which fails for half of a surrogate pair. */
class LoneSurrogateFails extends Receiver {
  async handle(event) {
    encodeURIComponent(event.payload.data.number ?? "");
    await super.handle(event);
  }
}

/** Does 35 seconds of work before the response. */
class MissesDeadline extends Receiver {
  async handle(event) {
    await super.handle(event);
    await query(35_000);
  }
}

/** Forgets the response in the branch of one event. */
class VoidedWithoutResponse extends Receiver {
  async accept(event, response) {
    if (event.type !== "invoice.voided") return super.accept(event, response);
    await this.handle(event);
  }
}

/** Records an event first, and answers 503 where no connection is free. */
class RetryWithoutEffect extends Receiver {
  busy = 0;

  async handle(event) {
    if (this.handled.has(event.id)) return this.seen(event);
    this.handled.set(event.id, false);
    if (this.busy >= 4) throw new HttpError(503, "no connection", { "Retry-After": "1" });
    this.busy += 1;
    await query(WORK_MS);
    await this.apply(event);
    this.busy -= 1;
    this.handled.set(event.id, true);
  }

  seen(event) {}
}

/** Refuses the retry of an event that it failed to handle. */
class RetryRefused extends RetryWithoutEffect {
  seen(event) {
    if (!this.handled.get(event.id)) throw new HttpError(409, "event was received");
  }
}

/** Has a login before all routes, to which it redirects what is not signed. */
class Redirects extends Receiver {
  sendError(response, error) {
    if (error.status !== 401) super.sendError(response, error);
    else this.send(response, 302, undefined, { Location: "/login" });
  }
}

/** Has its route for all methods. */
class HandlesGet extends Receiver {
  otherMethod(request, response) {
    this.effects += 1;
    this.succeed(response);
  }
}

/** Has no handler of errors, so that the framework shows the stack. */
class ShowsStackTrace extends Receiver {
  sendError(response, error) {
    this.send(response, error.status, `<pre>${error.stack}</pre>`);
  }
}

/** Names both signatures in the error. */
class ShowsExpectedSignature extends Receiver {
  authenticate(request, body) {
    const content = this.signedContent(request, body);
    const given = this.givenSignatures(request);
    if (!this.isSigned(content, given)) {
      throw new HttpError(401, `expected v1,${this.signature(content)} but got ${given}`);
    }
    super.authenticate(request, body);
  }
}

/** Destroys the socket of a forged delivery. */
class ClosesOnForgery extends Receiver {
  sendError(response, error) {
    if (error.status === 401) response.socket.destroy();
    else super.sendError(response, error);
  }
}

/** Handles `checkContinue`, and sends no interim response. */
class IgnoresExpect extends Receiver {
  prepare(server) {
    server.on("checkContinue", (request, response) => this.serve(request, response));
  }
}

/** Has a limit of a quarter of a KiB. */
class SmallLimit extends Receiver {
  maxBodyBytes = 256;
}

/** Begins a transaction on the one connection, where another one is open. */
class FailsInParallel extends Receiver {
  isOpen = false;

  async handle(event) {
    if (this.isOpen) throw new Error("cannot start a transaction within a transaction");
    this.isOpen = true;
    await query(WORK_MS);
    await super.handle(event);
    this.isOpen = false;
  }
}

/** Keeps all data of requests in memory, of which it has too little. */
class CrashesUnderLoad extends Receiver {
  busy = 0;

  async handle(event) {
    this.busy += 1;
    if (this.busy > 10) process.exit(134);
    await query(WORK_MS);
    await super.handle(event);
    this.busy -= 1;
  }
}

/** Answers 429 without `Retry-After`. */
class RateLimitWithoutRetryAfter extends Receiver {
  busy = 0;

  async handle(event) {
    if (this.busy >= 8) throw new HttpError(429, "too many requests");
    this.busy += 1;
    await query(WORK_MS);
    await super.handle(event);
    this.busy -= 1;
  }
}

module.exports = {
  "handles-twice": HandlesTwice,
  "handles-twice-at-once": HandlesTwiceAtOnce,
  "handles-new-timestamp-twice": HandlesNewTimestampTwice,
  "older-overwrites": OlderOverwrites,
  "duplicate-400": DuplicateRefused,
  "duplicate-500": DuplicateFails,
  "unknown-type-crashes": UnknownTypeCrashes,
  "unknown-type-500": UnknownTypeFails,
  "non-json-500": NonJsonFails,
  "never-answers-invalid": NeverAnswersInvalid,
  "schema-violation-500": SchemaViolationFails,
  "unknown-property-400": UnknownPropertyRefused,
  "deep-json-500": DeepJsonFails,
  "lone-surrogate-500": LoneSurrogateFails,
  "deadline-missed": MissesDeadline,
  "voided-without-response": VoidedWithoutResponse,
  "retry-without-effect": RetryWithoutEffect,
  "retry-refused": RetryRefused,
  redirects: Redirects,
  "handles-get": HandlesGet,
  "shows-stack-trace": ShowsStackTrace,
  "shows-expected-signature": ShowsExpectedSignature,
  "closes-on-forgery": ClosesOnForgery,
  "ignores-expect": IgnoresExpect,
  "small-limit": SmallLimit,
  "fails-in-parallel": FailsInParallel,
  "crashes-under-load": CrashesUnderLoad,
  "rate-limit-without-retry-after": RateLimitWithoutRetryAfter,
};
