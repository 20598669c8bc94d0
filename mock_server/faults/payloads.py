"""Faults of a webhook's payload, before it is serialised and signed."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from mock_server.exchange import EventContext, Hooks
from mock_server.fault import Fault
from mock_server.faults.secrets import secret_properties
from mock_server.messages import header_values
from openapi.contract import Json
from openapi.json_pointer import get_at, join_pointer, set_at, split_pointer

PlaceSelector = Callable[[EventContext], Iterable[str]]


def _payload_fault(
    name: str, description: str, change: Callable[[Json, EventContext], Json]
) -> Fault:
    return Fault(name, "webhooks", description, Hooks(payload=change))


def _value_fault(
    name: str, description: str, places: PlaceSelector, change: Callable[[Any], Json]
) -> Fault:
    """Return the fault that changes what stands at `places`, where anything stands."""

    def apply(value: Json, event_context: EventContext) -> Json:
        for place in places(event_context):
            found = get_at(value, place)
            if found is not None:
                set_at(value, place, change(found))
        return value

    return _payload_fault(name, description, apply)


def _echo_places(compare: str, kind: type | None = None) -> PlaceSelector:
    def places(event_context: EventContext) -> Iterable[str]:
        example = event_context.event.examples[0]
        return [
            echo["to"]
            for echo in event_context.event.trigger.get("echoes", ())
            if echo["compare"] == compare
            and (kind is None or type(get_at(example, echo["to"])) is kind)
        ]

    return places


def _event_name_place(event_context: EventContext) -> Iterable[str]:
    return (event_context.event.trigger["event-name"],)


def _time_places(event_context: EventContext) -> Iterable[str]:
    return tuple(event_context.event.trigger.get("sent-at", ()))


def _unique_places(event_context: EventContext) -> Iterable[str]:
    return tuple(stated["pointer"] for stated in event_context.event.trigger.get("unique", ()))


def _second_equal_places(event_context: EventContext) -> Iterable[str]:
    return tuple(stated["pointers"][1] for stated in event_context.event.trigger.get("equal", ()))


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
    # Two hours: local time written with the Z of UTC.
    return f"{datetime.fromisoformat(text) + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"


def _entity(value: Json, event_context: EventContext) -> tuple[str, dict[str, Any]]:
    """Return the part of the payload that shows the entity: where its identity is, or an object."""
    objects = (key for key, part in value.items() if isinstance(part, dict))
    key = next(
        (split_pointer(place)[0] for place in _unique_places(event_context)), next(objects, "")
    )
    return key, value.get(key, {})


def _add_secret(value: Json, event_context: EventContext) -> Json:
    response = event_context.exchange.response
    stated = json.loads(response.body) if response and response.body else {}
    names = [name for name in secret_properties(event_context.exchange) if name in stated]
    _entity(value, event_context)[1].update({name: stated[name] for name in names})
    return value


def _add_credential(value: Json, event_context: EventContext) -> Json:
    for stated in header_values(event_context.exchange.request_headers, b"authorization"):
        _entity(value, event_context)[1]["requestedWith"] = stated.decode("latin-1")
    return value


def _flatten_entity(value: Json, event_context: EventContext) -> Json:
    key, entity = _entity(value, event_context)
    return {**{k: v for k, v in value.items() if k != key}, **entity}


def _to_snake_case(text: str) -> str:
    return re.sub(r"([A-Z])", lambda match: f"_{match[1].lower()}", text)


PAYLOAD_FAULTS = (
    _value_fault(
        "name-truncated",
        "A text of the request is cut to 20 characters by a narrow column.",
        _echo_places("exact", str),
        lambda v: v[:20],
    ),
    _value_fault(
        "name-escaped",
        "A text of the request is escaped for HTML before it is stored.",
        _echo_places("exact", str),
        lambda v: f"<b>{v}</b>".replace("<", "&lt;"),
    ),
    _payload_fault(
        "name-of-another-request",
        "The event carries a text of another request: a shared buffer.",
        _replace_from_example(_echo_places("exact", str)),
    ),
    _value_fault(
        "flag-inverted",
        "A flag of the request arrives inverted.",
        _echo_places("exact", bool),
        lambda v: not v,
    ),
    _value_fault(
        "flag-as-text",
        "A flag is written as a text.",
        _echo_places("exact", bool),
        lambda v: str(v).lower(),
    ),
    _value_fault(
        "date-shifted",
        "A date of the request is off by a time zone.",
        _echo_places("instant"),
        _shift_two_hours,
    ),
    _value_fault(
        "date-as-number", "A date is a Unix time, a number.", _time_places, lambda _: 1767225600
    ),
    _value_fault(
        "date-without-zone", "A date has no zone.", _time_places, lambda v: v.removesuffix("Z")
    ),
    _value_fault("date-null", "A date that always exists is null.", _time_places, lambda _: None),
    _value_fault(
        "set-shortened",
        "The last item of a list of the request is lost.",
        _echo_places("set"),
        lambda v: v[:-1],
    ),
    _value_fault(
        "set-joined",
        "A list of the request is one text, joined by commas.",
        _echo_places("set"),
        ",".join,
    ),
    _value_fault(
        "event-renamed", "The event is named in snake case.", _event_name_place, _to_snake_case
    ),
    _value_fault(
        "name-of-another-event",
        "The event is named as the one for changes.",
        _event_name_place,
        lambda v: v.rpartition(".")[0] + ".updated",
    ),
    _payload_fault(
        "id-missing", "The payload lacks the entity's identity.", _remove_places(_unique_places)
    ),
    _payload_fault(
        "id-constant",
        "Every event carries the same identity.",
        _replace_from_example(_unique_places),
    ),
    _value_fault(
        "owner-mismatch",
        "Two properties that name the same thing differ.",
        _second_equal_places,
        lambda v: v[::-1],
    ),
    _payload_fault(
        "payload-flattened",
        "The entity's properties stand beside the event's name.",
        _flatten_entity,
    ),
    _payload_fault(
        "secret-in-payload",
        "The new secret is in the payload: the whole entity is sent.",
        _add_secret,
    ),
    _payload_fault(
        "credential-in-payload",
        "The caller's credential is in the payload, for tracing.",
        _add_credential,
    ),
)
