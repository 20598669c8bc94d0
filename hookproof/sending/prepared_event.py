"""Prepared event: payload and faults of one event, and the requests that deliver it."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from openapi.contract import Contract, Event
from openapi.event_payloads import example_payload, fresh_payload
from openapi.json_pointer import MISSING, check_pointer, get_at, set_at, split_pointer
from openapi.serialization.bodies import write_body
from openapi.strict_json import parse_json

if TYPE_CHECKING:
    from mock_server.exchange import Hooks
    from mock_server.messages import EventMessage, WebhookRequest

Json = Any
WEBHOOK_CATEGORY = "webhooks"
"""Category of the faults that change a delivery."""


class UnsendableEvent(ValueError):
    """Reason why no request can be made of an event, in one sentence."""


@dataclass(frozen=True, slots=True)
class EventChanges:
    """Changes of an event, compared with a new one that conforms to the contract."""

    values: Mapping[str, Json]
    """Value by its pointer into the payload."""
    body: bytes | None = None
    """Payload as bytes, in place of a new one."""
    faults: tuple[str, ...] = ()
    """Names of faults of the mock."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that replace those with the same names, after signing."""


@dataclass(frozen=True, slots=True)
class PreparedEvent:
    """Event with its payload. It can be signed and sent several times."""

    event: Event
    webhook_id: str
    content_type: str
    body: bytes
    """Payload before the faults of deliveries."""
    hooks: "Hooks"
    headers: tuple[tuple[str, str], ...]
    payload: Json = MISSING
    """Value of the payload; `MISSING` if it came as bytes."""

    def requests(self, secret: str | None, url: str, at: float) -> "list[WebhookRequest]":
        """Return the requests of one attempt, signed at the time `at`: one without faults."""
        from mock_server.webhooks.dispatcher import build_requests  # noqa: PLC0415 - for a sending

        message = self._message(secret, url, at)
        return [self._with_headers(request) for request in build_requests(message, self.hooks)]

    def _message(self, secret: str | None, url: str, at: float) -> "EventMessage":
        from mock_server.messages import EventMessage  # noqa: PLC0415 - as above

        return EventMessage(self.event, self.body, 1, secret or "", self.webhook_id, at, url)

    def _with_headers(self, request: "WebhookRequest") -> "WebhookRequest":
        replaced = {name.lower() for name, _ in self.headers}
        stated = ("Content-Type", self.event.content.sent)  # without the boundary of a form
        headers = [
            (name, self.content_type if (name, value) == stated else value)
            for name, value in request.headers
            if name.lower() not in replaced
        ]
        return replace(request, headers=(*headers, *self.headers))


def find_event(contract: Contract, name: str) -> Event:
    """Return the event `name`; raise `UnsendableEvent` if the contract does not have it."""
    known = {event.name: event for event in contract.events}
    if name not in known:
        names = ", ".join(known) or "none"
        raise UnsendableEvent(f"the contract has no event {name!r}; it has {names}")
    return known[name]


def prepare_event(
    contract: Contract,
    event: Event,
    changes: EventChanges,
    seed_text: str,
    at: float,
    secret: str | None,
) -> PreparedEvent:
    """Return an event at the time `at`, with fresh values of `seed_text`, changed by `changes`.

    Raise `UnsendableEvent` if the event cannot be sent so: without a secret that its signature
    needs, with a pointer to nothing, or with a fault that changes nothing in it.
    """
    if event.signature is not None and not secret:
        raise UnsendableEvent("no webhook secret to sign with")
    event = replace(event, examples=(example_payload(contract, event),))
    hooks = _hooks(contract, changes.faults)
    content_type, body, payload = _payload(contract, event, changes, hooks, (seed_text, at))
    prepared = PreparedEvent(
        event,
        f"msg_{uuid4().hex}",
        content_type,
        body,
        hooks,
        changes.headers,
        payload,
    )
    if changes.faults:
        plain = _payload(contract, event, changes, type(hooks)(), (seed_text, at))
        unchanged = replace(prepared, content_type=plain[0], body=plain[1], hooks=type(hooks)())
        _check_effect(prepared, unchanged, changes.faults, secret, at)
    return prepared


def _hooks(contract: Contract, faults: Sequence[str]) -> "Hooks":
    from mock_server.exchange import Hooks  # noqa: PLC0415 - as above

    if not faults:
        return Hooks()
    from mock_server.faults import registry  # noqa: PLC0415 - most events have no fault

    try:
        hooks = registry.hooks(contract, faults)
    except ValueError as error:
        raise UnsendableEvent(str(error)) from None
    for name in faults:
        if registry.faults(contract)[name].category != WEBHOOK_CATEGORY:
            raise UnsendableEvent(f"the fault {name} changes no webhook")
    return hooks


def _payload(
    contract: Contract,
    event: Event,
    changes: EventChanges,
    hooks: "Hooks",
    fresh: tuple[str, float],
) -> tuple[str, bytes, Json]:
    """Return Content-Type, bytes and value of the payload; the value is `MISSING` for raw bytes."""
    if changes.body is not None and not changes.values and hooks.payload is None:
        return event.content.sent, changes.body, MISSING
    if changes.body is None:
        value = fresh_payload(contract, event, *fresh)
    else:
        parsed = parse_json(changes.body)
        if parsed.problem is not None:
            raise UnsendableEvent(
                f"the data are not JSON, so no value can be set: {parsed.problem}"
            )
        value = parsed.value
    for pointer, new in changes.values.items():
        value = _with_value(value, pointer, new)
    if hooks.payload is not None:
        value = _faulted(hooks.payload, contract, event, hooks, value)
    if event.content.kind in (None, "json"):
        from mock_server.webhooks.payload import serialize_json  # noqa: PLC0415 - as above

        return event.content.sent, serialize_json(value), value
    return *write_body(event.content, value), value


def _with_value(payload: Json, pointer: str, new: Json) -> Json:
    """Return the payload with `new` at `pointer`, which may be a new property."""
    try:
        check_pointer(pointer)
    except ValueError as error:
        raise UnsendableEvent(str(error)) from None
    if not pointer:
        return new
    try:
        set_at(payload, pointer, new)
    except LookupError:
        last = split_pointer(pointer)[-1]
        parent = pointer[: pointer.rindex("/")]
        found = get_at(payload, parent)
        reason = f"it has no item {last}" if isinstance(found, list) else "it is no object"
        where = f"the value at {parent or 'the root'}"
        missing = f"the payload has no value at {parent}, so {pointer} cannot be set"
        text = missing if found is MISSING else f"{where} has no place {pointer}: {reason}"
        raise UnsendableEvent(text) from None
    return payload


def _faulted(
    change: Callable[..., Json], contract: Contract, event: Event, hooks: "Hooks", payload: Json
) -> Json:
    """Return the payload with its faults."""
    from mock_server.exchange import EventContext, MockExchange  # noqa: PLC0415 - as above
    from mock_server.unique_values import UniqueValues  # noqa: PLC0415 - as above

    context = EventContext(event, MockExchange(contract, hooks, ()), 1, UniqueValues(None))
    try:
        return change(json.loads(json.dumps(payload)), context)
    except Exception as error:
        # A fault expects an event with the form of the contract's example.
        raise UnsendableEvent(f"the fault cannot change this payload: {error!r}") from None


def _check_effect(
    prepared: PreparedEvent,
    unchanged: PreparedEvent,
    faults: Iterable[str],
    secret: str | None,
    at: float,
) -> None:
    """Raise `UnsendableEvent` if the faults change no byte, or leave nothing to send."""
    named = ", ".join(faults)
    sent, plain = (
        [(r.method, r.headers, r.body) for r in one.requests(secret, "http://receiver/", at)]
        for one in (prepared, unchanged)
    )
    if not sent:
        raise UnsendableEvent(f"the fault {named} sends no delivery of {prepared.event.name}")
    if sent == plain:
        raise UnsendableEvent(
            f"the fault {named} changes nothing in a delivery of {prepared.event.name}"
        )
