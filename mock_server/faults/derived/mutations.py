"""Mutations: one invalid value made from a valid one (missing, null, wrong type, malformed). Pure.

The contract's schema checks each mutation: a mutation that it allows is no fault.
"""

import copy
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

from mock_server.fault import Severity
from openapi.contract import Contract, Json
from openapi.examples import body_example
from openapi.json_pointer import (
    MISSING,
    get_at,
    get_by_tokens,
    is_array_index,
    join_pointer,
    split_pointer,
)

_VALUES_OF_EACH_TYPE: tuple[Json, ...] = (4711, "text", True, {}, [])
"""One value of each type; the first one that breaks the schema is the wrong type."""
_MALFORMED_VALUES: tuple[Json, ...] = ("?", "", -1)
"""Values that break formats, patterns and bounds."""
_PHRASES = {
    "lacks": "lacks",
    "null": "has null for",
    "wrong-type": "has the wrong type for",
    "malformed": "has a malformed value for",
}
"""Phrase for each kind of mutation."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """Change at one place that breaks the schema."""

    kind: str
    """A key of `_PHRASES`."""
    place: str
    """JSON pointer into the value."""
    change: Callable[[Json], Json]
    """Function that changes a value, in place if possible; it ignores a value without the place."""
    severity: Severity

    @property
    def name(self) -> str:
        """Words of a fault's name."""
        return slug(self.kind, self.place or "body")

    @property
    def description(self) -> str:
        """Change as part of a sentence."""
        return f"{_PHRASES[self.kind]} {self.place or 'its whole body'}"


def mutations(contract: Contract, schema: str, example: Json) -> Iterator[Mutation]:
    """Yield each change of `example` that breaks `schema`; of arrays, change the first item."""
    for place in value_pointers(example):
        value = get_at(example, place)
        done: set[str] = set()
        for kind, change in _changes(place, value, get_at(example, place.rpartition("/")[0])):
            if kind not in done and breaks(contract, schema, change, example):
                done.add(kind)
                grade = partial(_severity, contract, schema, change, example)
                yield Mutation(kind, place, change, grade)


def _changes(place: str, value: Json, parent: Json) -> Iterator[tuple[str, Callable[[Json], Json]]]:
    if place and isinstance(parent, dict):
        yield "lacks", _drop_value(place)
    if value is not None:
        yield "null", replace_value(place, None)
    for other in _VALUES_OF_EACH_TYPE:
        if type(other) is not type(value):
            yield "wrong-type", replace_value(place, other)
    for other in _MALFORMED_VALUES:
        if type(other) is type(value):
            yield "malformed", replace_value(place, other)


def breaks(contract: Contract, schema: str, change: Callable[[Json], Json], example: Json) -> bool:
    """Return whether `change` makes `example` invalid."""
    return not contract.schema(schema).is_valid(change(_copied(example)))


def _severity(
    contract: Contract, schema: str, change: Callable[[Json], Json], example: Json
) -> str:
    """Return `violation`, or `warning` if the contract only assumes what `change` breaks."""
    broken = contract.schema(schema).violations(change(_copied(example)))
    severities = {contract.provenance(v.pointer, v.detail).severity for v in broken}
    return "violation" if "violation" in severities else severities.pop()


def _copied(value: Json) -> Json:
    """Return a copy of `value`; for JSON this is several times as fast as `copy.deepcopy`."""
    return json.loads(json.dumps(value))


def value_pointers(value: Json, place: str = "") -> Iterator[str]:
    """Yield the pointer of `value` and of every value in it; of arrays, the first item only."""
    yield place
    if isinstance(value, dict):
        for key, item in value.items():
            yield from value_pointers(item, join_pointer(place, key))
    elif isinstance(value, list) and value:
        yield from value_pointers(value[0], join_pointer(place, 0))


def example_body(contract: Contract, schema: str) -> Json:
    """Return the first example for the schema of a body, or a generated value."""
    return json.loads(_example_text(contract, schema))


@lru_cache(maxsize=4096)  # each fault of a body asks for it
def _example_text(contract: Contract, schema: str) -> str:
    return json.dumps(body_example(contract, schema, random.Random(schema)))  # noqa: S311 - no secret


def slug(*parts: object) -> str:
    """Return `parts` as a name: words joined with dashes. A part may be a pointer."""
    words = (re.sub(r"[^\w.]+", "-", str(part)).strip("-") for part in parts)
    return "-".join(word for word in words if word)


def name_if_ambiguous(things: Iterable[Json], name: Json) -> str:
    """Return `name` if there are several `things`, else an empty string."""
    return str(name) if len(list(things)) > 1 else ""


def replace_value(place: str, other: Json) -> Callable[[Json], Json]:
    """Return a change that sets `other` at `place`; it ignores a value without the place."""

    def change(value: Json) -> Json:
        if not place:
            return copy.deepcopy(other)
        parent, last = _parent(value, place)
        if isinstance(parent, dict) and last in parent:
            parent[last] = copy.deepcopy(other)
        elif isinstance(parent, list) and is_array_index(last) and int(last) < len(parent):
            parent[int(last)] = copy.deepcopy(other)
        return value

    return change


def _drop_value(place: str) -> Callable[[Json], Json]:
    def change(value: Json) -> Json:
        parent, last = _parent(value, place)
        if isinstance(parent, dict):
            parent.pop(last, None)
        return value

    return change


def _parent(value: Json, place: str) -> tuple[Json, str]:
    *parents, last = split_pointer(place)
    found = get_by_tokens(value, parents)
    return (None if found is MISSING else found), last
