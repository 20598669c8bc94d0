"""Properties of an operation's request body, and cases that vary one of them."""

from collections.abc import Iterator, Sequence
from typing import Any

from contracts.model.case import Case, ValueFactory
from contracts.model.correlators import property_schema
from openapi.contract import Contract, Operation
from openapi.json_pointer import join_pointer


def body_properties(
    contract: Contract, operation: Operation
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each property of the request body with its schema; follow references."""
    schema = body_schema(operation)
    stated = contract.at(schema) if schema else {}
    for name in stated.get("properties", {}) if isinstance(stated, dict) else ():
        found = contract.at(property_schema(contract, schema, join_pointer("", name)))
        if isinstance(found, dict):
            yield name, found


def required_properties(contract: Contract, operation: Operation) -> Sequence[str]:
    """Return the names that the schema of the request body requires."""
    stated = contract.at(body_schema(operation)) if body_schema(operation) else {}
    return stated.get("required", ()) if isinstance(stated, dict) else ()


def body_schema(operation: Operation) -> str:
    """Return the pointer of the request body's schema; empty without one."""
    return (operation.body.schema if operation.body else None) or ""


def case_with_property(
    base_body: dict[str, Any],
    name: str,
    description: str,
    value: ValueFactory,
    phase: str = "negative",
) -> Case:
    """Return the case of `base_body` with the property `name` made by `value`."""
    return Case(
        phase, description, {**base_body, name: None}, values={join_pointer("", name): value}
    )


def array_items(value: object) -> list[object]:
    """Return the items of an array, or an empty list for another value."""
    return list(value) if isinstance(value, list) else []
