"""Faults of a webhook payload, applied before it is serialised and signed."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from mock_server.exchange import EventContext, Hooks
from mock_server.fault import EITHER, Fault, Need, StatedResponse
from mock_server.faults.applicability import (
    Echo,
    echo,
    entity,
    entity_of_secret_response,
    entity_of_secured_operation,
    equal_text,
    event_name,
    trigger_key,
)
from mock_server.faults.derived.expected_responses import response_to_payload
from mock_server.faults.secrets import secret_properties, to_snake_case
from openapi.contract import Json
from openapi.json_pointer import get_at, join_pointer, set_at, split_pointer

_TIME = trigger_key("sent-at")
_SHORT_TEXT_CHARS = 20
PlaceSelector = Callable[[EventContext], Iterable[str]]


def _payload_fault(
    name: str,
    description: str,
    need: Need,
    change: Callable[[Json, EventContext], Json],
    response: StatedResponse = None,
) -> Fault:
    stated = response or response_to_payload(change)
    return Fault(
        name, "webhooks", description, Hooks(payload=change), need=need, stated_response=stated
    )


def _value_fault(
    name: str,
    description: str,
    need: Need,
    places: PlaceSelector,
    change: Callable[[Any], Json],
    response: StatedResponse = None,
) -> Fault:
    """Return the fault that changes every value at `places` except null."""

    def apply(value: Json, event_context: EventContext) -> Json:
        for place in places(event_context):
            found = get_at(value, place)
            if found is not None:
                set_at(value, place, change(found))
        return value

    return _payload_fault(name, description, need, apply, response)


def _echo_fault(
    name: str,
    description: str,
    compare: str,
    kind: type | None,
    change: Callable[[Any], Json],
    is_changed: Callable[[Echo], bool] = lambda _echo: True,
) -> Fault:
    """Return the fault of the echoes with this comparison and this type in the event's example."""
    need, places = echo(compare, kind, is_changed), _echo_places(compare, kind)
    return _value_fault(name, description, need, places, change)


def _echo_places(compare: str, kind: type | None = None) -> PlaceSelector:
    def places(event_context: EventContext) -> Iterable[str]:
        example = event_context.event.examples[0]
        return [
            place
            for echo in event_context.event.trigger.get("echoes", ())
            if echo["compare"] == compare
            and (place := event_context.event.first_place(echo["to"]))
            and (kind is None or type(get_at(example, place)) is kind)
        ]

    return places


def _event_name_place(event_context: EventContext) -> Iterable[str]:
    place = event_context.event.name_pointer
    return () if place is None else (place,)


def _time_places(event_context: EventContext) -> Iterable[str]:
    event = event_context.event
    return tuple(event.first_place(place) for place in event.trigger.get("sent-at", ()))


def _unique_places(event_context: EventContext) -> Iterable[str]:
    event = event_context.event
    return tuple(event.first_place(s["pointer"]) for s in event.trigger.get("unique", ()))


def _second_equal_places(event_context: EventContext) -> Iterable[str]:
    event = event_context.event
    return tuple(event.first_place(s["pointers"][1]) for s in event.trigger.get("equal", ()))


def _replace_from_example(places: PlaceSelector) -> Callable[[Json, EventContext], Json]:
    def change(value: Json, event_context: EventContext) -> Json:
        for place in places(event_context):
            set_at(value, place, get_at(event_context.event.examples[0], place))
        return value

    return change


def _remove_places(places: PlaceSelector) -> Callable[[Json, EventContext], Json]:
    def change(value: Json, event_context: EventContext) -> Json:
        for place in places(event_context):
            *parents, last = split_pointer(place)
            parent = get_at(value, join_pointer("", *parents))
            if isinstance(parent, dict):
                parent.pop(last, None)
        return value

    return change


def _shift_two_hours(text: str) -> str:
    # Two hours: local time with the Z of UTC.
    return f"{datetime.fromisoformat(text) + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"


def _entity(value: Json, event_context: EventContext) -> tuple[str, dict[str, Any]]:
    """Return key and value of the entity: the object with the identifier, else the first object."""
    objects = [key for key, part in value.items() if isinstance(part, dict)]
    identified = (split_pointer(place)[0] for place in _unique_places(event_context))
    key = next((key for key in identified if key in objects), next(iter(objects), ""))
    return key, value.get(key, {})


def _add_secret(value: Json, event_context: EventContext) -> Json:
    response = event_context.exchange.response
    found = response.json if response else None
    stated = found if isinstance(found, dict) else {}
    names = [name for name in secret_properties(event_context.exchange) if name in stated]
    _entity(value, event_context)[1].update({name: stated[name] for name in names})
    return value


def _add_credential(value: Json, event_context: EventContext) -> Json:
    for stated in event_context.exchange.header_values(b"authorization"):
        _entity(value, event_context)[1]["requestedWith"] = stated.decode("latin-1")
    return value


def _flatten_entity(value: Json, event_context: EventContext) -> Json:
    key, entity = _entity(value, event_context)
    return {**{k: v for k, v in value.items() if k != key}, **entity}


PAYLOAD_FAULTS = (
    _echo_fault(
        "name-truncated",
        "A narrow database column truncates a string of the request to 20 characters.",
        "exact",
        str,
        lambda v: v[:_SHORT_TEXT_CHARS],
        lambda e: e.is_body_text or len(e.value) > _SHORT_TEXT_CHARS,
    ),
    _echo_fault(
        "name-escaped",
        "A string of the request is escaped for HTML before it is stored.",
        "exact",
        str,
        lambda v: f"<b>{v}</b>".replace("<", "&lt;"),
    ),
    _payload_fault(
        "name-of-another-request",
        "The event carries a string of another request: the two share a buffer.",
        echo("exact", str, lambda e: e.is_body_text or e.value != e.event_example),
        _replace_from_example(_echo_places("exact", str)),
    ),
    _echo_fault(
        "flag-inverted",
        "A boolean of the request is inverted.",
        "exact",
        bool,
        lambda v: not v,
    ),
    _echo_fault(
        "flag-as-text",
        "A boolean of the request is a string.",
        "exact",
        bool,
        lambda v: str(v).lower(),
    ),
    _echo_fault(
        "date-shifted",
        "A date of the request is shifted by a time zone offset.",
        "instant",
        None,
        _shift_two_hours,
    ),
    _value_fault(
        "date-as-number",
        "A date is a Unix time, as a number.",
        _TIME,
        _time_places,
        lambda _: 1767225600,
    ),
    _value_fault(
        "date-without-zone",
        "A date has no time zone.",
        _TIME,
        _time_places,
        lambda v: v.removesuffix("Z"),
    ),
    _value_fault(
        "date-null", "A date that is always set is null.", _TIME, _time_places, lambda _: None
    ),
    _echo_fault(
        "set-shortened",
        "A list of the request lacks its last item.",
        "set",
        None,
        lambda v: v[:-1],
        lambda e: bool(e.value),
    ),
    _echo_fault(
        "set-joined",
        "A list of the request is one string, joined with commas.",
        "set",
        None,
        ",".join,
    ),
    _value_fault(
        "event-renamed",
        "The event name is in snake case.",
        event_name(lambda name: to_snake_case(name) != name),
        _event_name_place,
        to_snake_case,
        EITHER,
    ),
    _value_fault(
        "name-of-another-event",
        "The event has the name of the update event.",
        event_name(lambda name: not name.endswith(".updated")),
        _event_name_place,
        lambda v: v.rpartition(".")[0] + ".updated",
        EITHER,
    ),
    _payload_fault(
        "id-missing",
        "The payload lacks the entity's identifier.",
        trigger_key("unique"),
        _remove_places(_unique_places),
    ),
    _payload_fault(
        "id-constant",
        "Every event carries the same identifier.",
        trigger_key("unique"),
        _replace_from_example(_unique_places),
    ),
    _value_fault(
        "owner-mismatch",
        "Two properties that must be equal differ.",
        equal_text,
        _second_equal_places,
        lambda v: v[::-1] if isinstance(v, str) else v,
        EITHER,
    ),
    _payload_fault(
        "payload-flattened",
        "The entity's properties are at the top level, next to the event name.",
        entity,
        _flatten_entity,
    ),
    _payload_fault(
        "secret-in-payload",
        "The payload contains the new secret: the service sends the whole entity.",
        entity_of_secret_response,
        _add_secret,
    ),
    _payload_fault(
        "credential-in-payload",
        "The payload contains the caller's credential, for tracing.",
        entity_of_secured_operation,
        _add_credential,
    ),
)
