"""Targets of requests that change something: which of them a run creates itself. Pure.

A run changes and deletes only what it created, unless the user allows more.
"""

import re
from collections.abc import Container, Iterator

from contracts.model.selection import IncompleteOperation
from openapi.contract import Contract, Link, Operation
from openapi.parameters import path_parameter_names
from openapi.runtime_expression import RuntimeExpression

ALLOW_DESTRUCTIVE_HINT = "pass --allow-destructive"
NOT_CREATED_REASON = "the run cannot create its target"


def changes_target(contract: Contract, operation: Operation) -> bool:
    """Return whether `operation` changes or deletes what its path names.

    PUT, PATCH and DELETE do. A POST below an item does, such as `POST /orders/{id}/cancel`, unless
    it creates something there: its path has items, 201 is documented, or a link leads to what it
    made. Every other POST creates.
    """
    if operation.is_safe:
        return False
    if operation.method != "POST":
        return True
    below_item = bool(path_parameter_names(operation.path))
    return below_item and not (
        _has_items(contract, operation)
        or "201" in operation.responses
        or any(_leads_to_new(contract, operation, link) for link in _links(operation))
    )


def holds_nothing(contract: Contract, operation: Operation) -> bool:
    """Return whether the contract knows of nothing at the path that another method could delete.

    The path has no parameter, no operation reads it, and none is on an item of it.
    """
    reads = any(o.is_safe and o.path == operation.path for o in contract.operations)
    has_parameters = bool(path_parameter_names(operation.path))
    return not (has_parameters or reads or _has_items(contract, operation))


def _has_items(contract: Contract, operation: Operation) -> bool:
    items = f"{_plain(operation.path)}/{{}}"
    return any(_plain(o.path).startswith(items) for o in (*contract.operations, *contract.excluded))


def _leads_to_new(contract: Contract, operation: Operation, link: Link) -> bool:
    """Return whether `link` leads to something else than what the path of `operation` names."""
    known = {o.id: o for o in (*contract.operations, *contract.excluded)}
    target = known.get(link.operation)
    names = path_parameter_names(target.path) if target else []
    if target is None or not names:
        return False
    value = dict(link.values).get(names[-1])
    made = value is not None and value.message == "response"
    return made and not _is_within(operation.path, _resource(target.path, len(names)))


def _links(operation: Operation) -> Iterator[Link]:
    for success in operation.responses_caused_by("valid-request"):
        yield from success.links


def _plain(path: str) -> str:
    """Return `path` without its final slash and the names of its parameters."""
    return re.sub(r"\{[^{}]*\}", "{}", path).rstrip("/")


def _resource(path: str, count: int) -> str:
    """Return the plain path up to its parameter number `count`."""
    return "{}".join(_plain(path).split("{}")[:count]) + "{}"


def _is_within(path: str, resource: str) -> bool:
    return _plain(path) == resource or _plain(path).startswith(f"{resource}/")


class OwnTargets:
    """Targets that a run creates, and the operations that it refuses for lack of one."""

    def __init__(
        self, contract: Contract, untested: Container[str] = (), *, allow_destructive: bool = False
    ) -> None:
        """Take the ids of the operations that the run cannot test for another reason."""
        self._contract = contract
        self._untested = untested
        self._allow_destructive = allow_destructive
        self._known: dict[str, IncompleteOperation | None] = {}

    def refused(self) -> tuple[IncompleteOperation, ...]:
        """Return the operations that get no request, because they may change what others own."""
        found = (self._refusal(o) for o in self._contract.operations if self._is_tested(o))
        return tuple(one for one in found if one is not None)

    def creates(self, operation: Operation) -> bool:
        """Return whether the run creates what the path of `operation` names.

        The last path parameter must name something that the run made; the others may be those with
        which it was made.
        """
        names = path_parameter_names(operation.path)
        return bool(names) and all(
            self._is_own(operation, name) or (name != names[-1] and self._is_outer(operation, name))
            for name in names
        )

    def _is_tested(self, operation: Operation) -> bool:
        return operation.accepts_valid_requests and operation.id not in self._untested

    def _refusal(self, operation: Operation) -> IncompleteOperation | None:
        if self._allow_destructive:
            return None
        if operation.id not in self._known:
            # In a cycle of links no operation creates the first resource.
            self._known[operation.id] = self._refused(operation, NOT_CREATED_REASON)
            self._known[operation.id] = self._find_refusal(operation)
        return self._known[operation.id]

    def _find_refusal(self, operation: Operation) -> IncompleteOperation | None:
        if changes_target(self._contract, operation) and not self.creates(operation):
            return self._refused(operation, NOT_CREATED_REASON)
        made = self._contract.find_creator(operation)
        if made is None or made[1].is_inferred or self._refusal(made[0]) is None:
            return None
        return self._refused(operation, f"it needs a resource of {made[0].id}, which is not tested")

    def _refused(self, operation: Operation, reason: str) -> IncompleteOperation:
        left_out = (
            creator.id
            for creator in self._contract.excluded
            if any(link.operation == operation.id for link in _links(creator))
        )
        creator_id = next(left_out, None)
        other = f"pass --operation {creator_id} too, or --allow-destructive"
        hint = ALLOW_DESTRUCTIVE_HINT if creator_id is None else other
        return IncompleteOperation(operation.id, "not exercised", reason, judged=False, hint=hint)

    def _is_own(self, operation: Operation, name: str) -> bool:
        """Return whether the path parameter `name` gets the name of what the run made."""
        creator, value = self._source(operation, name)
        if creator is None or value is None:
            return False
        if not self._is_tested(creator) or self._refusal(creator) is not None:
            return False
        if (value.message, value.part) == ("request", "path"):
            return self._is_own(creator, value.where)
        count = path_parameter_names(operation.path).index(name) + 1
        resource = _resource(operation.path, count)
        if _is_within(creator.path, resource):
            # What a success names may be the item that the request was for.
            return self._is_own(creator, path_parameter_names(creator.path)[count - 1])
        if creator.method not in ("POST", "PUT"):
            return False
        # A value of the request may be that of another resource, which the new one refers to.
        return value.message == "response" or f"{_plain(creator.path)}/{{}}" == resource

    def _is_outer(self, operation: Operation, name: str) -> bool:
        """Return whether the path parameter `name` is one with which the resource was made."""
        creator, value = self._source(operation, name)
        if creator is None or value is None:
            return False
        count = path_parameter_names(operation.path).index(name) + 1
        by_path = (value.message, value.part) == ("request", "path")
        return by_path or _is_within(creator.path, _resource(operation.path, count))

    def _source(
        self, operation: Operation, name: str
    ) -> tuple[Operation | None, RuntimeExpression | None]:
        made = self._contract.find_creator(operation)
        return (None, None) if made is None else (made[0], dict(made[1].values).get(name))
