"""Boundary values: the outermost valid values of a schema, which a faulty service rejects. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mock_server.faults.derived.schema_walk import Subschema, values_at
from openapi.contract import Contract, Json
from openapi.examples import generate_value
from openapi.schemas.validation import stated_types, type_name

_UNKNOWN_PROPERTY = "unknownProperty"


@dataclass(frozen=True, slots=True)
class BoundaryValue:
    """Values of one place that a fault rejects although the contract allows them."""

    name_words: tuple[str, ...]
    description: str
    is_rejected: Callable[[Json], bool]
    sample: Json
    """One of these values."""


def boundary_values(contract: Contract, part: Subschema, base: Json) -> Iterator[BoundaryValue]:
    """Yield what a fault may reject at the place of `part`; `base` is a valid body.

    A value may be invalid, or an allowed rejection may cover it: the caller checks both.
    """
    current = next((value for _, value in values_at(base, part.place)), None)
    yield from _text_lengths(part)
    yield from _number_bounds(part)
    yield from _array_lengths(contract, part, current)
    yield from _object_properties(part, current)
    yield from _values_and_types(contract, part, current)


def place_text(place: tuple[str, ...]) -> str:
    """Return a place as part of a sentence."""
    return "".join(f"/{token}" for token in place) or "the body"


def _text_lengths(part: Subschema) -> Iterator[BoundaryValue]:
    schema = part.schema
    if (
        "string" not in stated_types(schema)
        or {"pattern", "format", "enum", "const"} & schema.keys()
    ):
        return
    lengths = {"minLength": schema.get("minLength", 0), "maxLength": schema.get("maxLength")}
    if lengths["minLength"] == lengths["maxLength"]:
        return
    for keyword, length in lengths.items():
        if length is not None:
            description = f"a string of {length} characters at {place_text(part.place)}"
            is_rejected = _equals(lambda v: len(v) if isinstance(v, str) else None, length)
            yield BoundaryValue((keyword, "stricter"), description, is_rejected, "a" * length)


def _number_bounds(part: Subschema) -> Iterator[BoundaryValue]:
    for keyword in ("minimum", "maximum"):
        bound = part.schema.get(keyword)
        if bound is not None and part.schema.get("minimum") != part.schema.get("maximum"):
            description = f"{bound} at {place_text(part.place)}"
            yield BoundaryValue((keyword, "stricter"), description, _equals(_number, bound), bound)


def _number(value: Json) -> Json:
    return value if type_name(value) in ("integer", "number") else None


def _array_lengths(contract: Contract, part: Subschema, current: Json) -> Iterator[BoundaryValue]:
    schema = part.schema
    if "array" not in stated_types(schema):
        return
    counts = {"minItems": schema.get("minItems", 0), "maxItems": schema.get("maxItems")}
    if counts["minItems"] == counts["maxItems"]:
        return
    items = (
        current
        if isinstance(current, list) and current
        else [generate_value(contract, schema.get("items"))]
    )
    for keyword, count in counts.items():
        if count is not None:
            description = f"{count} items at {place_text(part.place)}"
            is_rejected = _equals(lambda v: len(v) if isinstance(v, list) else None, count)
            sample = (items * count)[:count]
            yield BoundaryValue((keyword, "stricter"), description, is_rejected, sample)


def _object_properties(part: Subschema, current: Json) -> Iterator[BoundaryValue]:
    schema = part.schema
    listed = schema.get("properties", {})
    if not isinstance(current, dict) or not listed:
        return
    for name in listed:
        if name not in schema.get("required", ()):
            without = {key: value for key, value in current.items() if key != name}
            description = f"{place_text(part.place)} without {name}"
            yield BoundaryValue((name, "required"), description, _lacks(name), without)
    if "additionalProperties" not in schema and "patternProperties" not in schema:
        description = f"additional properties of {place_text(part.place)}"
        extended = {**current, _UNKNOWN_PROPERTY: 1}
        yield BoundaryValue(
            ("additional-properties", "rejected"),
            description,
            _has_other_properties(listed),
            extended,
        )


def _values_and_types(
    contract: Contract, part: Subschema, current: Json
) -> Iterator[BoundaryValue]:
    schema = part.schema
    types = stated_types(schema)
    values = schema.get("enum", [False, True] if "boolean" in types else [])
    for value in values if len(values) > 1 else ():
        description = f"{value!r} at {place_text(part.place)}"
        yield BoundaryValue(
            ("value", str(value), "rejected"), description, _is_exactly(value), value
        )
    for name in types if len(types) > 1 else ():
        stand_in = {"type": name, "items": schema.get("items", {})}
        sample = None if name == "null" else generate_value(contract, stand_in)
        sample = current if type_name(current) == name else sample
        description = f"a value of type {name} at {place_text(part.place)}"
        yield BoundaryValue(("type", name, "rejected"), description, _has_type(name), sample)
    if part.optional and len(types) < 2 and part.place:
        sample = generate_value(contract, schema) if current is None else current
        yield BoundaryValue(
            ("rejected",), f"{place_text(part.place)}", lambda value: value is not None, sample
        )


def _equals(measure: Callable[[Json], Json], bound: Json) -> Callable[[Json], bool]:
    return lambda value: bool(measure(value) == bound)


def _is_exactly(expected: Json) -> Callable[[Json], bool]:
    return lambda value: type(value) is type(expected) and value == expected


def _has_type(name: str) -> Callable[[Json], bool]:
    return lambda value: type_name(value) == name


def _lacks(name: str) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, dict) and name not in value


def _has_other_properties(listed: Json) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, dict) and not value.keys() <= set(listed)
