"""Links that a document does not state, from the paths of a collection and its members.

`POST /items` creates what `GET /items/{itemId}` reads. If the response to the first has the
property `itemId` or `id`, the second can be tried with a resource that exists. For `{item_number}`
it may also be `number`. A wrong guess makes no finding: the request gets a 404, which decides
nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from openapi.contract import Json, Link, Operation
from openapi.json_pointer import get_at, join_pointer
from openapi.parameters import path_parameter_names
from openapi.runtime_expression import RuntimeExpression

_MEMBER = re.compile(r"(?P<collection>.*)/\{(?P<name>[^{}/]+)\}(?:/[^{}]*)?")
"""Path of a member or of something below it: the last parameter is that of the member."""
_LAST_WORD = re.compile(r"[A-Z]*[a-z0-9]+$|[A-Z]+$")
_MAX_DEPTH = 12


def with_inferred_links(
    document: Mapping[str, Json], operations: Sequence[Operation]
) -> tuple[Operation, ...]:
    """Return `operations` with a link to each operation on a member that no link leads to.

    Only responses of operations without stated causes get links: other documents state theirs.
    """
    linked = {
        link.operation
        for operation in operations
        for response in operation.responses.values()
        for link in response.links
    }
    found: dict[str, list[Link]] = {}
    creators = {_plain(o.path): o for o in operations if o.method == "POST"}
    for operation in operations:
        match = _MEMBER.fullmatch(operation.path)
        creator = creators.get(_plain(match["collection"])) if match else None
        if match is None or creator is None or operation.id in linked:
            continue
        if not creator.has_default_causes:
            continue
        identity = _identity(document, creator, match["name"])
        if identity is not None:
            above = _outer_values(creator.path, operation.path)
            link = Link(operation.id, (*above, (match["name"], identity)), is_inferred=True)
            found.setdefault(creator.id, []).append(link)
    return tuple(
        _with_links(operation, found[operation.id]) if operation.id in found else operation
        for operation in operations
    )


def _plain(path: str) -> str:
    """Return `path` without its final slash and the names of its parameters."""
    return re.sub(r"\{[^{}]*\}", "{}", path).rstrip("/")


def _outer_values(creator: str, member: str) -> tuple[tuple[str, RuntimeExpression], ...]:
    """Return the parameters that both paths have, by position."""
    pairs = zip(path_parameter_names(member), path_parameter_names(creator), strict=False)
    return tuple((name, RuntimeExpression("request", "path", known)) for name, known in pairs)


def _identity(
    document: Mapping[str, Json], creator: Operation, name: str
) -> RuntimeExpression | None:
    """Return where a success of `creator` has the value of the path parameter `name`."""
    wanted, last = _letters(name), _LAST_WORD.search(name)
    for response in creator.responses.values():
        if response.cause.get("kind") != "valid-request":
            continue
        for schema in response.content.values():
            known = {_letters(key): key for key in _property_names(document, schema)}
            for candidate in (wanted, last[0].lower() if last else "", "id", "uuid"):
                if candidate in known:
                    pointer = join_pointer("", known[candidate])
                    return RuntimeExpression("response", "body", pointer)
    return None


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _property_names(document: Mapping[str, Json], pointer: str, depth: int = 0) -> Iterator[str]:
    schema = get_at(document, pointer)
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return
    yield from schema.get("properties", {})
    if "$ref" in schema:
        yield from _property_names(document, schema["$ref"][1:], depth + 1)
    for index in range(len(schema.get("allOf", ()))):
        yield from _property_names(document, join_pointer(pointer, "allOf", index), depth + 1)


def _with_links(operation: Operation, links: Sequence[Link]) -> Operation:
    return replace(
        operation,
        responses={
            key: replace(response, links=(*response.links, *links))
            if response.cause.get("kind") == "valid-request"
            else response
            for key, response in operation.responses.items()
        },
    )
