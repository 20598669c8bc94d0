"""Places of a value at every depth, with the schemas that apply to each. Pure."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openapi.contract import Contract
from openapi.examples import generate_value
from openapi.json_pointer import get_at, join_pointer, set_at, split_pointer
from openapi.schemas.validation import stated_types

MAX_DEPTH = 8
"""Limit of nested values, because schemas may be recursive."""
MAX_PLACES = 400
"""Limit of the places of one value."""
MAX_ADDITIONAL = 2
"""Limit of the properties of one map: all have the same schema."""
ADDITIONAL_PROPERTY = "hookproof"
"""Name of a property that a map without one gets."""
_MAX_REFERENCES = 12


@dataclass(frozen=True, slots=True)
class ValuePlace:
    """Place in a valid value."""

    pointer: str
    root: object
    """Whole value that has the place."""
    value: object
    schemas: tuple[tuple[str, Mapping[str, Any]], ...]
    """Pointer and keywords of each schema that applies to `value`."""
    is_last_item: bool = False
    """Whether the place is a further item of an array, after the valid ones."""

    @property
    def depth(self) -> int:
        """Number of objects and arrays around the place."""
        return len(split_pointer(self.pointer))

    def stated(self, keyword: str) -> list[Any]:
        """Return the value of `keyword` in each schema that has it."""
        return [schema[keyword] for _, schema in self.schemas if keyword in schema]

    @property
    def types(self) -> list[str]:
        """Types that the first schema with `type` allows; empty: any type."""
        return next((stated_types(schema) for _, schema in self.schemas if "type" in schema), [])

    def with_value(self, value: object) -> object:
        """Return the whole value with another one at the place."""
        if not self.pointer:
            return value
        changed = copy.deepcopy(self.root)
        set_at(changed, self.pointer, value)
        return changed


def value_places(contract: Contract, schema: str, base: object) -> Iterator[ValuePlace]:
    """Yield each place of `base`, a valid value of the schema at the pointer `schema`.

    Of an array, yield the first item, and a further one at the end. A property that `base` lacks
    gets a generated value.
    """
    pending = [ValuePlace("", base, base, _schemas_of(contract, schema, base))]
    for count, place in enumerate(pending):
        if count >= MAX_PLACES:
            return
        yield place
        if place.depth < MAX_DEPTH and not place.is_last_item:
            pending += _places_below(contract, place)


def _places_below(contract: Contract, place: ValuePlace) -> Iterator[ValuePlace]:
    if isinstance(place.value, list) and place.value:
        item = place.value[0]
        found = [join_pointer(at, "items") for at, schema in place.schemas if "items" in schema]
        if found:
            schemas = _all_schemas(contract, found, item)
            yield ValuePlace(join_pointer(place.pointer, 0), place.root, item, schemas)
            longer = place.with_value([*place.value, item])
            last = join_pointer(place.pointer, len(place.value))
            yield ValuePlace(last, longer, item, schemas, is_last_item=True)
    if not isinstance(place.value, dict):
        return
    by_name: dict[str, list[str]] = {}
    for at, schema in place.schemas:
        for name in schema.get("properties", {}):
            by_name.setdefault(name, []).append(join_pointer(at, "properties", name))
        if isinstance(schema.get("additionalProperties"), dict):
            for name in _additional_names(place):
                by_name.setdefault(name, []).append(join_pointer(at, "additionalProperties"))
    for name, found in by_name.items():
        pointer = join_pointer(place.pointer, name)
        root, value = place.root, place.value.get(name)
        if name not in place.value:
            value = generate_value(contract, get_at(contract.document, found[0]))
            if not all(contract.schema(at).is_valid(value) for at in found):
                continue
            root = place.with_value({**place.value, name: value})
        yield ValuePlace(pointer, root, value, _all_schemas(contract, found, value))


def _additional_names(place: ValuePlace) -> list[str]:
    """Return the names of the object that no schema lists; if there are none, one for a sample."""
    listed = {name for names in place.stated("properties") for name in names}
    if place.stated("patternProperties"):
        return []  # A name may have another schema.
    found = [name for name in place.value if name not in listed]  # type: ignore[attr-defined]
    return found[:MAX_ADDITIONAL] or [ADDITIONAL_PROPERTY]


def _all_schemas(
    contract: Contract, pointers: list[str], value: object
) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    return tuple(one for pointer in pointers for one in _schemas_of(contract, pointer, value))


def _schemas_of(
    contract: Contract, pointer: str, value: object, references: int = 0
) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Return the schemas at `pointer` that apply to `value`: references and combinations too."""
    stated = get_at(contract.document, pointer)
    if not isinstance(stated, dict) or references > _MAX_REFERENCES:
        return ()
    below = [join_pointer(pointer, "allOf", n) for n in range(len(stated.get("allOf", ())))]
    if isinstance(stated.get("$ref"), str):
        below.append(stated["$ref"][1:])
    for keyword in ("anyOf", "oneOf"):
        choices = [join_pointer(pointer, keyword, n) for n in range(len(stated.get(keyword, ())))]
        below += [choice for choice in choices if contract.schema(choice).is_valid(value)][:1]
    return (
        (pointer, stated),
        *(one for place in below for one in _schemas_of(contract, place, value, references + 1)),
    )
