// Mistakes in the check of the signature and of the timestamp.
"use strict";

const { HttpError, Receiver } = require("./receiver.js");

/** Checks the signature over the JSON that Express parsed. */
class SignsParsedJson extends Receiver {
  signedContent(request, body) {
    let text = body;
    try {
      text = Buffer.from(JSON.stringify(JSON.parse(body.toString())));
    } catch {}
    return super.signedContent(request, text);
  }
}

/** Reads the body as latin1, and signs the text as UTF-8. */
class SignsDecodedText extends Receiver {
  signedContent(request, body) {
    return super.signedContent(request, Buffer.from(body.toString("latin1"), "utf8"));
  }
}

/** Adds each chunk to a text, so a character in two chunks is lost. */
class JoinsChunksAsText extends Receiver {
  async readBody(request) {
    let text = "";
    for await (const chunk of request) text += chunk;
    return Buffer.from(text);
  }
}

/** Does not look at the age of a delivery. */
class NoFreshness extends Receiver {
  isWithinTolerance(timestamp) {
    return true;
  }
}

/** Compares a difference in seconds with a tolerance in milliseconds. */
class ToleranceInMilliseconds extends Receiver {
  isWithinTolerance(timestamp) {
    return Math.abs(Date.now() / 1000 - timestamp) <= 300 * 1000;
  }
}

/** Subtracts milliseconds from seconds, which is never above the tolerance. */
class SecondsMinusMilliseconds extends Receiver {
  isWithinTolerance(timestamp) {
    return !(timestamp - Date.now() > 300 * 1000);
  }
}

/** Refuses old timestamps only. */
class FutureAccepted extends Receiver {
  isWithinTolerance(timestamp) {
    return Date.now() / 1000 - timestamp <= 300;
  }
}

/** Compares a text that is no number, and NaN is not above the tolerance. */
class NanAccepted extends Receiver {
  isFresh(request) {
    const timestamp = Number(request.headers[this.scheme.timestampHeader]);
    return !(Math.abs(Date.now() / 1000 - timestamp) > 300);
  }
}

/** Also accepts a signature without the timestamp, for senders of the first version. */
class UnsignedTimestamp extends Receiver {
  authenticate(request, body) {
    const first = Buffer.concat([Buffer.from(`${request.headers["webhook-id"]}.`), body]);
    if (!this.isSigned(first, this.givenSignatures(request))) super.authenticate(request, body);
    else if (!this.isFresh(request)) throw new HttpError(401, "timestamp too far from now");
  }
}

/** Keeps a list of accepted signatures, and compares no other part of a delivery in it. */
class RemembersSignatures extends Receiver {
  known = new Set();

  authenticate(request, body) {
    const signature = this.header(request, this.scheme.signatureHeader);
    if (this.known.has(signature)) {
      if (!this.isFresh(request)) throw new HttpError(401, "timestamp too far from now");
      return;
    }
    super.authenticate(request, body);
    this.known.add(signature);
  }
}

/** Checks signatures in production only, and NODE_ENV is not set. */
class NoSignatureCheck extends Receiver {
  authenticate(request, body) {
    if (process.env.NODE_ENV === "production") super.authenticate(request, body);
    else request.headers[this.scheme.idHeader] ??= `unsigned-${Math.random()}`;
  }
}

/** Checks the signature only where the header is there. */
class MissingHeaderAccepted extends Receiver {
  authenticate(request, body) {
    if (request.headers[this.scheme.signatureHeader] !== undefined) {
      super.authenticate(request, body);
    } else {
      request.headers[this.scheme.idHeader] ??= `unsigned-${Math.random()}`;
    }
  }
}

/** Tests the header for truth, which an empty text does not have. */
class EmptySignatureAccepted extends Receiver {
  authenticate(request, body) {
    const signature = this.header(request, this.scheme.signatureHeader);
    if (signature) super.authenticate(request, body);
  }
}

/** Accepts the sender's ping, signed over an empty body, whatever the body is. */
class PingAccepted extends Receiver {
  isSigned(content, given) {
    const text = content.toString("latin1");
    const head = text.slice(0, text.indexOf(".", text.indexOf(".") + 1) + 1);
    return super.isSigned(content, given) || super.isSigned(Buffer.from(head), given);
  }
}

/** Compares without a look at the lengths, and `timingSafeEqual` raises an error. */
class UnequalLengthFails extends Receiver {
  isEqual(expected, given) {
    return require("node:crypto").timingSafeEqual(Buffer.from(expected), Buffer.from(given));
  }
}

/** Cuts both signatures to the length of the shorter, so that `timingSafeEqual` works. */
class ComparesPrefix extends Receiver {
  isEqual(expected, given) {
    const length = Math.min(expected.length, given.length);
    return super.isEqual(expected.slice(0, length), given.slice(0, length));
  }
}

/** Takes the header for one signature. */
class FirstSignatureOnly extends Receiver {
  givenSignatures(request) {
    return super.givenSignatures(request).slice(0, 1);
  }
}

/** Takes the part after the comma, whatever the version is. */
class AnyVersion extends Receiver {
  givenSignatures(request) {
    return this.header(request, this.scheme.signatureHeader)
      .split(" ")
      .map((part) => part.split(",").at(-1));
  }
}

/** Looks for the name in `rawHeaders`, which keep the case. */
class CaseSensitiveHeaders extends Receiver {
  header(request, name) {
    const index = request.rawHeaders.indexOf(name);
    if (index < 0) throw new HttpError(401, `no header ${name}`);
    return request.rawHeaders[index + 1];
  }
}

/** Also tries the old secret, which is empty where the variable is not set. */
class EmptyKeyAccepted extends Receiver {
  isSigned(content, given) {
    const old = this.signature(content, process.env.RECEIVER_OLD_SECRET ?? "");
    return given.includes(old) || super.isSigned(content, given);
  }
}

/** Tries each algorithm that the sender ever had. */
class Sha1Accepted extends Receiver {
  isSigned(content, given) {
    const all = ["sha256", "sha1"].map((name) => this.signature(content, this.key, name));
    return given.some((one) => all.includes(one));
  }
}

/** Uses the secret as it is, with `whsec_` and undecoded. */
class SecretNotDecoded extends Receiver {
  constructor(secret, scheme) {
    super(secret, scheme);
    this.key = Buffer.from(secret);
  }
}

/** Answers 200 to a forged delivery, so that the sender does not disable the webhook. */
class Always200 extends Receiver {
  sendError(response, error) {
    const status = error.status === 401 ? 200 : error.status;
    this.send(response, status, { ok: false, error: error.message });
  }
}

/** Answers at once, and checks the signature then. */
class AnswersBeforeCheck extends Receiver {
  async receive(request, response) {
    const body = await this.readBody(request);
    this.succeed(response);
    try {
      this.authenticate(request, body);
      const event = this.readEvent(request, body);
      await this.handle(event);
    } catch {}
  }
}

module.exports = {
  "signs-parsed-json": SignsParsedJson,
  "signs-decoded-text": SignsDecodedText,
  "joins-chunks-as-text": JoinsChunksAsText,
  "no-freshness": NoFreshness,
  "tolerance-in-milliseconds": ToleranceInMilliseconds,
  "seconds-minus-milliseconds": SecondsMinusMilliseconds,
  "future-accepted": FutureAccepted,
  "nan-accepted": NanAccepted,
  "unsigned-timestamp": UnsignedTimestamp,
  "remembers-signatures": RemembersSignatures,
  "no-signature-check": NoSignatureCheck,
  "missing-header-accepted": MissingHeaderAccepted,
  "empty-signature-accepted": EmptySignatureAccepted,
  "ping-accepted": PingAccepted,
  "unequal-length-500": UnequalLengthFails,
  "compares-prefix": ComparesPrefix,
  "first-signature-only": FirstSignatureOnly,
  "any-version": AnyVersion,
  "case-sensitive-headers": CaseSensitiveHeaders,
  "empty-key-accepted": EmptyKeyAccepted,
  "sha1-accepted": Sha1Accepted,
  "secret-not-decoded": SecretNotDecoded,
  "always-200": Always200,
  "answers-before-check": AnswersBeforeCheck,
};
