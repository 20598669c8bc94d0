"""Plan of an object: the properties that its schemas state, and the schemas of each property."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from openapi.generation.alternatives import Schemas
from openapi.schemas.direction import needed_properties
from openapi.schemas.patterns import pattern_test

Json = Any


class ObjectPlan:
    """Properties of the objects that satisfy several schemas at once."""

    def __init__(self, schemas: Sequence[Mapping[str, Json]], direction: str | None) -> None:
        """Take schemas without branches, and the direction that leaves out properties."""
        self._schemas = schemas
        self._direction = direction

    @cached_property
    def names(self) -> Sequence[str]:
        """Names in `properties`, in the order of the schemas."""
        return list(dict.fromkeys(n for s in self._schemas for n in s.get("properties", ())))

    @cached_property
    def required(self) -> Sequence[str]:
        """Names of the properties that the object needs in this direction."""
        needed = (needed_properties(schema, self._direction) for schema in self._schemas)
        return list(dict.fromkeys(name for names in needed for name in names))

    @property
    def least(self) -> int:
        """Least number of properties."""
        return int(max((s.get("minProperties", 0) for s in self._schemas), default=0))

    @property
    def most(self) -> int | None:
        """Greatest number of properties, or None."""
        stated = [s["maxProperties"] for s in self._schemas if "maxProperties" in s]
        return int(min(stated)) if stated else None

    def schemas_of(self, name: str) -> Schemas:
        """Return the schemas that apply to the value of the property `name`."""
        found = [part for schema in self._schemas for part in _schemas_of(schema, name)]
        if not found:
            found = [
                schema["unevaluatedProperties"]
                for schema in self._schemas
                if "unevaluatedProperties" in schema
            ]
        return tuple(found)

    def dependents(self, present: Iterable[str]) -> Iterator[str]:
        """Yield the names that the properties in `present` need beside them."""
        for schema in self._schemas:
            stated = schema.get("dependentRequired", {})
            for name in present:
                yield from stated.get(name, ())

    def dependent_schemas(self, present: Iterable[str]) -> Schemas:
        """Return the schemas of the object that apply because of the properties in `present`."""
        stated = [schema.get("dependentSchemas", {}) for schema in self._schemas]
        return tuple(part[name] for part in stated for name in present if name in part)

    @property
    def name_schemas(self) -> Schemas:
        """Schemas of the names of properties."""
        return tuple(s["propertyNames"] for s in self._schemas if "propertyNames" in s)

    @property
    def name_patterns(self) -> Sequence[str]:
        """Patterns of names that have a schema."""
        return [p for s in self._schemas for p in s.get("patternProperties", ())]


def _schemas_of(schema: Mapping[str, Json], name: str) -> Iterator[Json]:
    found = False
    if name in schema.get("properties", ()):
        found = True
        yield schema["properties"][name]
    for pattern, part in schema.get("patternProperties", {}).items():
        test = pattern_test(pattern)
        if test is not None and test(name):
            found = True
            yield part
    if not found and "additionalProperties" in schema:
        yield schema["additionalProperties"]
