"""Properties of an operation's request body, and cases that vary one of them."""

from collections.abc import Iterator
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
    for name in contract.at(schema).get("properties", {}):
        yield name, contract.at(property_schema(contract, schema, join_pointer("", name)))


def body_schema(operation: Operation) -> str:
    """Return the pointer of the request body's schema."""
    return next(iter(operation.content.values()))


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
