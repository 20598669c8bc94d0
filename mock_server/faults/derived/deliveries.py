"""Faults of a delivery, derived from the contract: signature, event name, media type, method."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.exchange import EventContext, Hooks
from mock_server.fault import Fault
from mock_server.faults.derived.mutations import name_if_ambiguous, slug
from mock_server.messages import EventMessage, WebhookRequest
from openapi.contract import Contract, Event, Json
from openapi.json_pointer import get_at, join_pointer, set_at
from openapi.signature import sign

WebhookRequestChange = Callable[[WebhookRequest, EventMessage], WebhookRequest]


def derived_delivery_faults(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of each event's deliveries."""
    for event in contract.events:
        content_severity = contract.provenance(event.schema.rpartition("/")[0]).severity
        yield _delivery_fault(
            contract,
            event,
            "wrong-media-type",
            "have the media type text/plain",
            _set_media_type("text/plain"),
            content_severity,
        )
        method_severity = contract.provenance(event.pointer).severity
        other = "POST" if event.pointer.endswith("/put") else "PUT"
        yield _delivery_fault(
            contract,
            event,
            "wrong-method",
            f"are sent with {other}",
            _set_method(other),
            method_severity,
        )
        yield _delivery_fault(
            contract,
            event,
            "lost",
            "are never sent",
            _drop_request,
            _trigger_severity(contract, event),
        )
        if event.signature is not None:
            signature_severity = contract.provenance(event.signature.pointer).severity
            yield _delivery_fault(
                contract,
                event,
                "unsigned",
                "carry no signature",
                _drop_signature,
                signature_severity,
            )
            description = "are signed with another secret"
            yield _delivery_fault(
                contract,
                event,
                "wrong-secret",
                description,
                _sign_with_wrong_secret,
                signature_severity,
            )
        yield _event_renamed_fault(contract, event)


def _trigger_severity(contract: Contract, event: Event) -> str:
    return contract.provenance(join_pointer(event.pointer, "x-hookproof-trigger")).severity


def _fault_name(contract: Contract, event: Event, fault_word: str) -> str:
    return slug("delivery", name_if_ambiguous(contract.events, event.name), fault_word)


def _delivery_fault(
    contract: Contract,
    event: Event,
    fault_word: str,
    description: str,
    change: Callable[[WebhookRequest, EventMessage], WebhookRequest | None],
    severity: str,
) -> Fault:
    def webhook_requests(
        webhook_requests_before: list[WebhookRequest], event_message: EventMessage
    ) -> list[WebhookRequest]:
        if event_message.event.name != event.name:
            return webhook_requests_before
        changed = (
            change(webhook_request, event_message) for webhook_request in webhook_requests_before
        )
        return [webhook_request for webhook_request in changed if webhook_request is not None]

    return Fault(
        _fault_name(contract, event, fault_word),
        "webhooks",
        f"The deliveries of {event.name} {description}.",
        Hooks(webhook_requests=webhook_requests),
        severity,
    )


def _event_renamed_fault(contract: Contract, event: Event) -> Fault:
    place = event.trigger["event-name"]

    def apply(value: Json, event_context: EventContext) -> Json:
        if event_context.event.name == event.name:
            set_at(value, place, f"{get_at(value, place)}.renamed")
        return value

    return Fault(
        _fault_name(contract, event, "event-renamed"),
        "webhooks",
        f"The deliveries of {event.name} have an event name that the contract lacks.",
        Hooks(payload=apply),
        _trigger_severity(contract, event),
    )


def _set_media_type(media_type: str) -> WebhookRequestChange:
    def change(webhook_request: WebhookRequest, _event_message: EventMessage) -> WebhookRequest:
        other_headers = (h for h in webhook_request.headers if h[0].lower() != "content-type")
        return replace(webhook_request, headers=(("Content-Type", media_type), *other_headers))

    return change


def _set_method(method: str) -> WebhookRequestChange:
    return lambda webhook_request, _event_message: replace(webhook_request, method=method)


def _drop_request(_delivery: WebhookRequest, _event_message: EventMessage) -> None:
    return None


def _drop_signature(webhook_request: WebhookRequest, event_message: EventMessage) -> WebhookRequest:
    scheme = event_message.event.signature
    other_headers = tuple(
        h for h in webhook_request.headers if scheme is None or h[0] != scheme.header
    )
    return replace(webhook_request, headers=other_headers)


def _sign_with_wrong_secret(
    webhook_request: WebhookRequest, event_message: EventMessage
) -> WebhookRequest:
    scheme = event_message.event.signature
    if scheme is None:
        return webhook_request
    unsigned = _drop_signature(webhook_request, event_message)
    encoded_headers = [(name.encode(), value.encode()) for name, value in unsigned.headers]
    value = sign(scheme, webhook_request.body, f"not-{event_message.secret}", encoded_headers)
    return replace(unsigned, headers=(*unsigned.headers, (scheme.header, value)))
