"""Selection of operations: a contract with some of its operations. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase

from openapi.contract import Contract, Json, Operation

MAX_LISTED_OPERATIONS = 5
"""Maximum number of operations that a message lists."""


@dataclass(frozen=True, slots=True)
class OperationSelection:
    """Operations that the user chose; empty: all.

    A value is an operation id, a method, a path, a path with `*`, or a method and a path. `*`
    matches any text, also `/`.
    """

    only: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Return whether anything is left out."""
        return bool(self.only or self.excluded)

    def apply(self, contract: Contract) -> Contract:
        """Return `contract` with the chosen operations and the events that they trigger.

        The document stays whole: references may point into other operations, and other methods of a
        path are still documented. Raise `ValueError` for a value without an operation.
        """
        if not self.is_partial:
            return contract
        known = contract.operations
        only = {o for value in self.only for o in _find(known, value, "--operation")}
        excluded = {o for v in self.excluded for o in _find(known, v, "--exclude-operation")}
        chosen = tuple(o for o in known if (o in only or not self.only) and o not in excluded)
        if not chosen:
            raise ValueError("--exclude-operation leaves no operation: drop one of its values")
        ids = {operation.id for operation in chosen}
        return replace(
            contract,
            operations=chosen,
            events=tuple(e for e in contract.events if not e.operation or e.operation in ids),
            excluded=tuple(o for o in known if o.id not in ids),
        )


EVERY_OPERATION = OperationSelection()


def _find(operations: Iterable[Operation], value: str, option: str) -> list[Operation]:
    """Return the operations that `value` names; raise `ValueError` if there is none."""
    known = list(operations)
    found = [o for o in known if o.id == value] or [o for o in known if _matches(o, value)]
    if not found:
        raise ValueError(f"{option}: no operation matches {value!r}; {_suggestion(known, value)}")
    return found


def _matches(operation: Operation, value: str) -> bool:
    method, _, path = value.partition(" ")
    path = path.strip()
    if not path and method.upper() != operation.method:
        method, path = "", value
    same_method = not method or method.upper() == operation.method
    return same_method and (not path or path == operation.path or fnmatchcase(operation.path, path))


def _suggestion(operations: Iterable[Operation], value: str) -> str:
    """Return a hint for a value without an operation: the most similar one, or some."""
    known = list(dict.fromkeys(name for operation in operations for name in _names(operation)))
    near = get_close_matches(value, known, 1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known are {list_ids(operations)}"


def _names(operation: Operation) -> Iterator[str]:
    yield from (operation.id, operation.path, operation.method)
    yield f"{operation.method} {operation.path}"


def list_ids(operations: Iterable[Operation]) -> str:
    """Return the ids of `operations`, of many only the first."""
    ids = [operation.id for operation in operations]
    more = len(ids) - MAX_LISTED_OPERATIONS
    rest = f" and {more} more" if more > 0 else ""
    return f"{', '.join(ids[:MAX_LISTED_OPERATIONS])}{rest}"


def selected_document(contract: Contract) -> Json:
    """Return the document of `contract` with the paths of its operations only."""
    if not contract.excluded:
        return contract.document
    left_out = {(o.path, o.method.lower()) for o in contract.excluded}
    paths = {
        path: {key: value for key, value in item.items() if (path, key) not in left_out}
        for path, item in contract.document["paths"].items()
    }
    kept = {operation.path for operation in contract.operations}
    return {**contract.document, "paths": {p: item for p, item in paths.items() if p in kept}}
