"""Constraints that no value can keep: equal branches of a `oneOf`, and recursion without end.

Such a constraint is a fault of the document, because no service could conform to it. It is left
out: an equal branch becomes `false`, and the property that closes a recursion is not required.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from openapi.complaint import Complaint
from openapi.json_pointer import get_at, join_pointer
from openapi.schemas.formats import FORMATS

Json = Any
_ANNOTATIONS = frozenset(
    ["title", "description", "default", "example", "examples", "deprecated", "$comment",
     "externalDocs", "xml", "readOnly", "writeOnly"]
)  # fmt: skip


def remove_impossible_constraints(
    document: Mapping[str, Json], schemas: Iterable[tuple[str, dict[str, Json]]]
) -> Iterator[Complaint]:
    """Remove what no value can keep from `schemas`, each with its pointer; yield the complaints."""
    recursion = _Recursion(document)
    for pointer, schema in schemas:
        yield from _remove_equal_branches(document, pointer, schema)
        yield from recursion.end(pointer, schema)


def _remove_equal_branches(
    document: Mapping[str, Json], pointer: str, schema: dict[str, Json]
) -> Iterator[Complaint]:
    branches = schema.get("oneOf", [])
    known: dict[str, int] = {}
    for index, branch in enumerate(branches):
        if branch is False:
            continue
        first = known.setdefault(_constraints_text(document, branch), index)
        if first != index:
            branches[index] = False
            yield Complaint(
                "error",
                "equal-branches",
                join_pointer(pointer, "oneOf", index),
                f"this branch has the same constraints as branch {first} of the oneOf, "
                "so that no value can match only one of them",
                "give each branch a constraint that the others exclude, such as a `const`, "
                "or write anyOf",
                "constraint",
            )


def _constraints_text(document: Mapping[str, Json], branch: Json) -> str:
    """Return the constraints of `branch` as text; a reference within it counts as its target."""
    seen: set[int] = set()
    while isinstance(branch, dict) and [*_constraints(branch)] == ["$ref"]:
        if id(branch) in seen:
            break
        seen.add(id(branch))
        branch = get_at(document, branch["$ref"])
    return json.dumps(_only_constraints(branch), sort_keys=True)


def _only_constraints(schema: Json) -> Json:
    """Return `schema` without annotations, at every depth."""
    if not isinstance(schema, dict):
        return schema
    found = _constraints(schema)
    for keyword, value in found.items():
        if keyword in ("properties", "patternProperties", "dependentSchemas", "$defs"):
            found[keyword] = {name: _only_constraints(below) for name, below in value.items()}
        elif keyword in ("allOf", "anyOf", "oneOf", "prefixItems"):
            found[keyword] = [_only_constraints(below) for below in value]
        elif isinstance(value, dict) and keyword not in ("const", "dependentRequired"):
            found[keyword] = _only_constraints(value)
    return found


def _constraints(schema: Mapping[str, Json]) -> dict[str, Json]:
    return {
        keyword: value
        for keyword, value in schema.items()
        if keyword not in _ANNOTATIONS
        and not keyword.startswith("x-")
        and (keyword != "format" or value in FORMATS)
    }


class _Recursion:
    """Search for required properties that need the schema again in which they lie."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        self._document = document
        self._finite: set[int] = set()
        """Ids of schemas that have a finite value."""

    def end(self, pointer: str, schema: dict[str, Json]) -> Iterator[Complaint]:
        """Make each property optional that requires `schema` again; yield the complaints."""
        if schema.get("type") != "object":
            return
        for name in [*schema.get("required", ())]:
            below = schema.get("properties", {}).get(name)
            if self._is_finite(below, frozenset([id(schema)]), frozenset()):
                continue
            schema["required"] = [other for other in schema["required"] if other != name]
            yield Complaint(
                "error",
                "endless-recursion",
                join_pointer(pointer, "required"),
                f"{name!r} requires this schema again, and so on without end: "
                "no value is large enough",
                f"make {name!r} optional or nullable",
                "constraint",
            )

    def _is_finite(self, schema: Json, above: frozenset[int], here: frozenset[int]) -> bool:
        """Return whether a value of `schema` needs none of the schemas in `above`.

        `above` has the ids of the schemas of the values around it, `here` those of this value.
        """
        if not isinstance(schema, dict) or id(schema) in self._finite or id(schema) in here:
            return True
        if id(schema) in above:
            return False
        here |= {id(schema)}
        is_finite = "enum" in schema or "const" in schema or (
            all(self._is_finite(one, above, here) for one in self._parts(schema))
            and all(
                any(self._is_finite(branch, above, here) for branch in schema[keyword])
                for keyword in ("anyOf", "oneOf")
                if keyword in schema
            )
            and all(
                self._is_finite(one, above | here, frozenset()) for one in _needed_below(schema)
            )
        )  # fmt: skip
        if is_finite:
            self._finite.add(id(schema))
        return is_finite

    def _parts(self, schema: Mapping[str, Json]) -> Iterator[Json]:
        """Yield the schemas that apply to the same value."""
        target = [get_at(self._document, schema["$ref"])] if "$ref" in schema else []
        return chain(target, schema.get("allOf", ()))


def _needed_below(schema: Mapping[str, Json]) -> Iterator[Json]:
    """Yield the schemas of the properties and items that a value has in any case."""
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        yield from (properties.get(name) for name in schema.get("required", ()))
    if schema.get("type") == "array" and schema.get("minItems", 0) > 0:
        yield schema.get("items")
