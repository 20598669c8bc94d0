"""Faults of a delivery, derived from the contract: signature, event name, media type, method."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.exchange import EventContext, Hooks
from mock_server.fault import REFUSED, Fault
from mock_server.faults.derived.expected_responses import (
    response_to_media_type,
    response_to_other_method,
    response_to_other_name,
)
from mock_server.faults.derived.mutations import name_if_ambiguous, slug
from mock_server.messages import EventMessage, WebhookRequest
from openapi.contract import Contract, Event, Json
from openapi.json_pointer import get_at, join_pointer, set_at

_MEDIA_TYPE = "text/plain"
_Change = Callable[[WebhookRequest, EventMessage], WebhookRequest | None]
"""Change of one request; None drops it."""
_BrokenDelivery = tuple[str, str, str, _Change, str | None]
"""Word, description, broken constraint, change and expected response of one fault."""


def derived_delivery_faults(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of each event's deliveries."""
    for event in contract.triggered_events:
        for broken in _broken_deliveries(event):
            yield _delivery_fault(contract, event, broken)
        if event.names:
            yield _event_renamed_fault(contract, event)


def _broken_deliveries(event: Event) -> Iterator[_BrokenDelivery]:
    content = event.schema.rpartition("/")[0]
    response = response_to_media_type(_MEDIA_TYPE, event)
    described = f"have the media type {_MEDIA_TYPE}"
    yield "wrong-media-type", described, content, _send_as_text, response
    other = "POST" if event.pointer.endswith("/put") else "PUT"
    response, described = response_to_other_method(event), f"are sent with {other}"
    yield "wrong-method", described, event.pointer, _set_method(other), response
    yield "lost", "are never sent", _trigger(event), lambda *_: None, None
    if event.signature is not None:
        scheme = event.signature.pointer
        yield "unsigned", "carry no signature", scheme, drop_signature, REFUSED
        described = "are signed with another secret"
        yield "wrong-secret", described, scheme, _sign_with_wrong_secret, REFUSED


def _trigger(event: Event) -> str:
    return join_pointer(event.pointer, "x-hookproof-trigger")


def _fault_name(contract: Contract, event: Event, fault_word: str) -> str:
    return slug("delivery", name_if_ambiguous(contract.triggered_events, event.name), fault_word)


def _delivery_fault(contract: Contract, event: Event, broken: _BrokenDelivery) -> Fault:
    fault_word, description, pointer, change, response = broken

    def webhook_requests(
        before: list[WebhookRequest], event_message: EventMessage
    ) -> list[WebhookRequest]:
        if event_message.event.name != event.name:
            return before
        changed = (change(webhook_request, event_message) for webhook_request in before)
        return [webhook_request for webhook_request in changed if webhook_request is not None]

    return Fault(
        _fault_name(contract, event, fault_word),
        "webhooks",
        f"The deliveries of {event.name} {description}.",
        Hooks(webhook_requests=webhook_requests),
        contract.provenance(pointer).severity,
        operation_id=event.operation,
        stated_response=lambda _, sent: response if sent.name == event.name else None,
    )


def _event_renamed_fault(contract: Contract, event: Event) -> Fault:
    place = event.name_pointer

    def rename(value: Json, event_context: EventContext) -> Json:
        if event_context.event.name == event.name and place is not None:
            set_at(value, place, f"{get_at(value, place)}.renamed")
        return value

    def rename_header(
        webhook_request: WebhookRequest, event_message: EventMessage
    ) -> WebhookRequest:
        if event_message.event.name != event.name:
            return webhook_request
        source, values = event.names[0].source, event.names[0].values
        return webhook_request.with_header(source.where, f"{values[0]}.renamed")

    hooks = Hooks(webhook_request=rename_header) if place is None else Hooks(payload=rename)
    response = response_to_other_name(event)
    return Fault(
        _fault_name(contract, event, "event-renamed"),
        "webhooks",
        f"The deliveries of {event.name} have an event name that the contract lacks.",
        hooks,
        contract.provenance(_trigger(event)).severity,
        operation_id=event.operation,
        stated_response=lambda _, sent: response if sent.name == event.name else None,
    )


def _send_as_text(webhook_request: WebhookRequest, _: EventMessage) -> WebhookRequest:
    return webhook_request.with_header("Content-Type", _MEDIA_TYPE)


def _set_method(method: str) -> _Change:
    return lambda webhook_request, _: replace(webhook_request, method=method)


def drop_signature(webhook_request: WebhookRequest, event_message: EventMessage) -> WebhookRequest:
    """Return the request without the signature header, if its event has one."""
    scheme = event_message.event.signature
    return webhook_request.with_header(scheme.header, None) if scheme else webhook_request


def _sign_with_wrong_secret(
    webhook_request: WebhookRequest, event_message: EventMessage
) -> WebhookRequest:
    scheme = event_message.event.signature
    if scheme is None:
        return webhook_request
    signed = scheme.signed_headers(
        webhook_request.message,
        scheme.other_secret(event_message.secret),
        event_message.webhook_id,
        event_message.at,
    )
    for name, value in signed:
        webhook_request = webhook_request.with_header(name, value)
    return webhook_request
