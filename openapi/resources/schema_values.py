"""Meaning of values in a schema, for the comparison of two schemas. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openapi.json_pointer import get_at, join_pointer
from openapi.schemas.direction import HIDDEN_KEYS
from openapi.schemas.places import places_at, with_members

_KINDS = ("type", "format", "enum", "const", "contentEncoding")
"""Keywords that say what a value means; bounds only say which values are valid."""
_NUMBERS = frozenset(["integer", "number"])


@dataclass(frozen=True, slots=True)
class ValueSchema:
    """Schemas that apply to one value of a body."""

    places: tuple[str, ...]
    """Pointers of the schemas, references followed."""
    stated: tuple[Mapping[str, Any], ...]

    @property
    def types(self) -> frozenset[str]:
        """Types other than null; empty: any type."""
        found: set[str] = set()
        for schema in self.stated:
            types = schema.get("type", ())
            found.update([types] if isinstance(types, str) else types)
            if "type" not in schema and "properties" in schema:
                found.add("object")
        return frozenset(found - {"null"})

    @property
    def format(self) -> str:
        """Format of the value, or empty."""
        return next((str(one["format"]) for one in self.stated if "format" in one), "")

    def has(self, keyword: str) -> bool:
        """Return whether a schema has the keyword, and it is not false."""
        return any(one.get(keyword) not in (None, False) for one in self.stated)

    @property
    def listed_values(self) -> tuple[Any, ...] | None:
        """Values that `enum` or `const` list, or None."""
        for schema in self.stated:
            if "const" in schema:
                return (schema["const"],)
            if isinstance(schema.get("enum"), list):
                return tuple(value for value in schema["enum"] if value is not None)
        return None

    def shares_component(self, other: "ValueSchema") -> bool:
        """Return whether one component describes both values."""
        common = set(self.places) & set(other.places)
        return any(place.startswith("/components/") for place in common)

    def is_same_kind(self, other: "ValueSchema") -> bool:
        """Return whether both say the same of what the value means: its type, format and names."""
        if self.types != other.types or self.format != other.format:
            return False
        one, two = self.listed_values, other.listed_values
        return (one is None) == (two is None) and set(map(repr, one or ())) == set(
            map(repr, two or ())
        )

    def fits(self, other: "ValueSchema") -> bool:
        """Return whether both can have equal values.

        They have common types, no different formats, and a common value if both list theirs.
        """
        numbers = self.types & _NUMBERS and other.types & _NUMBERS
        common = not self.types or not other.types or self.types & other.types or numbers
        one, two = self.listed_values, other.listed_values
        if one is not None and two is not None and not {*map(repr, one)} & {*map(repr, two)}:
            return False
        return bool(common) and len({self.format, other.format} - {""}) < 2


class SchemaReader:
    """Reader of the values that the schemas of one document describe."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._known: dict[tuple[str, str], ValueSchema] = {}

    def at(self, schema: str, instance: str = "") -> ValueSchema:
        """Return the schemas of the value at `instance` of a value with the schema at `schema`."""
        found = self._known.get((schema, instance))
        if found is None:
            places = places_at(self._document, schema, instance)
            stated = [get_at(self._document, place) for place in places]
            found = ValueSchema(tuple(places), tuple(s for s in stated if isinstance(s, dict)))
            self._known[schema, instance] = found
        return found

    def properties(self, schema: str, instance: str = "") -> list[str]:
        """Return the names of the properties of the object at `instance`."""
        found: dict[str, None] = {}
        for one in self.at(schema, instance).stated:
            names = one.get("properties")
            found.update(dict.fromkeys(names if isinstance(names, dict) else ()))
        return [*found]

    def items(self, schema: str, instance: str) -> str | None:
        """Return the pointer of the schema of the items of the array at `instance`, or None."""
        for place in self.at(schema, instance).places:
            below = join_pointer(place, "items")
            if isinstance(get_at(self._document, below), dict):
                return below
        return None

    def members(self, place: str) -> Sequence[str]:
        """Return the pointers of the schema at `place` and of those that it refers to."""
        return with_members(self._document, [place])

    def required(self, schema: str, instance: str, direction: str) -> frozenset[str]:
        """Return the names of the properties that each object at `instance` has."""
        return frozenset(self._required(schema, instance, direction))

    def _required(self, schema: str, instance: str, direction: str) -> Iterator[str]:
        for one in self.at(schema, instance).stated:
            hidden = one.get(HIDDEN_KEYS[direction], ())
            names = one.get("required")
            yield from (n for n in (names if isinstance(names, list) else ()) if n not in hidden)
