"""Payload of a new event: an example or a generated value, with fresh ids and times. Pure."""

import json
import random
import re
import string
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from openapi.contract import Contract, Event
from openapi.examples import body_example, generate_value
from openapi.json_pointer import MISSING, get_at, join_pointer, set_at, split_pointer, walk_values
from openapi.schemas.formats import date_time_to_ns
from openapi.schemas.places import places_at

Json = Any
_ID_NAMES = frozenset(["id", "uuid", "eventid", "webhookid", "messageid", "deliveryid"])
_EVENT_TIME_NAMES = frozenset(
    [
        *("time", "timestamp", "at", "datetime", "sentat", "occurredat", "triggeredat", "firedat"),
        *("emittedat", "publishedat", "raisedat", "happenedat", "eventtime", "eventtimestamp"),
        *("eventat", "eventdate", "occurred", "triggered"),
    ]
)
_CREATION_NAMES = frozenset(["created", "createdat", "creationtime", "createtime", "date"])
"""Names that tell the time of the event in the root of a payload, and of something else below."""
_UNIX_SECONDS = range(10**9, 10**10)
_UNIX_MILLISECONDS = range(10**12, 10**13)
_PREFIX = re.compile(r"[A-Za-z]+[_.:/-]")
_ENOUGH = 12
"""Characters of an id after its prefix that make two equal ids improbable."""
_ATTEMPTS = 8
_HEXADECIMAL = frozenset("abcdefABCDEF")
_LOWER = "abcdefghjkmnpqrstvwxyz"
"""Lower-case letters without i, l, o and u, which identifiers in base 32 do not have."""


def fresh_payload(contract: Contract, event: Event, seed_text: str, at: float) -> Json:
    """Return the payload of a new event: one that no other seed text gives.

    It is the first valid example of `event`, or a value of its schema. The values that identify
    the event are new: those that `unique` of its trigger names, strings of the format uuid, and
    ids in the root or one level below. Equal values in the example remain equal. The values that
    tell the time of the event become `at`, in Unix seconds. A value that the schema does not allow
    to change remains. The same arguments give the same payload.
    """
    rng = random.Random(f"{seed_text}/{event.name}")  # noqa: S311 - ids, not secrets
    payload = _Payload(contract, event, rng)
    for base in payload.objects():
        payload.name_event(base)
        payload.renew_ids(base)
        payload.set_times(base, at)
    return payload.value


def example_payload(contract: Contract, event: Event, rng: random.Random | None = None) -> Json:
    """Return a copy of the first valid example of `event`, or a value of its schema."""
    schema = contract.schema(event.schema)
    for example in event.examples:
        if schema.is_valid(example):
            return json.loads(json.dumps(example))
    return json.loads(json.dumps(body_example(contract, event.schema, rng)))


@dataclass(frozen=True, slots=True)
class _Value:
    """Value in a payload."""

    pointer: str
    """Pointer into the payload."""
    place: str
    """Pointer into the event: the same, except in a batch."""
    found: Json

    @property
    def depth(self) -> int:
        """Objects and arrays around the value."""
        return self.place.count("/")

    @property
    def name(self) -> str:
        """Name of the property in lower case, without hyphens and underscores."""
        tokens = split_pointer(self.place)
        return re.sub("[-_]", "", tokens[-1]).lower() if tokens else ""


class _Payload:
    """Payload whose values are replaced in place, as far as the schema allows it."""

    def __init__(self, contract: Contract, event: Event, rng: random.Random) -> None:
        self.value = example_payload(contract, event, rng)
        self._contract = contract
        self._event = event
        self._rng = rng
        self._schema = contract.schema(event.schema)
        self._is_valid = self._schema.is_valid(self.value)
        self._renewed: dict[str, Json] = {}
        """Fresh values by the JSON text of the value that they replace."""

    def objects(self) -> Sequence[str]:
        """Return the pointer of each event in the payload: of several in a batch."""
        if self._event.objects is None:
            return [""]
        found = get_at(self.value, self._event.objects)
        count = len(found) if isinstance(found, list) else 0
        return [join_pointer(self._event.objects, index) for index in range(count)]

    def name_event(self, base: str) -> None:
        """Write the name of the event where the contract states it."""
        for name in self._event.names:
            place = f"{base}{name.source.where or ''}"
            if name.source.in_request_body and get_at(self.value, place) not in name.values:
                self._set(place, name.values[0])

    def renew_ids(self, base: str) -> None:
        """Replace what identifies the event at `base`."""
        stated = {entry["pointer"] for entry in self._event.trigger.get("unique", ())}
        names = {n.source.where for n in self._event.names if n.source.in_request_body}
        if self._event.objects is not None:
            self._renewed.clear()  # events of a batch may share an id in the example only
        for value in self._values(base):
            if value.place not in names and (value.place in stated or self._is_id(value)):
                self._renew(value)
        for entry in self._event.trigger.get("equal", ()):
            first, second = (f"{base}{place}" for place in entry["pointers"])
            found = get_at(self.value, first)
            if found is not MISSING and get_at(self.value, second) is not MISSING:
                self._set(second, found)

    def set_times(self, base: str, at: float) -> None:
        """Write `at` where the event at `base` tells its time."""
        stated = frozenset(self._event.trigger.get("sent-at", ()))
        for value in self._values(base):
            is_named = value.depth <= 2 and value.name in _EVENT_TIME_NAMES
            is_named |= value.depth == 1 and value.name in _CREATION_NAMES
            if value.place in stated or is_named:
                self._try(value, _times(value.found, at))

    def _values(self, base: str) -> list[_Value]:
        below = get_at(self.value, base)
        return [
            _Value(f"{base}{place}", place, found)
            for place, found in walk_values(below)
            if not isinstance(found, dict | list | bool) and found is not None and place
        ]

    def _is_id(self, value: _Value) -> bool:
        if value.depth <= 2 and value.name in _ID_NAMES:
            return True
        schemas = self._schemas_of(value)
        return isinstance(value.found, str) and any(s.get("format") == "uuid" for s in schemas)

    def _schemas_of(self, value: _Value) -> Iterator[Mapping[str, Json]]:
        document = self._contract.document
        for place in places_at(document, self._event.schema, value.pointer):
            stated = get_at(document, place)
            if isinstance(stated, dict):
                yield stated

    def _renew(self, value: _Value) -> None:
        key = json.dumps(value.found)
        if key in self._renewed:
            self._try(value, iter([self._renewed[key]]))
            return
        self._try(value, self._fresh_values(value))
        self._renewed[key] = get_at(self.value, value.pointer)

    def _fresh_values(self, value: _Value) -> Iterator[Json]:
        found = value.found
        if isinstance(found, int):
            yield from _numbers(found, self._rng)
        elif isinstance(found, str):
            yield from _texts(found, self._rng)
            for schema in self._schemas_of(value):
                yield generate_value(self._contract, schema, self._rng)

    def _try(self, value: _Value, candidates: Iterator[Json]) -> None:
        """Set the first candidate that the schema allows; without one the value remains."""
        for candidate in candidates:
            if type(candidate) is not type(value.found) or candidate == value.found:
                continue
            if self._set(value.pointer, candidate):
                return

    def _set(self, pointer: str, new: Json) -> bool:
        """Set a value that leaves the payload valid; return whether it did."""
        before = get_at(self.value, pointer)
        try:
            set_at(self.value, pointer, new)
        except LookupError:
            return False
        if not self._is_valid or self._schema.is_valid(self.value):
            return True
        if before is not MISSING:
            set_at(self.value, pointer, before)
        return False


def _numbers(found: int, rng: random.Random) -> Iterator[int]:
    """Yield numbers for an id like `found`: many digits first, then as many as it has."""
    yield rng.randrange(10**9, 2**31)
    size = len(str(abs(found)))
    for _ in range(_ATTEMPTS):
        yield rng.randrange(10 ** (size - 1), 10**size)


def _texts(found: str, rng: random.Random) -> Iterator[str]:
    """Yield texts of the form of `found`, those that no other seed gives first."""
    made = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    if _is_uuid(found):
        yield made.upper() if found.isupper() else made
        return
    prefix = _PREFIX.match(found)
    start = prefix.end() if prefix and prefix.end() < len(found) else 0
    if len(found) - start < _ENOUGH:
        # A short id is an example such as evt_1: the same prefix, and more characters.
        letters = found[start:]
        digits = string.digits if letters.isdecimal() else string.digits + "abcdef"
        yield found[:start] + "".join(rng.choices(digits, k=16))
    for _ in range(_ATTEMPTS):
        yield found[:start] + _same_form(found[start:], rng)
    yield made


def _same_form(text: str, rng: random.Random) -> str:
    """Return `text` with other digits for digits, and other letters for letters."""
    is_hexadecimal = all(c in _HEXADECIMAL or not c.isalpha() for c in text)
    lower = "abcdef" if is_hexadecimal else _LOWER
    made = []
    for character in text:
        alphabet = ""
        if character.isascii() and character.isalnum():
            alphabet = lower.upper() if character.isupper() else lower
            alphabet = string.digits if character.isdecimal() else alphabet
        made.append(rng.choice(alphabet) if alphabet else character)
    return "".join(made)


def _is_uuid(text: str) -> bool:
    try:
        return len(text) == 36 and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _times(found: Json, at: float) -> Iterator[Json]:
    """Yield `at` as `found` writes a time: RFC 3339, or Unix seconds or milliseconds."""
    if isinstance(found, int | float):
        if int(found) in _UNIX_SECONDS:
            yield int(at) if isinstance(found, int) else at
        elif int(found) in _UNIX_MILLISECONDS:
            yield int(at * 1000) if isinstance(found, int) else at * 1000
        return
    if date_time_to_ns(found) is None:
        return
    fraction = re.search(r"\.(\d+)", str(found))
    moment = datetime.fromtimestamp(at, UTC)
    for digits in (len(fraction[1]) if fraction else 0, 0, 3, 6):
        second = f"{moment:%Y-%m-%dT%H:%M:%S}"
        yield f"{second}.{f'{moment:%f}'.ljust(digits, '0')[:digits]}Z" if digits else f"{second}Z"
