"""Faults of a webhook's payload, before it is serialised and signed."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from mock_server.exchange import Behaviour, Occasion
from mock_server.fault import Fault
from mock_server.faults.secrets import secrets
from mock_server.messages import values
from openapi.contract import Json
from openapi.json_pointer import get, join, put, split

Places = Callable[[Occasion], Iterable[str]]


def _payload(name: str, sentence: str, change: Callable[[Json, Occasion], Json]) -> Fault:
    return Fault(name, "webhooks", sentence, Behaviour(payload=change))


def _at(name: str, sentence: str, places: Places, change: Callable[[Any], Json]) -> Fault:
    """Return the fault that changes what stands at `places`, where anything stands."""

    def apply(value: Json, occasion: Occasion) -> Json:
        for place in places(occasion):
            found = get(value, place)
            if found is not None:
                put(value, place, change(found))
        return value

    return _payload(name, sentence, apply)


def _echoed(compare: str, kind: type | None = None) -> Places:
    def places(occasion: Occasion) -> Iterable[str]:
        example = occasion.event.examples[0]
        return [
            echo["to"]
            for echo in occasion.event.trigger.get("echoes", ())
            if echo["compare"] == compare
            and (kind is None or type(get(example, echo["to"])) is kind)
        ]

    return places


def _event(occasion: Occasion) -> Iterable[str]:
    return (occasion.event.trigger["event"],)


def _now(occasion: Occasion) -> Iterable[str]:
    return tuple(occasion.event.trigger.get("now", ()))


def _unique(occasion: Occasion) -> Iterable[str]:
    return tuple(stated["at"] for stated in occasion.event.trigger.get("unique", ()))


def _second_of_equal(occasion: Occasion) -> Iterable[str]:
    return tuple(stated["at"][1] for stated in occasion.event.trigger.get("equal", ()))


def _from_example(places: Places) -> Callable[[Json, Occasion], Json]:
    def change(value: Json, occasion: Occasion) -> Json:
        for place in places(occasion):
            put(value, place, get(occasion.event.examples[0], place))
        return value

    return change


def _without(places: Places) -> Callable[[Json, Occasion], Json]:
    def change(value: Json, occasion: Occasion) -> Json:
        for place in places(occasion):
            *parents, last = split(place)
            parent = get(value, join("", *parents))
            if isinstance(parent, dict):
                parent.pop(last, None)
        return value

    return change


def _shifted(text: str) -> str:
    # Two hours: local time written with the Z of UTC.
    return f"{datetime.fromisoformat(text) + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"


def _entity(value: Json, occasion: Occasion) -> tuple[str, dict[str, Any]]:
    """Return the part of the payload that shows the entity: where its identity is, or an object."""
    objects = (key for key, part in value.items() if isinstance(part, dict))
    key = next((split(place)[0] for place in _unique(occasion)), next(objects, ""))
    return key, value.get(key, {})


def _with_secret(value: Json, occasion: Occasion) -> Json:
    answer = occasion.exchange.answer
    stated = json.loads(answer.body) if answer and answer.body else {}
    names = [name for name in secrets(occasion.exchange) if name in stated]
    _entity(value, occasion)[1].update({name: stated[name] for name in names})
    return value


def _with_credential(value: Json, occasion: Occasion) -> Json:
    for stated in values(occasion.exchange.received, b"authorization"):
        _entity(value, occasion)[1]["requestedWith"] = stated.decode("latin-1")
    return value


def _flattened(value: Json, occasion: Occasion) -> Json:
    key, entity = _entity(value, occasion)
    return {**{k: v for k, v in value.items() if k != key}, **entity}


def _snake(text: str) -> str:
    return re.sub(r"([A-Z])", lambda match: f"_{match[1].lower()}", text)


PAYLOADS = (
    _at(
        "name-truncated",
        "A text of the request is cut to 20 characters by a narrow column.",
        _echoed("exact", str),
        lambda v: v[:20],
    ),
    _at(
        "name-escaped",
        "A text of the request is escaped for HTML before it is stored.",
        _echoed("exact", str),
        lambda v: f"<b>{v}</b>".replace("<", "&lt;"),
    ),
    _payload(
        "name-of-another",
        "The event carries a text of another request: a shared buffer.",
        _from_example(_echoed("exact", str)),
    ),
    _at(
        "flag-inverted",
        "A flag of the request arrives inverted.",
        _echoed("exact", bool),
        lambda v: not v,
    ),
    _at(
        "flag-as-text",
        "A flag is written as a text.",
        _echoed("exact", bool),
        lambda v: str(v).lower(),
    ),
    _at(
        "date-shifted", "A date of the request is off by a time zone.", _echoed("instant"), _shifted
    ),
    _at("date-as-number", "A date is a Unix time, a number.", _now, lambda _: 1767225600),
    _at("date-without-zone", "A date has no zone.", _now, lambda v: v.removesuffix("Z")),
    _at("date-null", "A date that always exists is null.", _now, lambda _: None),
    _at(
        "set-shortened",
        "The last item of a list of the request is lost.",
        _echoed("set"),
        lambda v: v[:-1],
    ),
    _at(
        "set-joined",
        "A list of the request is one text, joined by commas.",
        _echoed("set"),
        ",".join,
    ),
    _at("event-renamed", "The event is named in snake case.", _event, _snake),
    _at(
        "event-of-another",
        "The event is named as the one for changes.",
        _event,
        lambda v: v.rpartition(".")[0] + ".updated",
    ),
    _payload("id-missing", "The payload lacks the entity's identity.", _without(_unique)),
    _payload("id-constant", "Every event carries the same identity.", _from_example(_unique)),
    _at(
        "owner-mismatch",
        "Two properties that name the same thing differ.",
        _second_of_equal,
        lambda v: v[::-1],
    ),
    _payload(
        "payload-flattened", "The entity's properties stand beside the event's name.", _flattened
    ),
    _payload(
        "secret-in-payload",
        "The new secret is in the payload: the whole entity is sent.",
        _with_secret,
    ),
    _payload(
        "credential-in-payload",
        "The caller's credential is in the payload, for tracing.",
        _with_credential,
    ),
)
