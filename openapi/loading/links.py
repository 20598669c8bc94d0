"""Links of responses: which of them the harness can follow. Pure.

A link leads to the path of another operation, so it must name one and fill its path parameters. A
link that would close a cycle is left out: no operation could create the first resource.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from openapi.complaint import Complaint
from openapi.contract import Link, Operation, ResponseSpec
from openapi.json_pointer import join_pointer
from openapi.parameters import path_parameter_names
from openapi.runtime_expression import RuntimeExpression, parse_expression


@dataclass(frozen=True, slots=True)
class StatedLink:
    """Link as a response of the document states it."""

    pointer: str
    key: str
    """`operationId` or `operationRef`."""
    target: str
    values: tuple[tuple[str, RuntimeExpression], ...]
    """Parameter -> value, without constants and expressions that need more than the exchange."""


def read_link(pointer: str, link: Mapping[str, Any]) -> StatedLink | None:
    """Return the link object at `pointer`, or None if it names no operation."""
    key = next((key for key in ("operationId", "operationRef") if key in link), "")
    target, parameters = link.get(key), link.get("parameters")
    if not isinstance(target, str):
        return None
    values = []
    for parameter, text in parameters.items() if isinstance(parameters, dict) else ():
        try:
            values.append((parameter.removeprefix("path."), parse_expression(text)))
        except (ValueError, TypeError, AttributeError):
            continue
    return StatedLink(pointer, key, target, tuple(values))


def with_links(
    operations: Sequence[Operation], stated: Mapping[str, Sequence[StatedLink]]
) -> tuple[tuple[Operation, ...], list[Complaint]]:
    """Return `operations` with their usable links, and a complaint about each other link.

    `stated` has the links by the pointer of their response.
    """
    selection = _Selection(operations, stated)
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

    def __init__(
        self, operations: Sequence[Operation], stated: Mapping[str, Sequence[StatedLink]]
    ) -> None:
        self.complaints: list[Complaint] = []
        self._stated = stated
        self._by_id = {operation.id: operation for operation in operations}
        self._by_pointer = {operation.pointer: operation for operation in operations}
        self._linked: dict[str, set[str]] = {}

    def usable(self, origin: Operation, response: ResponseSpec) -> Iterator[Link]:
        """Yield the usable links of a response of `origin`."""
        for link in self._stated.get(response.pointer, ()):
            target = self._target(link)
            if target is None:
                continue
            names = path_parameter_names(target.path)
            values = tuple((name, value) for name, value in link.values if name in names)
            missing = [name for name in names if name not in dict(values)]
            if missing:
                message = f"the link gives {missing[0]!r} of {target.path} no value of the exchange"
                edit = "state an expression such as $response.body#/id for it"
                self._complain("link-unused", link.pointer, message, edit)
            elif target.id == origin.id:
                continue  # such as the next page of a list: it creates nothing
            elif self._reaches(target.id, origin.id):
                message = f"the link from {origin.id} to {target.id} closes a cycle of links"
                edit = "remove one link of the cycle, if the harness should follow this one"
                self._complain("link-unused", link.pointer, message, edit)
            else:
                if response.cause.get("kind") == "valid-request":
                    self._linked.setdefault(origin.id, set()).add(target.id)
                yield Link(target.id, values)

    def _target(self, link: StatedLink) -> Operation | None:
        place = join_pointer(link.pointer, link.key)
        if link.key == "operationId":
            found = self._by_id.get(link.target)
        else:
            document, _, pointer = link.target.partition("#")
            if document:
                message = f"{link.target!r} is an operation of another document"
                edit = "link to an operation of this document, if the harness should follow it"
                self._complain("link-unused", place, message, edit)
                return None
            found = self._by_pointer.get(unquote(pointer))
        if found is None:
            message = f"there is no operation {link.target!r}"
            edit = "name an operation of this document"
            self.complaints.append(Complaint("error", "link-target", place, message, edit, "link"))
        return found

    def _complain(self, rule: str, pointer: str, message: str, edit: str) -> None:
        self.complaints.append(Complaint("warning", rule, pointer, message, edit))

    def _reaches(self, start: str, end: str) -> bool:
        pending, seen = [start], {start}
        while pending:
            for following in self._linked.get(pending.pop(), set()) - seen:
                seen.add(following)
                pending.append(following)
        return end in seen
