"""Places of an operation's request body, nested objects included, and cases that vary one place."""

from collections.abc import Iterator
from typing import Any

from contracts.generators.body_properties import body_schema, property_names
from contracts.model.case import Case, ValueFactory
from contracts.model.correlators import property_schema
from openapi.contract import Contract, Json, Operation
from openapi.json_pointer import join_pointer
from openapi.schemas.validation import stated_types

MAX_DEPTH = 6
"""Limit of nested objects, because schemas may be recursive."""


def body_places(
    contract: Contract, operation: Operation, base_body: Json
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield pointer and schema of each property whose parent `base_body` has.

    Of an array of objects, yield the properties of the first item.
    """
    schema = body_schema(operation)
    pending: list[tuple[str, object, int]] = [("", base_body, 0)] if schema else []
    while pending:
        parent, value, depth = pending.pop(0)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            pending.append((join_pointer(parent, 0), value[0], depth))
        if not isinstance(value, dict) or depth == MAX_DEPTH:
            continue
        for name in property_names(contract, schema, parent):
            pointer = join_pointer(parent, name)
            stated = contract.at(property_schema(contract, schema, pointer))
            if isinstance(stated, dict):
                yield pointer, stated
                pending.append((pointer, value.get(name), depth + 1))


def free_text_places(
    contract: Contract, operation: Operation, base_body: Json
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the places of strings that may have any characters."""
    for pointer, stated in body_places(contract, operation, base_body):
        is_limited = {"pattern", "format", "enum", "const"} & stated.keys()
        if "string" in stated_types(stated) and not is_limited:
            yield pointer, stated


def case_at(
    base_body: Json,
    pointer: str,
    description: str,
    value: ValueFactory,
    phase: str = "valid",
) -> Case:
    """Return the case of `base_body` with the value at `pointer` made by `value`."""
    return Case(phase, description, base_body, values={pointer: value})


def fits(stated: dict[str, Any], length: int) -> bool:
    """Return whether the length limits of a string schema allow `length` code points."""
    least, most = stated.get("minLength", 0), stated.get("maxLength", length)
    return bool(least <= length <= most)
