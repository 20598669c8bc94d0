"""What the JSON Schema of the dialect cannot see: whether the parts of a contract fit together."""

from collections.abc import Iterable, Iterator

from openapi.contract import Contract, Operation
from openapi.json_pointer import get, join, split
from openapi.parameters import SCALARS, names_in
from openapi.runtime_expression import parse

_OF_HTTP = frozenset(["accept", "content-type", "authorization"])
"""Header parameters of these names are ignored by OpenAPI (section 4.8.12.2)."""


def misfits(contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield the pointer of each part that does not fit, and a sentence."""
    for operation in contract.operations:
        yield from _parameters(operation)
        yield from _bodies(contract, operation)
        yield from _answers(contract, operation)
        yield from _makers(contract, operation)
    yield from _triggers(contract)


def _bodies(contract: Contract, operation: Operation) -> Iterator[tuple[str, str]]:
    for schema in operation.content.values():
        if contract.at(schema).get("type") != "object":
            yield schema, "the body of a request has a schema of `type: object`"


def _parameters(operation: Operation) -> Iterator[tuple[str, str]]:
    named = names_in(operation.path)
    stated = [p for p in operation.parameters if p.place == "path"]
    for name in {*named} - {p.name for p in stated}:
        yield operation.pointer, f"the path names {name!r}, and no path parameter is called so"
    for parameter in operation.parameters:
        if parameter.place == "path" and parameter.name not in named:
            yield parameter.pointer, f"the path {operation.path} has no {{{parameter.name}}}"
        if parameter.place == "path" and not parameter.required:
            yield parameter.pointer, "a path parameter has `required: true`"
        if parameter.place == "header" and parameter.name.lower() in _OF_HTTP:
            yield parameter.pointer, f"{parameter.name} is no parameter to OpenAPI; leave it out"
        if not parameter.types or set(parameter.types) - SCALARS:
            known = ", ".join(sorted(SCALARS))
            yield parameter.schema, f"the schema of a parameter has a `type` out of {known}"


def _answers(contract: Contract, operation: Operation) -> Iterator[tuple[str, str]]:
    ids = {other.id: other for other in contract.operations}
    for response in operation.responses.values():
        for link in response.links:
            place = join(response.pointer, "links")
            if link.operation not in ids:
                yield place, f"there is no operation {link.operation!r}"
                continue
            needed = names_in(ids[link.operation].path)
            for name, _ in link.values:
                if name not in needed:
                    yield place, f"{link.operation} has no path parameter {name!r}"
            if response.provoke.get("by") == "valid-request":
                for name in {*needed} - {name for name, _ in link.values}:
                    yield place, f"the path parameter {name!r} of {link.operation} is not linked"


def _makers(contract: Contract, operation: Operation) -> Iterator[tuple[str, str]]:
    above = [operation]
    while (made := contract.maker(above[-1])) is not None:
        if made[0] in above:
            yield operation.pointer, "links in a circle: nothing can be made that it is about"
            return
        above.append(made[0])


def _triggers(contract: Contract) -> Iterator[tuple[str, str]]:
    ids = [operation.id for operation in contract.operations]
    seen: set[tuple[str, str]] = set()
    for event in contract.events:
        place = join(event.pointer, "x-trigger", "operation")
        cause = (event.trigger["operation"], event.trigger["status"])
        if cause[0] not in ids:
            yield place, f"there is no operation {cause[0]!r}"
        for index, echo in enumerate(event.trigger.get("echoes", ())):
            made = echo.get("correlator", "identity") != "identity"
            if made and not parse(echo["from"]).in_request_body:
                where = join(event.pointer, "x-trigger", "echoes", index, "correlator")
                yield where, "only in the request's body can a value be put; is it an `identity`?"
        order = event.trigger.get("order")
        if order is not None and not _says_when(contract, event.schema, order):
            where = join(event.pointer, "x-trigger", "order")
            yield where, f"the schema of the payload has no date-time at {order}"
        if cause in seen:
            yield (
                place,
                f"{cause[1]} of {cause[0]} fires another event already; one answer, one event",
            )
        seen.add(cause)


def _says_when(contract: Contract, schema: str, instance: str) -> bool:
    """Say whether `schema` states a date-time at `instance`, through properties alone."""
    places = _alternatives(contract, [schema])
    for token in split(instance):
        below = [join(place, "properties", token) for place in places]
        places = _alternatives(contract, below)
    return any(get(contract.document, join(place, "format")) == "date-time" for place in places)


def _alternatives(contract: Contract, schemas: Iterable[str]) -> list[str]:
    """Return `schemas` and all that is said in their stead or besides, each once."""
    found = list(schemas)
    for place in found:
        stated = get(contract.document, place)
        if not isinstance(stated, dict):
            continue
        lists = [(key, len(stated.get(key, ()))) for key in ("allOf", "anyOf", "oneOf")]
        named = [join(place, key, index) for key, count in lists for index in range(count)]
        if "$ref" in stated:
            named.append(stated["$ref"][1:])
        found += [other for other in named if other not in found]
    return found
