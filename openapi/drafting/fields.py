"""Fields of a JSON value by its schema: the properties, those of nested objects too."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from openapi.json_pointer import get_at, join_pointer
from openapi.schemas.direction import RESPONSE

MAX_FIELDS = 500
_MAX_DEPTH = 4
_MAX_SCHEMAS = 50


@dataclass(frozen=True, slots=True)
class Field:
    """Property of an object."""

    parent: str
    """Pointer of the object in the value."""
    name: str
    schema: str
    """Pointer of the property's schema in the contract, as its object states it."""
    types: frozenset[str]
    """Types other than null; empty if the schema allows all."""
    format: str
    items: frozenset[str]
    """Types of the items of an array."""
    is_required: bool
    """Whether each value has the property."""
    is_constant: bool
    """Whether the schema lists the values."""

    @property
    def pointer(self) -> str:
        """Pointer of the property in the value."""
        return join_pointer(self.parent, self.name)

    @property
    def is_comparable(self) -> bool:
        """Whether two values of the property can be compared: scalars, or an array of them."""
        parts = self.types | self.items if self.types == {"array"} else self.types
        scalars = {"string", "integer", "number", "boolean"}
        return bool(parts - {"array"}) and parts <= scalars | {"array"}

    def fits(self, other: "Field") -> bool:
        """Return whether both can have equal values: common types, and no different formats."""
        numbers = {"integer", "number"}
        common = self.types & other.types or (self.types & numbers and other.types & numbers)
        formats = {self.format, other.format} - {""}
        return bool(common) and len(formats) < 2


class FieldReader:
    """Reader of the fields of values, for one document; it reads each schema once."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._known: dict[tuple[str, str], tuple[Field, ...]] = {}

    def fields_of(self, schema: str, direction: str = RESPONSE) -> tuple[Field, ...]:
        """Return the fields of a value with the schema at the pointer `schema`, outer ones first.

        Leave out those that `direction` hides (see `openapi.schemas.direction`), and of a large
        schema the last ones.
        """
        *_, place = schemas_at(self.document, [schema], ())
        key = place, direction
        if key not in self._known:
            found = islice(_fields(self.document, place, "", 1, True), MAX_FIELDS)
            self._known[key] = tuple(
                field
                for field in found
                if not any(
                    one.get(direction) is True for one in _stated(self.document, field.schema)
                )
            )
        return self._known[key]


def _stated(document: Mapping[str, Any], schema: str) -> list[Mapping[str, Any]]:
    """Return the schema objects at `schema`, with what they refer to or combine."""
    members = schemas_at(document, [schema], ("allOf", "anyOf", "oneOf"))
    return [value for place in members if isinstance(value := get_at(document, place), dict)]


def _fields(
    document: Mapping[str, Any], schema: str, parent: str, depth: int, required: bool
) -> Iterator[Field]:
    members = schemas_at(document, [schema], ("allOf",))
    needed = {name for place in members for name in _names(document, f"{place}/required")}
    nested = []
    seen: set[str] = set()
    for place in members:
        for name in _names(document, f"{place}/properties"):
            if name in seen:
                continue
            seen.add(name)
            below = join_pointer(place, "properties", name)
            is_required = required and name in needed
            found = _field(document, parent, name, below, is_required)
            yield found
            if found.types in (frozenset(["object"]), frozenset()) and depth < _MAX_DEPTH:
                nested.append((below, found.pointer, is_required))
    for below, pointer, is_required in nested:
        for one in schemas_at(document, [below], ("allOf", "anyOf", "oneOf")):
            if get_at(document, f"{one}/properties").__class__ is dict:
                yield from _fields(document, one, pointer, depth + 1, is_required)
                break


def _field(
    document: Mapping[str, Any], parent: str, name: str, schema: str, is_required: bool
) -> Field:
    members = schemas_at(document, [schema], ("allOf", "anyOf", "oneOf"))
    stated = _stated(document, schema)
    items = [f"{place}/items" for place in members]
    return Field(
        parent,
        name,
        schema,
        types=frozenset(t for value in stated for t in _types(value)),
        format=next((str(value["format"]) for value in stated if "format" in value), ""),
        items=frozenset(
            t
            for place in schemas_at(document, items, ("allOf", "anyOf", "oneOf"))
            if isinstance(value := get_at(document, place), dict)
            for t in _types(value)
        ),
        is_required=is_required,
        is_constant=any("const" in value or "enum" in value for value in stated),
    )


def _types(schema: Mapping[str, Any]) -> Iterator[str]:
    stated = schema.get("type", ())
    yield from (t for t in ([stated] if isinstance(stated, str) else stated) if t != "null")
    if "type" not in schema and "properties" in schema:
        yield "object"
    if "type" not in schema and "const" in schema:
        names = {str: "string", bool: "boolean", int: "integer", float: "number"}
        yield names.get(type(schema["const"]), "object")


def schemas_at(
    document: Mapping[str, Any], places: Iterable[str], combinations: tuple[str, ...]
) -> list[str]:
    """Return `places` with the schemas that they refer to or combine, without duplicates."""
    found = [*places]
    for place in found:
        stated = get_at(document, place)
        if not isinstance(stated, dict) or len(found) > _MAX_SCHEMAS:
            continue
        named = [stated["$ref"][1:]] if isinstance(stated.get("$ref"), str) else []
        for key in combinations:
            listed = stated.get(key)
            count = len(listed) if isinstance(listed, list) else 0
            named += [join_pointer(place, key, index) for index in range(count)]
        found += [other for other in named if other not in found]
    return found


def _names(document: Mapping[str, Any], place: str) -> list[str]:
    found = get_at(document, place)
    return [n for n in found if isinstance(n, str)] if isinstance(found, list | dict) else []
