"""Plan of an array: its number of items, and the schemas of each item."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openapi.generation.alternatives import Schemas

Json = Any


class ArrayPlan:
    """Items of the arrays that satisfy several schemas at once."""

    def __init__(
        self, schemas: Sequence[Mapping[str, Json]], negated: Callable[[Json], Json]
    ) -> None:
        """Take schemas without branches, and a function that returns the negation of a schema."""
        self._schemas = schemas
        self._excluded = [
            negated(schema["contains"])
            for schema in schemas
            if "contains" in schema and "maxContains" in schema
        ]
        self._contained = [
            schema["contains"]
            for schema in schemas
            if "contains" in schema
            for _ in range(int(schema.get("minContains", 1)))
        ]

    @property
    def least(self) -> int:
        """Least number of items."""
        stated = [schema.get("minItems", 0) for schema in self._schemas]
        return int(max([*stated, len(self._contained)]))

    @property
    def most(self) -> int | None:
        """Greatest number of items, or None."""
        stated = [schema["maxItems"] for schema in self._schemas if "maxItems" in schema]
        return int(min(stated)) if stated else None

    @property
    def usual(self) -> int:
        """Number of items that shows each schema: one, or those that have a place."""
        return max([1, *(len(schema.get("prefixItems", ())) for schema in self._schemas)])

    @property
    def is_unique(self) -> bool:
        """Whether no two items may be equal."""
        return any(schema.get("uniqueItems") for schema in self._schemas)

    def schemas_at(self, index: int) -> Schemas:
        """Return the schemas that apply to the item at `index`."""
        found: list[Json] = []
        for schema in self._schemas:
            placed = schema.get("prefixItems", ())
            if index < len(placed):
                found.append(placed[index])
            elif "items" in schema:
                found.append(schema["items"])
            elif "unevaluatedItems" in schema:
                found.append(schema["unevaluatedItems"])
        others = self._contained[index : index + 1] or self._excluded
        return (*found, *others)
