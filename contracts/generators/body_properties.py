"""The properties of an operation's request body, and plans that vary one of them."""

from collections.abc import Iterator
from typing import Any

from contracts.model.case import Plan, Value
from contracts.model.correlators import subschema
from openapi.contract import Contract, Operation
from openapi.json_pointer import join


def properties(contract: Contract, operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each property of the request body and its schema, references followed."""
    schema = body_schema(operation)
    for name in contract.at(schema).get("properties", {}):
        yield name, contract.at(subschema(contract, schema, join("", name)))


def body_schema(operation: Operation) -> str:
    """Return where the contract states the schema of the request body."""
    return next(iter(operation.content.values()))


def types_of(stated: dict[str, Any]) -> list[str]:
    """Return the types that a schema allows; none stated is an empty list."""
    types = stated.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def varied(
    base: dict[str, Any], name: str, description: str, value: Value, block: str = "negative"
) -> Plan:
    """Return the plan of `base` with the property `name` made by `value`."""
    return Plan(block, description, {**base, name: None}, values={join("", name): value})


def items_of(value: object) -> list[object]:
    """Return the items of an array, or none of anything else."""
    return list(value) if isinstance(value, list) else []
