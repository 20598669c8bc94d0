"""Bodies of sequences: valid ones whose properties differ from those of other requests."""

import copy
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from contracts.model.case import ValueFactory
from contracts.model.correlators import property_schema
from contracts.model.unique_values import MARK_PREFIX, RequestValues, text_with_marks
from openapi.contract import Contract, Json, Operation
from openapi.examples import draw_value
from openapi.json_pointer import MISSING, get_at, join_pointer, set_at, split_pointer
from openapi.resources.model import Resource, SharedProperty
from openapi.resources.names import letters
from openapi.schemas.direction import REQUEST
from openapi.schemas.formats import date_time_to_ns

_FIXED_TEXT = frozenset(["enum", "const", "pattern", "format"])
_MIN_ROOM = 16
_DATE_TIMES = ("2031-03-04T05:06:07Z", "2032-11-30T22:59:58+02:00", "2030-07-01T12:00:00Z")
_EARLY = "2001-02-03T04:05:06Z"
_DATES = ("2031-03-04", "2032-11-30", "2030-07-01")
_DRAWS = 6
_SHOWN = ("example", "examples", "default")
"""Keywords with values that a generator prefers to others."""
_MIDDLES = ("", "\u017dlut\u00fd k\u016f\u0148 & <i>\"co'</i> ", "")
"""Middles of texts of free form, in turn: plain, then with letters that services confuse."""
_ITEMS = 4
"""Number of items in the arrays of a sequence, as far as the schema allows it."""
_NULLED = 2
"""Number modulo 4 of the bodies in which what can be null is null."""
_REFERENCE_ENDINGS = ("id", "ids", "uuid", "key", "ref")
"""Ends of names of properties that may refer to another resource."""


@dataclass(frozen=True, slots=True)
class BodyPlan:
    """Body of a request, and the texts in it that are unique for each request."""

    body: Json
    values: Mapping[str, ValueFactory] = field(default_factory=dict)


@dataclass(frozen=True)
class BodyMaker:
    """Maker of the bodies of one operation on a resource."""

    contract: Contract
    resource: Resource
    operation: Operation
    base: Json
    """Valid body that the service has accepted, or an example."""

    @property
    def root(self) -> str:
        """Pointer of what describes the resource in the body."""
        return self.resource.request_roots.get(self.operation.id, "")

    @property
    def properties(self) -> Sequence[SharedProperty]:
        """Properties that the resource has too."""
        return self.resource.properties.get(self.operation.id, ())

    def candidates(self, shared: SharedProperty) -> list[Json]:
        """Return different valid values of a property; a text of free form is one of them only."""
        place = self.schema_place(shared)
        if place is None:
            return []
        schema = self.contract.schema(place)
        found: list[Json] = []
        for value in self._possible_values(shared, place):
            if schema.is_valid(value) and not any(_is_equal(value, known) for known in found):
                found.append(value)
        return found

    def is_free_text(self, shared: SharedProperty) -> bool:
        """Return whether a client can choose any text for the property."""
        place = self.schema_place(shared)
        if place is None:
            return False
        stated = self.contract.at(place)
        types = stated.get("type", ())
        is_text = types == "string" or (isinstance(types, list) and "string" in types)
        has_room = stated.get("maxLength", _MIN_ROOM) >= _MIN_ROOM
        return is_text and has_room and not _FIXED_TEXT & stated.keys()

    def is_listed(self, shared: SharedProperty) -> bool:
        """Return whether the schema lists the values of the property: they may be its states."""
        place = self.schema_place(shared)
        return place is not None and "enum" in self.contract.at(place)

    def unique_value(self, shared: SharedProperty, number: int = 0) -> ValueFactory | None:
        """Return a factory of values of the property that no other request has, or None.

        `number` selects the letters in a text of free form: every third one has unusual ones.
        """
        place = self.schema_place(shared)
        if place is None or self._may_refer(shared):
            return None
        stated = self.contract.at(place)
        if stated.get("format") in ("email", "idn-email") and "pattern" not in stated:
            return _unique_address
        if not self.is_free_text(shared):
            return None
        limit = stated.get("maxLength")
        middle = f" {split_pointer(shared.request)[-1]} {_MIDDLES[number % len(_MIDDLES)]}"
        return lambda values: text_with_marks(values, middle, limit)

    def whole(self, number: int) -> BodyPlan:
        """Return the body number `number`: every property that can have a value has one."""
        body = copy.deepcopy(self.base)
        unique: dict[str, ValueFactory] = {}
        validate = self.is_valid
        for index, shared in enumerate(self.properties):
            pointer = self.root + shared.request
            if self._may_refer(shared):
                continue
            nulled = _with_value(body, pointer, None) if number % 4 == _NULLED else None
            if nulled is not None and validate(nulled):
                body = nulled
                continue
            factory = self.unique_value(shared, number)
            if factory is not None:
                trial = _with_value(body, pointer, factory(_SAMPLE_VALUES))
                if trial is not None and validate(trial):
                    body, unique[pointer] = trial, factory
                continue
            found = self.candidates(shared)
            for offset in range(len(found)):
                value = found[(number + index + offset) % len(found)]
                trial = None if value is None else _with_value(body, pointer, value)
                if trial is not None and validate(trial):
                    body = trial
                    break
        return BodyPlan(body, unique)

    def with_read_only(self, number: int, shown: Mapping[str, Json]) -> BodyPlan | None:
        """Return the body number `number` with dates that only the service may set, or None.

        `shown` is a resource as the service shows it.
        """
        plan = self.whole(number)
        known = {shared.resource for shared in self.properties}
        body = plan.body
        for name, value in shown.items():
            pointer = join_pointer("", name)
            is_made = letters(name).startswith("created") and date_time_to_ns(value) is not None
            trial = _with_value(body, self.root + pointer, _EARLY) if is_made else None
            if trial is not None and pointer not in known and self.is_valid(trial):
                body = trial
        return BodyPlan(body, plan.values) if body != plan.body else None

    def continued(self, number: int, values: Mapping[str, str]) -> BodyPlan | None:
        """Return the body number `number` with texts that begin with `values`, or None.

        `values` has texts of another resource by their pointer in it.
        """
        plan = self.whole(number)
        body, unique = plan.body, dict(plan.values)
        for shared in self.properties:
            text = values.get(shared.resource)
            pointer = self.root + shared.request
            trial = None if text is None else _with_value(body, pointer, f"{text}.org")
            if trial is not None and self.is_valid(trial) and not self.is_listed(shared):
                body = trial
                unique.pop(pointer, None)
        return BodyPlan(body, unique) if body != plan.body else None

    def change(self, shared: SharedProperty, current: Json) -> BodyPlan | None:
        """Return the body that changes one property to another value than `current`, or None."""
        if self._may_refer(shared):
            return None
        pointer = self.root + shared.request
        factory = self.unique_value(shared)
        if factory is not None:
            body = self._alone(pointer, factory(_SAMPLE_VALUES))
            return None if body is None else BodyPlan(body, {pointer: factory})
        for value in self.candidates(shared):
            if value is None or _is_equal(value, current):
                continue
            body = self._alone(pointer, value)
            if body is not None:
                return BodyPlan(body)
        return None

    def changes(self, shared: Sequence[SharedProperty], current: Sequence[Json]) -> BodyPlan | None:
        """Return the body that changes several properties at once, or None."""
        whole: Json = {}
        values: dict[str, ValueFactory] = {}
        for one, value in zip(shared, current, strict=True):
            plan = self.change(one, value)
            pointer = self.root + one.request
            if plan is None:
                continue
            found = get_at(plan.body, pointer)
            trial = _with_value(whole, pointer, found)
            if trial is not None:
                whole = trial
                values.update(plan.values)
        return BodyPlan(whole, values) if self.is_valid(whole) and len(whole) > 1 else None

    def cleared(self, shared: SharedProperty) -> BodyPlan | None:
        """Return the body that sets one property to null, or None if it cannot be null."""
        place = self.schema_place(shared)
        if place is None or not self.contract.schema(place).is_valid(None):
            return None
        body = self._alone(self.root + shared.request, None)
        return None if body is None else BodyPlan(body)

    def _alone(self, pointer: str, value: Json) -> Json | None:
        """Return a valid body with as little else as possible, or None."""
        smallest = _nested(pointer, value)
        if self.is_valid(smallest):
            return smallest
        trial = _with_value(copy.deepcopy(self.base), pointer, value)
        return trial if trial is not None and self.is_valid(trial) else None

    def is_valid(self, body: Json) -> bool:
        """Return whether `body` satisfies the schema of the request."""
        assert self.operation.body is not None
        schema = self.operation.body.schema
        return schema is None or self.contract.schema(schema).is_valid(body)

    def schema_place(self, shared: SharedProperty) -> str | None:
        """Return the pointer of the schema of a property of the request, or None."""
        body = self.operation.body
        if body is None or body.schema is None:
            return None
        try:
            return property_schema(self.contract, body.schema, self.root + shared.request)
        except LookupError:
            return None

    def _may_refer(self, shared: SharedProperty) -> bool:
        """Return whether the value may name another resource, so that few values are accepted."""
        name = split_pointer(shared.request)[-1].lower()
        return name.endswith(_REFERENCE_ENDINGS)

    def _possible_values(self, shared: SharedProperty, place: str) -> Iterator[Json]:
        stated = self.contract.at(place)
        yield from stated.get("enum", ())
        if "const" in stated:
            yield stated["const"]
        base = get_at(self.base, self.root + shared.request)
        for value in (base, stated.get("default", MISSING), *stated.get("examples", ())):
            if value is not MISSING:
                yield value
        yield from (True, False)
        if stated.get("format") == "date-time":
            yield from _DATE_TIMES
        if stated.get("format") == "date":
            yield from _DATES
        if isinstance(base, int | float) and not isinstance(base, bool):
            yield from (base + 1, base + 0.25, base - 1, base * 2)
        yield from self._arrays(shared, place)
        varied = {key: value for key, value in stated.items() if key not in _SHOWN}
        choose = random.Random(f"{self.operation.id} {shared.request}")  # noqa: S311 - no secrets
        for _ in range(_DRAWS):
            drawn = draw_value(self.contract, varied, choose, REQUEST)
            if drawn.is_valid:
                yield drawn.value
                if isinstance(drawn.value, float | int) and not isinstance(drawn.value, bool):
                    yield drawn.value + 0.25

    def _arrays(self, shared: SharedProperty, place: str) -> Iterator[Json]:
        """Yield arrays of several different items, so that a lost one shows."""
        stated = self.contract.at(place)
        if not isinstance(stated.get("items"), dict):
            return
        choose = random.Random(f"{self.operation.id} {shared.request} items")  # noqa: S311
        items: list[Json] = []
        for _ in range(4 * _ITEMS):
            drawn = draw_value(self.contract, {"$ref": f"#{place}/items"}, choose, REQUEST)
            if drawn.is_valid and not any(_is_equal(drawn.value, known) for known in items):
                items.append(drawn.value)
        for count in (_ITEMS, _ITEMS - 1, 2):
            if len(items) >= count:
                yield items[:count]
                yield items[-count:]


def _is_equal(one: Json, other: Json) -> bool:
    return type(one) is type(other) and one == other


def _unique_address(values: RequestValues) -> str:
    return f"{values.mark}@example.com"


def _with_value(body: Json, pointer: str, value: Json) -> Json | None:
    """Return a copy of `body` with `value` at `pointer`; objects on the way are made."""
    made = copy.deepcopy(body)
    place = ""
    for token in split_pointer(pointer)[:-1]:
        place = join_pointer(place, token)
        if get_at(made, place) is MISSING:
            set_at(made, place, {})
        elif not isinstance(get_at(made, place), dict):
            return None
    try:
        set_at(made, pointer, value)
    except LookupError:
        return None
    return made


def _nested(pointer: str, value: Json) -> Json:
    made: Any = value
    for token in reversed(split_pointer(pointer)):
        made = {token: made}
    return made


_SAMPLE_VALUES = RequestValues(
    1,
    1,
    f"{MARK_PREFIX}000000-0001",
    datetime(2030, 1, 1, tzinfo=UTC),
    random.Random(0),  # noqa: S311 - no secret
)
"""Values with which a body is tried before it is sent."""
