"""Schemas that combine each other for one value: inheritance, and combinations without end.

A validator would never end with them. A base schema that lists its children in `oneOf` or `anyOf`,
while each child has the base in `allOf`, is usual, so the children take the base without its list.
Any other cycle is a fault of the document, and its last reference is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from openapi.complaint import Complaint
from openapi.json_pointer import get_at, join_pointer
from openapi.loading.structure import FIELDS

Json = Any
_BRANCHES = ("oneOf", "anyOf")
_BASE_ONLY = frozenset([*_BRANCHES, "discriminator"])
"""Keywords of a base schema that say which children it has."""


def separate_bases(document: Mapping[str, Json], schemas: Iterable[Mapping[str, Json]]) -> None:
    """Let each child of a base schema take the base without the list of its children."""
    for base in schemas:
        for branch in chain.from_iterable(base.get(keyword, ()) for keyword in _BRANCHES):
            for part in _inherited(document, branch):
                reference = part.get("$ref")
                if reference is not None and get_at(document, reference) is base:
                    _take_without_children(part, base, reference)


def _inherited(document: Mapping[str, Json], schema: Json) -> Iterator[dict[str, Json]]:
    """Yield the members of the `allOf` of `schema`, and those of what it inherits."""
    pending, seen = [schema], set[int]()
    while pending:
        part = pending.pop()
        if not isinstance(part, dict) or id(part) in seen:
            continue
        seen.add(id(part))
        members = [member for member in part.get("allOf", ()) if isinstance(member, dict)]
        yield from members
        pending += members
        if "$ref" in part:
            pending.append(get_at(document, part["$ref"]))


def _take_without_children(part: dict[str, Json], base: Mapping[str, Json], reference: str) -> None:
    """Replace the reference of `part` by the keywords of `base`, and references to its schemas."""
    taken = {
        keyword: _with_references(keyword, value, f"{reference}{join_pointer('', keyword)}")
        for keyword, value in base.items()
        if keyword not in _BASE_ONLY
    }
    del part["$ref"]
    if part:
        part["allOf"] = [*part.get("allOf", ()), taken]
    else:
        part.update(taken)


def _with_references(keyword: str, value: Json, reference: str) -> Json:
    """Return the value of a keyword, in which each schema is a reference to the original."""
    field = FIELDS["schema"].get(keyword)
    if field is None or field.kind != "schema":
        return value

    def referring(below: Json, *path: str | int) -> Json:
        is_object = isinstance(below, dict)
        return {"$ref": f"{reference}{join_pointer('', *path)}"} if is_object else below

    if isinstance(value, list):
        return [referring(below, index) for index, below in enumerate(value)]
    if field.shape == "map":
        return {name: referring(below, name) for name, below in value.items()}
    return referring(value)


def end_combinations(
    document: Mapping[str, Json], schemas: Iterable[tuple[str, dict[str, Json]]]
) -> Iterator[Complaint]:
    """Remove the references that close a cycle of combinations; yield the complaints."""
    known = [*schemas]
    search = _CycleSearch(document, {id(schema): pointer for pointer, schema in known})
    for _, schema in known:
        yield from search.end(schema)


class _CycleSearch:
    """Depth-first search through what schemas combine, which visits each schema once."""

    def __init__(self, document: Mapping[str, Json], pointers: Mapping[int, str]) -> None:
        self._document = document
        self._pointers = pointers
        self._done: set[int] = set()

    def end(self, schema: dict[str, Json]) -> Iterator[Complaint]:
        """Remove the references below `schema` that lead back to a schema above them."""
        if id(schema) in self._done:
            return
        above = {id(schema)}
        stack = [(schema, self._edges(schema))]
        while stack:
            holder, edges = stack[-1]
            for target, branches, index in edges:
                if id(target) in above:
                    yield self._cut(holder, branches, index)
                elif id(target) not in self._done:
                    above.add(id(target))
                    stack.append((target, self._edges(target)))
                    break
            else:
                stack.pop()
                above.discard(id(holder))
                self._done.add(id(holder))

    def _edges(self, schema: dict[str, Json]) -> Iterator[tuple[dict[str, Json], list[Json], int]]:
        """Yield the schemas that apply to the same value.

        Each is with the list of branches that refers to it and its index in there, or an empty list
        for a reference of `schema` itself.
        """
        if isinstance(target := self._target(schema), dict):
            yield target, [], 0
        for keyword in ("allOf", *_BRANCHES):
            for index, member in enumerate(schema.get(keyword, ())):
                if not isinstance(member, dict):
                    continue
                is_branch = keyword in _BRANCHES and "$ref" in member
                below = self._target(member) if is_branch else member
                if isinstance(below, dict):
                    yield below, schema[keyword] if is_branch else [], index

    def _target(self, schema: Mapping[str, Json]) -> Json:
        return get_at(self._document, schema["$ref"]) if "$ref" in schema else None

    def _cut(self, holder: dict[str, Json], branches: list[Json], index: int) -> Complaint:
        """Remove the reference, or the branch that is one."""
        place = self._pointers.get(id(branches[index] if branches else holder), "")
        if branches:
            branches[index] = False
        else:
            del holder["$ref"]
        return Complaint(
            "error",
            "endless-recursion",
            join_pointer(place, "$ref"),
            "this reference leads back to the schema that it is combined with",
            "remove it, or refer to a part of that schema",
            "constraint",
        )
