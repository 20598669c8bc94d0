// Differences that the documentation of vendors allows.
"use strict";

const { HttpError, Receiver } = require("./receiver.js");

/** Answers 200 with no body at all. */
class EmptyBody extends Receiver {
  succeed(response) {
    this.send(response, 200, "");
  }
}

/** Answers with a text. */
class TextBody extends Receiver {
  succeed(response) {
    this.send(response, 200, "OK");
  }
}

/** Answers 411 to a request without Content-Length. */
class ChunkedRefused extends Receiver {
  async readBody(request) {
    if (request.headers["content-length"] === undefined) {
      request.resume();
      throw new HttpError(411, "length required");
    }
    return super.readBody(request);
  }
}

/** Accepts 25 deliveries in a second, and says when to send the others again. */
class RateLimit extends Receiver {
  started = 0;
  count = 0;

  async receive(request, response) {
    if (Date.now() - this.started >= 1000) {
      this.started = Date.now();
      this.count = 0;
    }
    this.count += 1;
    if (this.count > 25) {
      request.resume();
      throw new HttpError(429, "too many requests", { "Retry-After": "1" });
    }
    return super.receive(request, response);
  }
}

/** Answers 404 to other methods, as Express does. */
class OtherMethod404 extends Receiver {
  otherMethod(request, response) {
    throw new HttpError(404, `Cannot ${request.method} /webhooks`);
  }
}

/** Says in the body that the event was handled before. */
class DuplicateBody extends Receiver {
  async accept(event, response) {
    if (!this.handled.has(event.id)) return super.accept(event, response);
    await this.handled.get(event.id);
    this.send(response, 200, { ok: true, duplicate: true });
  }
}

/** Answers 204 to an event of an unknown type. */
class UnknownType204 extends Receiver {
  unknown(event, response) {
    this.send(response, 204);
  }
}

/** Has a tolerance of ten minutes. */
class Tolerance600 extends Receiver {
  toleranceS = 600;
}

/** Answers 400 to a forged delivery. */
class Forged400 extends Receiver {
  sendError(response, error) {
    const status = error.status === 401 ? 400 : error.status;
    this.send(response, status, "Bad Request");
  }
}

module.exports = {
  "empty-body": EmptyBody,
  "text-body": TextBody,
  "chunked-411": ChunkedRefused,
  "rate-limit": RateLimit,
  "method-404": OtherMethod404,
  "duplicate-other-body": DuplicateBody,
  "unknown-type-204": UnknownType204,
  "tolerance-600": Tolerance600,
  "forged-400": Forged400,
};
