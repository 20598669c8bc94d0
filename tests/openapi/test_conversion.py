"""Conversion of values: lenient parsers read another type, but no value beyond a bound."""

import json
from typing import Any

import pytest

from openapi.loading.loader import parse_contract
from openapi.requests.conversion import is_convertible


def may_be_converted(schema: dict[str, Any], value: object) -> bool:
    document = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {}}
    components = {"schemas": {"It": {"properties": {"x": schema}}}}
    text = json.dumps({**document, "components": components})
    compiled = parse_contract("a.json", text).schema("/components/schemas/It")
    violations = compiled.violations({"x": value})
    assert violations
    return is_convertible(compiled, {"x": value}, violations)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, "5"),
        ({"type": "string"}, 5),
        ({"type": "boolean"}, 1),
        ({"type": "string", "format": "date-time"}, "2026-01-02"),
        ({"type": "string", "format": "uri", "maxLength": 30}, "no URI"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "5"),
    ],
)
def test_a_value_of_another_type_or_format_may_be_converted(
    schema: dict[str, Any], value: object
) -> None:
    assert may_be_converted(schema, value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "maxLength": 8}, "a" * 9),
        ({"type": "string", "minLength": 3}, "a"),
        ({"type": "string", "pattern": "^https"}, "a"),
        ({"type": "integer", "minimum": 1}, 0),
        ({"type": "number", "multipleOf": 2}, 3),
        ({"type": "string", "maxLength": 1}, True),
        ({"type": "integer"}, "five"),
        ({"type": "integer"}, None),
    ],
)
def test_a_value_beyond_a_bound_is_not_converted(schema: dict[str, Any], value: object) -> None:
    assert not may_be_converted(schema, value)
