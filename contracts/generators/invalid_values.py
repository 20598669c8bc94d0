"""Invalid values: a valid one with one fault, at every depth. Pure.

They are derived from the schemas of the contract. This module names no property of a contract.
"""

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.generators.invalid_bodies import (
    INVALID_FORMAT_TEXTS,
    OF_NO_FORMAT,
    WRONG_TYPE_VALUES,
)
from contracts.generators.value_places import ValuePlace, value_places
from openapi.contract import Contract
from openapi.json_pointer import join_pointer
from openapi.schemas.validation import abbreviate, type_name

REQUIRED, TYPE, VALUE, BOUND, TEXT, ITEMS, PROPERTIES, NULL = range(8)
"""Kinds of faults, the most telling one first."""
WRONG_TYPE_TEXTS = {
    "integer": ("some", "1.5", "12some"),
    "number": ("some", "1.2.3"),
    "boolean": ("maybe", "truefalse"),
}
"""Texts that even a lenient parser cannot convert to the type."""
_OTHER_TEXTS = ("", "!", "a", "0", "A-a_0", OF_NO_FORMAT, "\u00e9\u00e9\u00e9")
"""Texts of which one breaks nearly any pattern."""
_MAX_TEXT_LENGTH = 100_000
_MAX_ITEMS = 10_000
UNKNOWN_PROPERTY = "hookproofUnknownProperty"


@dataclass(frozen=True, slots=True)
class InvalidValue:
    """Value that breaks its schema at one place."""

    kind: int
    pointer: str
    """Place of the fault."""
    description: str
    value: object
    """The whole value."""


def invalid_values(
    contract: Contract,
    schema: str,
    base: object,
    *,
    wrong_types: int = 2,
    is_text: Callable[[str], bool] | bool = False,
) -> Iterator[InvalidValue]:
    """Yield invalid values for the schema at the pointer `schema`; `base` is a valid one.

    `wrong_types` is the number of values of another type at each place. `is_text` says, of all
    places or of one pointer, whether a request carries the value as text.
    """
    if not contract.schema(schema).is_valid(base):
        return  # No fault would be the only one.
    seen: set[str] = set()
    for place in value_places(contract, schema, base):
        as_text = is_text if isinstance(is_text, bool) else is_text(place.pointer)
        for found in _at_place(place, wrong_types, is_text=as_text):
            text = json.dumps(found.value)
            if text not in seen and not contract.schema(schema).is_valid(found.value):
                seen.add(text)
                yield found
                if place.is_last_item:
                    break  # One fault shows a service that validates the first item only.


def chosen_values(found: Sequence[InvalidValue], most: int) -> list[InvalidValue]:
    """Return at most `most` values, evenly of every kind and place."""
    ordered = sorted(found, key=lambda one: one.kind)
    count = min(most, len(ordered))
    return [ordered[number * len(ordered) // count] for number in range(count)]


def _at_place(place: ValuePlace, wrong_types: int, *, is_text: bool) -> Iterator[InvalidValue]:
    where = place.pointer or "the whole value"
    for kind, value in _faults(place, wrong_types, is_text=is_text):
        described = f"{abbreviate(value)} for {where}"
        yield InvalidValue(kind, place.pointer, described, place.with_value(value))
    if isinstance(place.value, dict):
        for name in (name for names in place.stated("required") for name in names):
            if name in place.value:
                pointer = join_pointer(place.pointer, name)
                without = {key: item for key, item in place.value.items() if key != name}
                whole = place.with_value(without)
                yield InvalidValue(REQUIRED, pointer, f"without {pointer}", whole)


def _faults(place: ValuePlace, wrong_types: int, *, is_text: bool) -> Iterator[tuple[int, object]]:
    """Yield values that may break a schema of the place; the caller validates them."""
    yield from ((TYPE, value) for value in _wrong_types(place, wrong_types, is_text=is_text))
    yield from ((VALUE, value) for value in _unlisted_values(place))
    yield from ((BOUND, value) for value in _beyond_bounds(place))
    if isinstance(place.value, str):
        yield from ((TEXT, value) for value in _wrong_texts(place))
    if isinstance(place.value, list):
        yield from ((ITEMS, value) for value in _wrong_lists(place.value, place))
    if isinstance(place.value, dict):
        yield from ((PROPERTIES, value) for value in _wrong_objects(place.value, place))
    if not is_text and place.types and "null" not in place.types:
        yield NULL, None


def _wrong_types(place: ValuePlace, count: int, *, is_text: bool) -> list[object]:
    if is_text:
        return [text for name in place.types for text in WRONG_TYPE_TEXTS.get(name, ())]
    wrong = [
        value
        for name in place.types
        for value in WRONG_TYPE_VALUES.get(name, ())
        if type_name(value) not in place.types
    ]
    return wrong[:count]


def _unlisted_values(place: ValuePlace) -> Iterator[object]:
    """Yield values that differ a little from the listed ones, in their letter case for example."""
    listed = [value for values in place.stated("enum") for value in values]
    for value in [*place.stated("const"), *listed[:2]]:
        if isinstance(value, str):
            yield from (value.upper(), value.capitalize(), value.lower(), f"{value}x", "")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            numbers = [one for one in listed if isinstance(one, int | float)]
            yield max([value, *numbers]) + 1


def _beyond_bounds(place: ValuePlace) -> Iterator[object]:
    if isinstance(place.value, bool) or not isinstance(place.value, int | float):
        return
    for keyword, step in (
        ("minimum", -1),
        ("maximum", 1),
        ("exclusiveMinimum", 0),
        ("exclusiveMaximum", 0),
    ):
        yield from (bound + step for bound in place.stated(keyword))
    for step in place.stated("multipleOf"):
        yield place.value + step / 2 if step != 1 else place.value + 0.5


def _wrong_texts(place: ValuePlace) -> Iterator[object]:
    for least in place.stated("minLength"):
        yield "a" * max(least - 1, 0)
    for most in place.stated("maxLength"):
        if most < _MAX_TEXT_LENGTH:
            yield "a" * (most + 1)
    if place.stated("pattern"):
        yield from _OTHER_TEXTS
    for name in place.stated("format"):
        yield from INVALID_FORMAT_TEXTS.get(name, (OF_NO_FORMAT,))[:3]
        yield ""


def _wrong_lists(value: list[Any], place: ValuePlace) -> Iterator[object]:
    for least in place.stated("minItems"):
        yield value[: max(least - 1, 0)]
    for most in place.stated("maxItems"):
        if value and most < _MAX_ITEMS:
            yield (value * (most // len(value) + 1))[: most + 1]
            yield [*value[:1], *_different_items(value[0], most)]
    if value and any(place.stated("uniqueItems")):
        yield [*value, value[0]]


def _different_items(item: object, count: int) -> list[object]:
    """Return `count` items of the same type, each different where that is possible."""
    if isinstance(item, bool) or not isinstance(item, str | int):
        return [copy.deepcopy(item) for _ in range(count)]
    if isinstance(item, int):
        return [item + number for number in range(1, count + 1)]
    return [f"{item}{number}" for number in range(count)]


def _wrong_objects(value: dict[str, Any], place: ValuePlace) -> Iterator[object]:
    if any(stated is False for stated in place.stated("additionalProperties")):
        yield {**value, UNKNOWN_PROPERTY: "hookproof"}
    if place.stated("minProperties"):
        yield {}
    for stated in place.stated("propertyNames"):
        sample = next(iter(value.values()), "hookproof")
        yield from ({**value, name: sample} for name in _odd_names(stated))
    for most in place.stated("maxProperties"):
        if most < _MAX_ITEMS:
            extra = {f"{UNKNOWN_PROPERTY}{n}": "hookproof" for n in range(most + 1)}
            yield {**value, **extra}


def _odd_names(schema: object) -> Iterator[str]:
    """Yield property names that may break the schema of `propertyNames`."""
    if not isinstance(schema, dict):
        return
    if schema.get("maxLength", _MAX_TEXT_LENGTH) < _MAX_TEXT_LENGTH:
        yield "a" * (schema["maxLength"] + 1)
    if "pattern" in schema:
        yield from _OTHER_TEXTS
