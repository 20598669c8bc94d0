"""Walk over the schema of a request body: each subschema and each constraint. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from openapi.contract import Contract, Json
from openapi.examples import draw_value
from openapi.json_pointer import MISSING, get_at, is_array_index, join_pointer
from openapi.schemas.direction import needed_properties
from openapi.schemas.formats import FORMATS
from openapi.schemas.validation import stated_types
from openapi.serialization.text_values import text_types

JSON_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_SINGLE_CONSTRAINT_KEYWORDS = (
    "const",
    "enum",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "format",
    "maxItems",
    "minItems",
    "maxProperties",
    "minProperties",
    "propertyNames",
    "contains",
    "anyOf",
    "oneOf",
    "not",
)
"""Keywords that are one constraint each."""
_VALUE_LIST_KEYWORDS = {"const", "enum"}
_MAX_DEPTH = 8
ANY_ITEM = "*"
"""Token of a place that matches every item of an array."""


@dataclass(frozen=True, slots=True)
class Subschema:
    """Place in a body and a schema that applies there."""

    place: tuple[str, ...]
    """Tokens of the place; `ANY_ITEM` matches the items of an array."""
    pointer: str
    """Pointer to the schema in the contract."""
    schema: dict[str, Json]
    optional: bool
    """True for a property that is not required."""


@dataclass(frozen=True, slots=True)
class SchemaConstraint:
    """Single constraint on a body."""

    place: tuple[str, ...]
    keyword: str
    detail: str
    """Property name for `required`, the forbidden type for `type`, else `*`."""
    severity: str


def walk_subschemas(
    contract: Contract,
    pointer: str,
    place: tuple[str, ...] = (),
    depth: int = 0,
    *,
    optional: bool = False,
) -> Iterator[Subschema]:
    """Yield each place that the schema at `pointer` describes, with its subschema."""
    schema = get_at(contract.document, pointer)
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return
    if "$ref" in schema:
        yield from walk_subschemas(
            contract, schema["$ref"][1:], place, depth + 1, optional=optional
        )
    yield Subschema(place, pointer, schema, optional)
    for index in range(len(schema.get("allOf", ()))):
        within = join_pointer(pointer, "allOf", index)
        yield from walk_subschemas(contract, within, place, depth + 1, optional=optional)
    for name in schema.get("properties", {}):
        yield from walk_subschemas(
            contract,
            join_pointer(pointer, "properties", name),
            (*place, name),
            depth + 1,
            optional=name not in schema.get("required", ()),
        )
    if isinstance(schema.get("items"), dict):
        yield from walk_subschemas(
            contract, join_pointer(pointer, "items"), (*place, ANY_ITEM), depth + 1
        )


_OTHER_LENGTHS = {"minLength": ("maxLength", -1), "maxLength": ("minLength", 1)}
"""Keyword of a length -> keyword and difference of the lengths that break it."""


def schema_constraints(
    contract: Contract, pointer: str, direction: str | None = None
) -> Iterator[SchemaConstraint]:
    """Yield each constraint of the schema at `pointer` once.

    `direction` leaves out required properties, as `readOnly` ones of a request.
    If a place has `enum` or `const`, yield only that: a value that breaks another keyword breaks it
    too.
    """
    seen: set[tuple[tuple[str, ...], str, str]] = set()
    every = list(walk_subschemas(contract, pointer))
    listed = {part.place for part in every if _VALUE_LIST_KEYWORDS & part.schema.keys()}
    for part in every:
        for keyword, detail in _keyword_details(part.schema, direction):
            if part.place in listed and keyword not in _VALUE_LIST_KEYWORDS:
                continue
            if keyword in _OTHER_LENGTHS and not _breaks_length_alone(contract, part, keyword):
                continue
            if (part.place, keyword, detail) not in seen:
                seen.add((part.place, keyword, detail))
                known = contract.provenance(join_pointer(part.pointer, keyword), detail)
                yield SchemaConstraint(part.place, keyword, detail, known.severity)


def _breaks_length_alone(contract: Contract, part: Subschema, keyword: str) -> bool:
    """Return whether a text breaks the length but not the pattern or format beside it.

    Without one, a service that ignores the length still refuses each text of another length.
    """
    beside = {key: part.schema[key] for key in ("pattern", "format") if key in part.schema}
    if not beside:
        return True
    bound, step = _OTHER_LENGTHS[keyword]
    other = part.schema[keyword] + step
    if other < 0:
        return False
    return draw_value(contract, {"type": "string", **beside, bound: other}).is_valid


def breaks_as_text(contract: Contract, pointer: str, constraint: SchemaConstraint) -> bool:
    """Return whether a text in a parameter or form can break the constraint of the schema.

    A string is the only wrong type that a client can send. Each text is a string, an array of one
    item and the content of a file, and no text is an empty array.
    """
    parts = [part for part in walk_subschemas(contract, pointer) if part.place == constraint.place]
    if any(text_types(contract.document, part.pointer, levels=0).is_binary for part in parts):
        return False
    if constraint.keyword == "minItems":
        return all(part.schema.get("minItems") != 1 for part in parts)
    types = {name for part in parts for name in stated_types(part.schema)}
    is_string = constraint.detail == "string" and not types & {"array", "object"}
    return is_string or constraint.keyword != "type"


def _keyword_details(schema: dict[str, Json], direction: str | None) -> Iterator[tuple[str, str]]:
    for name in needed_properties(schema, direction):
        yield "required", name
    if "type" in schema:
        allowed = stated_types(schema)
        for name in JSON_TYPES:
            covered = name == "integer" and "number" in allowed
            if name not in allowed and not covered:
                yield "type", name
    for keyword in _SINGLE_CONSTRAINT_KEYWORDS:
        is_annotation = keyword == "format" and schema.get("format") not in FORMATS
        if keyword in schema and not is_annotation:
            yield keyword, "*"
    if schema.get("uniqueItems"):
        yield "uniqueItems", "*"
    if schema.get("additionalProperties") is False:
        yield "additionalProperties", "*"


def values_at(value: Json, place: tuple[str, ...], at: str = "") -> Iterator[tuple[str, Json]]:
    """Yield pointer and value of each part of `value` that `place` matches."""
    if not place:
        yield at, value
        return
    first, rest = place[0], place[1:]
    if first == ANY_ITEM:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from values_at(item, rest, join_pointer(at, index))
    elif isinstance(value, dict):
        item = value.get(first, MISSING)
        if item is not MISSING:
            yield from values_at(item, rest, join_pointer(at, first))


def matches_path(place: tuple[str, ...], tokens: list[str]) -> bool:
    """Check whether `place` matches the tokens of a pointer."""
    return len(place) == len(tokens) and all(
        expected == token or (expected == ANY_ITEM and is_array_index(token))
        for expected, token in zip(place, tokens, strict=True)
    )
