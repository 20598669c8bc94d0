"""Faults of deliveries: signed wrongly, changed after signing, sent too often or not at all."""

import json
from collections.abc import Callable
from dataclasses import replace

from mock_server.exchange import Behaviour, Exchange
from mock_server.fault import Fault
from mock_server.messages import Delivery, Posting, sealed
from mock_server.webhooks.payload import serialise
from openapi.signature import SignatureScheme, sign

Change = Callable[[Delivery, Posting], Delivery]
Plan = Callable[[list[Delivery], Posting], list[Delivery]]


def _delivery(name: str, sentence: str, change: Change) -> Fault:
    return Fault(name, "webhooks", sentence, Behaviour(delivery=change))


def _plan(name: str, sentence: str, change: Plan, severity: str = "violation") -> Fault:
    return Fault(name, "webhooks", sentence, Behaviour(plan=change), severity)


def _signature(
    name: str, sentence: str, value: Callable[[SignatureScheme, bytes, str], str]
) -> Fault:
    """Return the fault whose deliveries carry another value in the signature's header."""

    def change(delivery: Delivery, posting: Posting) -> Delivery:
        scheme = posting.event.signature
        if scheme is None:
            return delivery
        kept = tuple(h for h in delivery.headers if h[0] != scheme.header)
        signed = value(scheme, delivery.body, posting.secret)
        return replace(delivery, headers=(*kept, (scheme.header, signed)))

    return _delivery(name, sentence, change)


def _standard(scheme: SignatureScheme, body: bytes, secret: str) -> str:
    content = b"msg_1.1767225600." + body
    return f"v1,{sign(scheme, content, secret)}"


def _unsigned(delivery: Delivery, posting: Posting) -> Delivery:
    scheme = posting.event.signature
    kept = tuple(h for h in delivery.headers if scheme is None or h[0] != scheme.header)
    return replace(delivery, headers=kept)


def _header_renamed(delivery: Delivery, posting: Posting) -> Delivery:
    scheme = posting.event.signature
    name = scheme.header if scheme else ""
    renamed = ((f"X-{key}" if key == name else key, value) for key, value in delivery.headers)
    return replace(delivery, headers=tuple(renamed))


def _rebodied(change: Callable[[bytes], bytes]) -> Change:
    return lambda delivery, _posting: replace(delivery, body=change(delivery.body))


def _indented(body: bytes) -> bytes:
    return json.dumps(json.loads(body), indent=2).encode()


def _typed(media_type: str) -> Change:
    def change(delivery: Delivery, _posting: Posting) -> Delivery:
        kept = tuple(h for h in delivery.headers if h[0] != "Content-Type")
        return replace(delivery, headers=(("Content-Type", media_type), *kept))

    return change


def _encoded_twice(delivery: Delivery, posting: Posting) -> Delivery:
    return sealed(posting, serialise(delivery.body.decode()))


def _one_in_ten(plan: list[Delivery], posting: Posting) -> list[Delivery]:
    return [] if posting.number % 10 == 0 else plan


def _as_if_created(status: int, exchange: Exchange) -> int:
    meant = exchange.operation.answer_to("valid-request") if exchange.operation else None
    known = isinstance(exchange.value, dict) and meant is not None
    return int(meant.status) if meant is not None and known else status


DELIVERIES = (
    _plan("webhook-none", "No event is ever sent: the worker is down.", lambda *_: []),
    _plan(
        "webhook-twice",
        "Every event is sent twice: two workers take the same job.",
        lambda plan, _: plan * 2,
        "warning",
    ),
    _plan("webhook-one-in-ten-lost", "Every tenth event is lost.", _one_in_ten),
    _plan(
        "webhook-not-retried",
        "An event that the receiver failed to take is not sent again.",
        lambda plan, _: [replace(d, attempts=1) for d in plan],
        "warning",
    ),
    Fault(
        "webhook-on-refusal",
        "webhooks",
        "A refused request has its event too: it is sent before the transaction ends.",
        Behaviour(trigger=_as_if_created),
    ),
    _delivery("unsigned", "Deliveries carry no signature.", _unsigned),
    _delivery(
        "signature-header-renamed",
        "The signature stands in a header with an X- before its name.",
        _header_renamed,
    ),
    _signature(
        "signature-hex",
        "The signature is written in hex.",
        lambda s, b, k: sign(replace(s, encoding="hex"), b, k),
    ),
    _signature(
        "signature-prefixed",
        "The signature has the algorithm before it, as GitHub's has.",
        lambda s, b, k: "sha256=" + sign(s, b, k),
    ),
    _signature(
        "signature-url-safe",
        "The signature is base64 for URLs, without padding.",
        lambda s, b, k: sign(s, b, k).translate(str.maketrans("+/", "-_")).rstrip("="),
    ),
    _signature(
        "signature-sha1",
        "The signature is made with SHA-1.",
        lambda s, b, k: sign(replace(s, algorithm="hmac-sha1"), b, k),
    ),
    _signature(
        "signature-standard",
        "The signature is the one of Standard Webhooks, whose header has the same name.",
        _standard,
    ),
    _signature(
        "signature-other-secret",
        "The signature is made with another secret: the old one, after a rotation.",
        lambda s, b, k: sign(s, b, f"old-{k}"),
    ),
    _signature(
        "signature-of-nothing",
        "The signature is made over an empty body: the stream was read before.",
        lambda s, _, k: sign(s, b"", k),
    ),
    _delivery(
        "reserialised", "The body is serialised again after it was signed.", _rebodied(_indented)
    ),
    _delivery(
        "newline-appended",
        "A newline is appended after signing.",
        _rebodied(lambda body: body + b"\n"),
    ),
    _delivery("body-encoded-twice", "The body is a JSON text that holds the JSON.", _encoded_twice),
    _delivery(
        "media-type-form",
        "The body is announced as a form, the HTTP client's default.",
        _typed("application/x-www-form-urlencoded"),
    ),
    _delivery(
        "media-type-text",
        "The body is announced as plain text.",
        _typed("text/plain; charset=utf-8"),
    ),
)
