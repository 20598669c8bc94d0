"""Links of responses: which of them the harness can follow. Pure.

A link leads to the path of another operation, so it must name one and fill its path parameters. A
link that would close a cycle is left out: no operation could create the first resource.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from openapi.complaint import Complaint
from openapi.contract import Link, Operation, ResponseSpec
from openapi.json_pointer import join_pointer
from openapi.parameters import path_parameter_names
from openapi.runtime_expression import parse_expression


def read_link(pointer: str, stated: Mapping[str, Any]) -> Link | None:
    """Return the link object at `pointer`, or None if it names no operation.

    Its operation is an operationId, or an operationRef as it is stated.
    """
    target, parameters = stated.get("operationId", stated.get("operationRef")), {}
    if not isinstance(target, str):
        return None
    if isinstance(stated.get("parameters"), dict):
        parameters = stated["parameters"]
    values = []
    for parameter, text in parameters.items():
        try:
            values.append((parameter.removeprefix("path."), parse_expression(text)))
        except (ValueError, TypeError, AttributeError):
            continue  # a constant, or an expression that needs more than the exchange
    return Link(target, tuple(values), pointer=pointer)


def with_usable_links(
    operations: Sequence[Operation],
) -> tuple[tuple[Operation, ...], list[Complaint]]:
    """Return `operations` with their usable links, and a complaint about each other link."""
    selection = _Selection(operations)
    linked = tuple(
        replace(
            operation,
            responses={
                status: replace(response, links=tuple(selection.usable(operation, response)))
                for status, response in operation.responses.items()
            },
        )
        for operation in operations
    )
    return linked, [*dict.fromkeys(selection.complaints)]


class _Selection:
    """Selection of the usable links, in the order of the document."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.complaints: list[Complaint] = []
        self._by_id = {operation.id: operation for operation in operations}
        self._by_pointer = {operation.pointer: operation for operation in operations}
        self._linked: dict[str, set[str]] = {}

    def usable(self, origin: Operation, response: ResponseSpec) -> Iterator[Link]:
        """Yield the usable links of a response of `origin`."""
        for link in response.links:
            target = self._find_target(link)
            if target is None or target.id == origin.id:
                continue  # a link to the same operation is that of a next page: it creates nothing
            names = path_parameter_names(target.path)
            values = tuple((name, value) for name, value in link.values if name in names)
            missing = [name for name in names if name not in dict(values)]
            if missing:
                message = f"the link gives {missing[0]!r} of {target.path} no value of the exchange"
                edit = "state an expression such as $response.body#/id for it"
                self._warn(link.pointer, message, edit)
            elif self._reaches(target.id, origin.id):
                message = f"the link from {origin.id} to {target.id} closes a cycle of links"
                self._warn(link.pointer, message, "remove one link of the cycle")
            else:
                if response.cause.get("kind") == "valid-request":
                    self._linked.setdefault(origin.id, set()).add(target.id)
                yield replace(link, operation=target.id, values=values)

    def _find_target(self, link: Link) -> Operation | None:
        if link.operation in self._by_id:
            return self._by_id[link.operation]
        document, has_pointer, pointer = link.operation.partition("#")
        if has_pointer and document:
            place = join_pointer(link.pointer, "operationRef")
            message = f"{link.operation!r} is an operation of another document"
            self._warn(place, message, "link to an operation of this document")
            return None
        found = self._by_pointer.get(unquote(pointer)) if has_pointer else None
        if found is None:
            message, edit = f"there is no operation {link.operation!r}", "name an existing one"
            self.complaints.append(
                Complaint("error", "link-target", link.pointer, message, edit, "link")
            )
        return found

    def _warn(self, pointer: str, message: str, edit: str) -> None:
        if pointer:  # an inferred link has none
            self.complaints.append(Complaint("warning", "link-unused", pointer, message, edit))

    def _reaches(self, start: str, end: str) -> bool:
        pending, seen = [start], {start}
        while pending:
            for following in self._linked.get(pending.pop(), set()) - seen:
                seen.add(following)
                pending.append(following)
        return end in seen
