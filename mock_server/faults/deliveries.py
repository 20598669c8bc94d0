"""Faults of deliveries: wrong signatures, changes after signing, duplicates and losses."""

import json
from collections.abc import Callable
from dataclasses import replace

from mock_server.exchange import Hooks, MockExchange
from mock_server.fault import Fault, Need
from mock_server.faults.applicability import (
    event,
    rejected_object,
    signature,
    signed,
    trigger_rule,
)
from mock_server.faults.derived.deliveries import drop_signature
from mock_server.messages import EventMessage, WebhookRequest, build_signed_request
from mock_server.webhooks.payload import serialize_json
from openapi.signatures.generic_hmac import HmacScheme
from openapi.signatures.message import Message

WebhookRequestChange = Callable[[WebhookRequest, EventMessage], WebhookRequest]
WebhookRequestsChange = Callable[[list[WebhookRequest], EventMessage], list[WebhookRequest]]


def _webhook_request_fault(
    name: str, description: str, change: WebhookRequestChange, need: Need = event
) -> Fault:
    return Fault(name, "webhooks", description, Hooks(webhook_request=change), need=need)


def _webhook_requests_fault(
    name: str,
    description: str,
    change: WebhookRequestsChange,
    severity: str = "violation",
    need: Need = event,
) -> Fault:
    hooks = Hooks(webhook_requests=change)
    return Fault(name, "webhooks", description, hooks, severity, need=need)


def _signature_fault(
    name: str,
    description: str,
    value: Callable[[HmacScheme, Message, str], str],
    is_changed: Callable[[HmacScheme], bool] = lambda _scheme: True,
) -> Fault:
    """Return the fault that replaces the value of the signature header with `value`.

    It changes HMACs only: `value` gets a message without headers, so the body alone is signed.
    `is_changed` says whether that value is another one for a scheme that signs the body alone.
    """

    def change(webhook_request: WebhookRequest, event_message: EventMessage) -> WebhookRequest:
        scheme = event_message.event.signature
        if not isinstance(scheme, HmacScheme):
            return webhook_request
        signed = value(scheme, Message(webhook_request.body), event_message.secret)
        return webhook_request.with_header(scheme.header, signed)

    return _webhook_request_fault(name, description, change, signature(is_changed))


def _standard_webhooks_signature(scheme: HmacScheme, message: Message, secret: str) -> str:
    content = Message(b"msg_1.1767225600." + message.body)
    return f"v1,{scheme.sign(content, secret)}"


def _rename_signature_header(
    webhook_request: WebhookRequest, event_message: EventMessage
) -> WebhookRequest:
    scheme = event_message.event.signature
    name = scheme.header if scheme else ""
    renamed = (
        (f"X-{key}" if key == name else key, value) for key, value in webhook_request.headers
    )
    return replace(webhook_request, headers=tuple(renamed))


def _change_body(change: Callable[[bytes], bytes]) -> WebhookRequestChange:
    return lambda webhook_request, _event_message: replace(
        webhook_request, body=change(webhook_request.body)
    )


def _indent_json(body: bytes) -> bytes:
    return json.dumps(json.loads(body), indent=2).encode()


def _set_media_type(media_type: str) -> WebhookRequestChange:
    return lambda webhook_request, _: webhook_request.with_header("Content-Type", media_type)


def _encode_twice(webhook_request: WebhookRequest, event_message: EventMessage) -> WebhookRequest:
    return build_signed_request(event_message, serialize_json(webhook_request.body.decode()))


def _drop_every_tenth(
    webhook_requests: list[WebhookRequest], event_message: EventMessage
) -> list[WebhookRequest]:
    return [] if event_message.number % 10 == 0 else webhook_requests


def _trigger_as_created(status: int, exchange: MockExchange) -> int:
    operation = exchange.operation
    expected = operation.status_caused_by("valid-request") if operation else None
    return expected if expected is not None and isinstance(exchange.value, dict) else status


DELIVERY_FAULTS = (
    _webhook_requests_fault(
        "webhook-never-sent", "No event is sent: the worker is down.", lambda *_: []
    ),
    _webhook_requests_fault(
        "webhook-sent-twice",
        "Every event is sent twice: two workers take the same job.",
        lambda webhook_requests, _: webhook_requests * 2,
        "warning",
        trigger_rule("no-redelivery"),
    ),
    _webhook_requests_fault(
        "webhook-one-in-ten-lost", "Every tenth event is lost.", _drop_every_tenth
    ),
    _webhook_requests_fault(
        "webhook-not-retried",
        "A failed delivery is not retried.",
        lambda webhook_requests, _: [replace(d, max_attempts=1) for d in webhook_requests],
        "warning",
        trigger_rule("retries"),
    ),
    Fault(
        "webhook-on-rejection",
        "webhooks",
        "A rejected request triggers its event too: the event is sent before the transaction ends.",
        Hooks(trigger=_trigger_as_created),
        need=rejected_object,
    ),
    _webhook_request_fault("unsigned", "Deliveries carry no signature.", drop_signature, signed),
    _webhook_request_fault(
        "signature-header-renamed",
        "The name of the signature header begins with X-.",
        _rename_signature_header,
        signed,
    ),
    _signature_fault(
        "signature-hex",
        "The signature is hex-encoded.",
        lambda s, m, k: replace(s, encoding="hex").sign(m, k),
        lambda scheme: scheme.encoding != "hex",
    ),
    _signature_fault(
        "signature-prefixed",
        "The signature begins with the algorithm, as GitHub's does.",
        lambda s, m, k: "sha256=" + s.sign(m, k),
    ),
    _signature_fault(
        "signature-url-safe",
        "The signature is URL-safe base64 without padding.",
        lambda s, m, k: s.sign(m, k).translate(str.maketrans("+/", "-_")).rstrip("="),
        lambda scheme: scheme.encoding == "base64",
    ),
    _signature_fault(
        "signature-sha1",
        "The signature uses SHA-1.",
        lambda s, m, k: replace(s, hash_name="hmac-sha1").sign(m, k),
        lambda scheme: scheme.algorithm != "hmac-sha1",
    ),
    _signature_fault(
        "signature-standard-webhooks",
        "The signature follows Standard Webhooks, whose header has the same name.",
        _standard_webhooks_signature,
    ),
    _signature_fault(
        "signature-other-secret",
        "The signature uses another secret: the old one after a rotation.",
        lambda s, m, k: s.sign(m, f"old-{k}"),
    ),
    _signature_fault(
        "signature-of-empty-body",
        "The signature covers an empty body: the stream was already read.",
        lambda s, _, k: s.sign(Message(b""), k),
    ),
    _webhook_request_fault(
        "reserialised",
        "The body is re-serialised after signing.",
        _change_body(_indent_json),
    ),
    _webhook_request_fault(
        "newline-appended",
        "A newline is appended after signing.",
        _change_body(lambda body: body + b"\n"),
    ),
    _webhook_request_fault(
        "body-encoded-twice", "The body is a JSON string that contains the JSON.", _encode_twice
    ),
    _webhook_request_fault(
        "media-type-form",
        "The Content-Type announces a form: the HTTP client's default.",
        _set_media_type("application/x-www-form-urlencoded"),
    ),
    _webhook_request_fault(
        "media-type-text",
        "The Content-Type announces plain text.",
        _set_media_type("text/plain; charset=utf-8"),
    ),
)
