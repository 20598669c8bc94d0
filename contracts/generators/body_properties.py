"""Properties of an operation's request body, and cases that vary one of them."""

from collections.abc import Iterator, Sequence
from typing import Any

from contracts.model.case import Case, ValueFactory
from contracts.model.correlators import property_schema
from openapi.contract import Contract, Operation
from openapi.json_pointer import join_pointer
from openapi.schemas.places import places_at


def body_properties(
    contract: Contract, operation: Operation
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each property of the request body with its schema; follow references and `allOf`."""
    schema = body_schema(operation)
    for name in property_names(contract, schema):
        found = contract.at(property_schema(contract, schema, join_pointer("", name)))
        if isinstance(found, dict):
            yield name, found


def required_properties(contract: Contract, operation: Operation) -> Sequence[str]:
    """Return the names that the schema of the request body requires."""
    members = _members(contract, body_schema(operation), "")
    return tuple(dict.fromkeys(name for stated in members for name in stated.get("required", ())))


def property_names(contract: Contract, schema: str, instance: str = "") -> Sequence[str]:
    """Return the names of the properties that an object has at `instance`.

    `schema` is the pointer of the schema of the whole value.
    """
    names = (
        name
        for stated in _members(contract, schema, instance)
        for name, property_schema in stated.get("properties", {}).items()
        if isinstance(property_schema, dict)
    )
    return tuple(dict.fromkeys(names))


def _members(contract: Contract, schema: str, instance: str) -> list[dict[str, Any]]:
    """Return the schema of the value at `instance`, and those that it joins with `allOf`."""
    places = places_at(contract.document, schema, instance, ("allOf",)) if schema else []
    return [stated for place in places if isinstance(stated := contract.at(place), dict)]


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
