"""Faults of deliveries: wrong signatures, changes after signing, duplicates and losses."""

import json
from collections.abc import Callable
from dataclasses import replace

from mock_server.exchange import Hooks, MockExchange
from mock_server.fault import ACCEPTED, EITHER, REFUSED, Fault, Need, StatedResponse
from mock_server.faults.applicability import (
    event,
    is_signature_changed,
    json_event,
    not_accepted,
    rejected_object,
    signature,
    signed,
    trigger_rule,
)
from mock_server.faults.derived.deliveries import drop_signature
from mock_server.faults.derived.expected_responses import (
    FORM,
    refused_if_signed,
    response_to_appended_newline,
    response_to_media_type,
    response_to_reserialised_json,
)
from mock_server.messages import EventMessage, WebhookRequest, build_signed_request
from mock_server.webhooks.payload import serialize_json
from openapi.contract import Contract, Event
from openapi.signatures.generic_hmac import HmacScheme
from openapi.signatures.message import Message

WebhookRequestChange = Callable[[WebhookRequest, EventMessage], WebhookRequest]
WebhookRequestsChange = Callable[[list[WebhookRequest], EventMessage], list[WebhookRequest]]


def _webhook_request_fault(
    name: str,
    description: str,
    change: WebhookRequestChange,
    response: StatedResponse,
    need: Need = event,
) -> Fault:
    hooks = Hooks(webhook_request=change)
    return Fault(name, "webhooks", description, hooks, need=need, stated_response=response)


def _webhook_requests_fault(
    name: str,
    description: str,
    change: WebhookRequestsChange,
    severity: str = "violation",
    need: Need = event,
    response: StatedResponse = None,
) -> Fault:
    hooks = Hooks(webhook_requests=change)
    return Fault(
        name, "webhooks", description, hooks, severity, need=need, stated_response=response
    )


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

    def response(_: Contract, stated: Event) -> str | None:
        return REFUSED if is_signature_changed(stated.signature, is_changed) else None

    return _webhook_request_fault(name, description, change, response, signature(is_changed))


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


def _indent_json(webhook_request: WebhookRequest, event_message: EventMessage) -> WebhookRequest:
    if event_message.event.content.kind == "form":
        return webhook_request
    indented = json.dumps(json.loads(webhook_request.body), indent=2)
    return replace(webhook_request, body=indented.encode())


def _media_type_fault(name: str, description: str, media_type: str, need: Need = event) -> Fault:
    return _webhook_request_fault(
        name,
        description,
        lambda webhook_request, _: webhook_request.with_header("Content-Type", media_type),
        lambda _, stated: response_to_media_type(media_type, stated),
        need,
    )


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
        ACCEPTED,
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
        ACCEPTED,
    ),
    Fault(
        "webhook-on-rejection",
        "webhooks",
        "A rejected request triggers its event too: the event is sent before the transaction ends.",
        Hooks(trigger=_trigger_as_created),
        need=rejected_object,
        stated_response=ACCEPTED,
    ),
    _webhook_request_fault(
        "unsigned", "Deliveries carry no signature.", drop_signature, refused_if_signed, signed
    ),
    _webhook_request_fault(
        "signature-header-renamed",
        "The name of the signature header begins with X-.",
        _rename_signature_header,
        refused_if_signed,
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
        _indent_json,
        response_to_reserialised_json,
        not_accepted(response_to_reserialised_json),
    ),
    _webhook_request_fault(
        "newline-appended",
        "A newline is appended after signing.",
        lambda webhook_request, _: replace(webhook_request, body=webhook_request.body + b"\n"),
        response_to_appended_newline,
        not_accepted(response_to_appended_newline),
    ),
    _webhook_request_fault(
        "body-encoded-twice",
        "The body is a JSON string that contains the JSON.",
        _encode_twice,
        EITHER,
    ),
    _media_type_fault(
        "media-type-form",
        "The Content-Type announces a form: the HTTP client's default.",
        FORM,
        json_event,
    ),
    _media_type_fault(
        "media-type-text", "The Content-Type announces plain text.", "text/plain; charset=utf-8"
    ),
)
