"""Consistency checks between the parts of a contract, which JSON Schema cannot express."""

from collections.abc import Iterable, Iterator

from openapi.contract import Contract, Operation
from openapi.json_pointer import get_at, join_pointer, split_pointer
from openapi.parameters import path_parameter_names
from openapi.runtime_expression import parse_expression


def inconsistencies(contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield the pointer and the description of each inconsistency."""
    for operation in contract.operations:
        yield from _parameter_errors(operation)
        yield from _link_errors(contract, operation)
        yield from _circular_links(contract, operation)
    yield from _trigger_errors(contract)


def _parameter_errors(operation: Operation) -> Iterator[tuple[str, str]]:
    named = path_parameter_names(operation.path)
    stated = [p for p in operation.parameters if p.location == "path"]
    for name in {*named} - {p.name for p in stated}:
        yield (
            operation.pointer,
            f"the path has {name!r}, but there is no path parameter of this name",
        )
    for parameter in operation.parameters:
        if parameter.location == "path" and parameter.name not in named:
            yield parameter.pointer, f"the path {operation.path} has no {{{parameter.name}}}"
        if parameter.location == "path" and not parameter.required:
            yield parameter.pointer, "a path parameter needs `required: true`"


def _link_errors(contract: Contract, operation: Operation) -> Iterator[tuple[str, str]]:
    ids = {other.id: other for other in contract.operations}
    for response in operation.responses.values():
        for link in response.links:
            place = join_pointer(response.pointer, "links")
            if link.operation not in ids:
                yield place, f"there is no operation {link.operation!r}"
                continue
            needed = path_parameter_names(ids[link.operation].path)
            for name, _ in link.values:
                if name not in needed:
                    yield place, f"{link.operation} has no path parameter {name!r}"
            if response.cause.get("kind") == "valid-request":
                for name in {*needed} - {name for name, _ in link.values}:
                    yield place, f"the path parameter {name!r} of {link.operation} is not linked"


def _circular_links(contract: Contract, operation: Operation) -> Iterator[tuple[str, str]]:
    above = [operation]
    while (made := contract.find_creator(above[-1])) is not None:
        if made[0] in above:
            yield (
                operation.pointer,
                "the links form a cycle: no operation creates the first resource",
            )
            return
        above.append(made[0])


def _trigger_errors(contract: Contract) -> Iterator[tuple[str, str]]:
    ids = [operation.id for operation in contract.operations]
    seen: set[tuple[str, str]] = set()
    for event in contract.events:
        place = join_pointer(event.pointer, "x-hookproof-trigger", "operation")
        cause = (event.trigger["operation"], event.trigger["status"])
        if cause[0] not in ids:
            yield place, f"there is no operation {cause[0]!r}"
        for index, echo in enumerate(event.trigger.get("echoes", ())):
            made = echo.get("correlator", "identity") != "identity"
            if made and not parse_expression(echo["from"]).in_request_body:
                where = join_pointer(
                    event.pointer, "x-hookproof-trigger", "echoes", index, "correlator"
                )
                yield where, "a correlator other than `identity` needs an echo from `$request.body`"
        order = event.trigger.get("occurred-at")
        if order is not None and not _has_date_time(contract, event.schema, order):
            where = join_pointer(event.pointer, "x-hookproof-trigger", "occurred-at")
            yield where, f"the payload schema has no date-time at {order}"
        if cause in seen:
            yield (
                place,
                f"{cause[1]} of {cause[0]} triggers another event; a response triggers only one",
            )
        seen.add(cause)


def _has_date_time(contract: Contract, schema: str, instance: str) -> bool:
    """Return whether `schema` has a date-time at `instance`, a path of properties."""
    places = _with_subschemas(contract, [schema])
    for token in split_pointer(instance):
        below = [join_pointer(place, "properties", token) for place in places]
        places = _with_subschemas(contract, below)
    return any(
        get_at(contract.document, join_pointer(place, "format")) == "date-time" for place in places
    )


def _with_subschemas(contract: Contract, schemas: Iterable[str]) -> list[str]:
    """Return `schemas` and the schemas that they reference or combine, without duplicates."""
    found = list(schemas)
    for place in found:
        stated = get_at(contract.document, place)
        if not isinstance(stated, dict):
            continue
        lists = [(key, len(stated.get(key, ()))) for key in ("allOf", "anyOf", "oneOf")]
        named = [join_pointer(place, key, index) for key, count in lists for index in range(count)]
        if "$ref" in stated:
            named.append(stated["$ref"][1:])
        found += [other for other in named if other not in found]
    return found
