"""Alternatives of the schemas that apply to one value.

An alternative is a list of schemas without references, `allOf`, `anyOf`, `oneOf`, `if` and `not`,
as far as these can be resolved: one branch is chosen at each of them. A value of the alternative
usually satisfies the schemas; what an alternative leaves out, such as the other branches of a
`oneOf`, the caller checks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openapi.generation.negation import FINAL, negations
from openapi.json_pointer import get_at

Json = Any
Schemas = tuple[Json, ...]
"""Schemas that all apply to one value."""
TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_MAX_DEPTH = 100
_STRUCTURE = frozenset(
    [
        *("$ref", "allOf", "anyOf", "oneOf", "if", "then", "else", "$defs", "discriminator"),
        *("title", "description", "deprecated", "externalDocs", "xml", "readOnly", "writeOnly"),
    ]
)
"""Keywords that do not constrain a value themselves."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Schemas of which each applies to one value, without branches."""

    schemas: tuple[Mapping[str, Json], ...] = ()
    types: tuple[str, ...] | None = None
    """Types that all schemas allow, in the order of the first that states any; None: every type."""
    values: tuple[Json, ...] | None = None
    """Values that `const` and `enum` allow; None without these."""
    followed: frozenset[int] = frozenset()
    """Ids of the schemas that references led to."""

    def with_schema(self, schema: Mapping[str, Json]) -> "Alternative | None":
        """Return the alternative with one more schema; None if no value satisfies both."""
        if _STRUCTURE.issuperset(schema):
            return self
        types, values = self.types, self.values
        if "type" in schema:
            stated = schema["type"]
            types = _common_types(types, [stated] if isinstance(stated, str) else stated)
            if not types:
                return None
        listed = [schema["const"]] if "const" in schema else None
        for allowed in (listed, schema.get("enum")):
            if allowed is not None:
                values = tuple(v for v in allowed if values is None or contains(values, v))
        if values is not None and types is not None:
            values = tuple(value for value in values if has_type(value, types))
        if values is not None and not values:
            return None
        return Alternative((*self.schemas, schema), types, values, self.followed)


def _common_types(known: tuple[str, ...] | None, stated: Sequence[str]) -> tuple[str, ...]:
    if known is None:
        return tuple(stated)
    common = [name for name in known if name in stated]
    for one, other in ((known, stated), (stated, known)):
        if "number" in one and "integer" in other and "number" not in other:
            common.append("integer")
    return tuple(dict.fromkeys(common))


def has_type(value: Json, types: Iterable[str]) -> bool:
    """Return whether `value` has one of `types`."""
    match value:
        case None:
            return "null" in types
        case bool():
            return "boolean" in types
        case int() | float() if value % 1 == 0:
            return not {"integer", "number"}.isdisjoint(types)
        case float():
            return "number" in types
        case str():
            return "string" in types
    return ("array" if isinstance(value, list) else "object") in types


def contains(values: Iterable[Json], value: Json) -> bool:
    """Return whether `values` has `value`, where true is not 1 and 1.0 is 1, as in JSON Schema."""
    return any(equal(one, value) for one in values)


def equal(one: Json, other: Json) -> bool:
    """Return whether two values are equal in JSON Schema."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[k], other[k]) for k in one)
    return bool(one == other)


class AlternativeFinder:
    """Finder of the alternatives of schemas in one document."""

    def __init__(self, document: Mapping[str, Json], *, excludes_branches: bool = False) -> None:
        """Find alternatives; with `excludes_branches` also those that break all other branches."""
        self._document = document
        self._excludes_branches = excludes_branches
        # Each has the schema too, so that its id stays in use.
        self._negations: dict[int, tuple[Json, list[Json]]] = {}
        self._negated_schemas: dict[int, tuple[Json, Json]] = {}

    def alternatives(self, schemas: Schemas, above: frozenset[int]) -> Iterator[Alternative]:
        """Yield the alternatives of `schemas`, those with first branches first.

        Leave out what leads to a schema in `above`, the ids of the referenced schemas that the
        value lies in: a value that needs no recursion is the smallest.
        """
        return self._expand([*reversed(schemas)], [], Alternative(), frozenset(), above, 0)

    def has_flag(self, schemas: Iterable[Json], flag: str) -> bool:
        """Return whether one of `schemas`, or what it refers to, has the annotation `flag`."""
        pending, seen = [*schemas], set[int]()
        while pending:
            schema = pending.pop()
            if not isinstance(schema, dict) or id(schema) in seen:
                continue
            if schema.get(flag) is True:
                return True
            seen.add(id(schema))
            pending += schema.get("allOf", ())
            if "$ref" in schema:
                pending.append(get_at(self._document, schema["$ref"]))
        return False

    def _expand(
        self,
        pending: list[Json],
        choices: list[Iterable[Schemas]],
        made: Alternative,
        seen: frozenset[int],
        above: frozenset[int],
        depth: int,
    ) -> Iterator[Alternative]:
        """Yield the alternatives of `made` with `pending` (the next one last) and `choices`."""
        if depth > _MAX_DEPTH:
            return
        pending, choices = [*pending], [*choices]
        while pending:
            schema = pending.pop()
            if isinstance(schema, _Own):
                grown = made.with_schema(schema.schema)
                if grown is None:
                    return
                made = grown
                continue
            if schema is False:
                return
            if not isinstance(schema, dict) or id(schema) in seen:
                continue
            seen |= {id(schema)}
            below: list[Json] = [*schema.get("allOf", ())]
            if "$ref" in schema:
                target = get_at(self._document, schema["$ref"])
                if id(target) in above:
                    return
                made = Alternative(
                    made.schemas, made.types, made.values, made.followed | {id(target)}
                )
                below.append(target)
            pending.append(_Own(schema))
            pending += reversed(below)
            choices += self._choices(schema)
        if not choices:
            yield made
            return
        first, *others = choices
        for schemas in first:
            yield from self._expand([*reversed(schemas)], others, made, seen, above, depth + 1)

    def _choices(self, schema: Mapping[str, Json]) -> Iterator[Iterable[Schemas]]:
        """Yield, for each keyword with branches, the schemas of each branch."""
        if "anyOf" in schema:
            yield [(branch,) for branch in schema["anyOf"]]
        if "oneOf" in schema:
            branches = [(branch,) for branch in schema["oneOf"]]
            if self._excludes_branches:
                branches += self._exclusive_branches(schema["oneOf"])
            yield branches
        if "if" in schema and ("then" in schema or "else" in schema):
            condition = schema["if"]
            yield [
                (condition, schema.get("then", True)),
                *((other, schema.get("else", True)) for other in self._negate(condition)),
            ]
        if "not" in schema and FINAL not in schema:
            yield [(other,) for other in self._negate(schema["not"])]

    def _exclusive_branches(self, branches: Sequence[Json]) -> list[Schemas]:
        return [
            (branch, *(self.negated(other) for other in branches if other is not branch))
            for branch in branches
        ]

    def negated(self, schema: Json) -> Json:
        """Return a schema that means `not: schema`; the same object each time."""
        key = id(schema)
        if key not in self._negated_schemas:
            self._negated_schemas[key] = (schema, {"not": schema})
        return self._negated_schemas[key][1]

    def _negate(self, schema: Json) -> list[Json]:
        if isinstance(schema, dict) and "$ref" in schema and len(schema) == 1:
            schema = get_at(self._document, schema["$ref"])
        key = id(schema)
        if key not in self._negations:
            self._negations[key] = (schema, negations(schema))
        return self._negations[key][1]


@dataclass(frozen=True, slots=True)
class _Own:
    """Keywords of a schema itself, after those that it refers to."""

    schema: Mapping[str, Json]
