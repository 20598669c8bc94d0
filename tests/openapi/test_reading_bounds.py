"""Bounds of reading a request: many fields, repeated names, and schemas that contain themselves."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from openapi.loading.loader import parse_contract
from openapi.parameters import read_parameters, received_texts
from openapi.requests.body_validation import check_body
from openapi.serialization.bodies import BodyReadings, MediaTypeSpec, read_body, write_body
from openapi.serialization.text_values import text_types

FORM = "application/x-www-form-urlencoded"
MANY = 100_000
MAX_READINGS = 64
"""Number of readings that each request may have at most."""


def contract(media_type: str, schema: Mapping[str, Any], *parameters: Mapping[str, Any]) -> Any:
    operation = {
        "parameters": parameters,
        "requestBody": {"content": {media_type: {"schema": schema}}},
        "responses": {"200": {"description": "fine"}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}}
    return parse_contract("a.json", json.dumps({**document, "paths": {"/a": {"post": operation}}}))


def media_type(name: str, **schema: Any) -> MediaTypeSpec:
    (operation,) = contract(name, {"type": "object", **schema}).operations
    found: MediaTypeSpec = operation.content[name]
    return found


def read_form(text: str, **schema: Any) -> BodyReadings:
    return read_body(media_type(FORM, **schema), FORM, text.encode())


@pytest.mark.parametrize("text", ["1", "a"])
def test_a_form_of_many_unknown_fields_is_read_whole(text: str) -> None:
    found = read_form("&".join(f"f{n}={text}" for n in range(MANY)))
    assert len(found.values) <= MAX_READINGS
    value = found.values[0]
    assert isinstance(value, dict)
    assert list(value) == [f"f{n}" for n in range(MANY)]


def test_a_form_of_many_parts_for_many_declared_fields_is_read_whole() -> None:
    names = [f"p{n}" for n in range(2000)]
    properties = {name: {"type": "integer"} for name in names}
    parts = [f"{name}={n}" for n in range(MANY // len(names)) for name in names]
    found = read_form("&".join(parts), properties=properties)
    assert not found.is_defined
    assert found.values[0] == dict.fromkeys(names, MANY // len(names) - 1)


def test_many_properties_of_one_deep_object_are_read_whole() -> None:
    stated = {"deep": {"type": "object", "additionalProperties": True}}
    spec = contract(FORM, {"type": "object", "properties": stated}).operations[0].content[FORM]
    assert spec.fields["deep"].is_json
    found = read_body(spec, FORM, "&".join(f"deep[{n}]=1" for n in range(MANY)).encode())
    assert len(found.values) <= MAX_READINGS


def test_a_form_with_more_readings_than_the_limit_is_not_defined() -> None:
    assert read_form("&".join(f"f{n}=1" for n in range(16))).is_defined
    assert not read_form("&".join(f"f{n}=1" for n in range(17))).is_defined


def test_a_repeated_field_keeps_its_last_and_its_first_text() -> None:
    found = read_form("&".join(f"a={n}" for n in range(MANY)))
    texts = [value["a"] for value in found.values if isinstance(value, dict)]
    assert len(texts) <= MAX_READINGS
    assert texts[0] == MANY - 1
    assert "0" in texts
    assert not found.is_defined


def test_repeated_parts_of_a_multipart_form_are_bounded() -> None:
    name = "multipart/form-data"
    spec = media_type(name, properties={"a": {"type": ["integer", "string"]}})
    content_type, raw = write_body(spec, {"a": [*range(2000)]})
    found = read_body(spec, content_type, raw)
    assert len(found.values) <= MAX_READINGS
    assert found.values[0] == {"a": 1999}


@pytest.mark.parametrize("location", ["query", "cookie"])
def test_repeated_parameters_are_bounded(location: str) -> None:
    stated = {"name": "a", "in": location, "schema": {"type": ["integer", "string"]}}
    (operation,) = contract(FORM, {}, stated).operations
    text = [f"a={n}%20" for n in range(20_000)]
    query, cookies = ("&".join(text), "") if location == "query" else ("", "; ".join(text))
    texts = received_texts(operation.parameters, {}, query, [("Cookie", cookies)])
    (found,) = read_parameters(operation.parameters, texts).values()
    assert len(found.values) <= MAX_READINGS
    assert not found.is_defined


@pytest.mark.parametrize("is_allowed", [True, False])
def test_a_form_of_many_fields_is_checked(is_allowed: bool) -> None:
    schema = {"type": "object", "additionalProperties": is_allowed}
    made = contract(FORM, schema)
    raw = "&".join(f"f{n}=1" for n in range(MANY)).encode()
    (operation,) = made.operations
    check = check_body(made, operation, operation.content[FORM], FORM, raw, limit=50)
    assert bool(check.violations) != is_allowed
    assert check.is_undecided


class CountedSchema(dict[str, Any]):
    """Schema that counts how often its `$ref` is read."""

    reads = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.reads += key == "$ref"
        return super().get(key, default)


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def types_in(**schemas: dict[str, Any]) -> tuple[tuple[str, ...], int]:
    """Return the types of the schema `a`, and how often the schemas were read."""
    counted = {name: CountedSchema(schema) for name, schema in schemas.items()}
    found = text_types({"components": {"schemas": counted}}, "/components/schemas/a")
    return found.names, sum(schema.reads for schema in counted.values())


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_the_types_of_a_recursive_choice_are_those_of_its_other_alternatives(keyword: str) -> None:
    choice = [reference("a")] * 3 + [{"type": "string"}]
    assert types_in(a={keyword: choice}) == (("string",), 1)


def test_the_types_of_a_recursive_conjunction_are_found_in_one_visit() -> None:
    found = types_in(a={"allOf": [reference("a")] * 3 + [{"type": "object"}]})
    assert found == (("object",), 1)


def test_the_types_of_mutually_recursive_schemas_are_found_in_one_visit_each() -> None:
    names, reads = types_in(
        a={"anyOf": [*[reference("b")] * 3, {"type": "string"}]},
        b={"oneOf": [*[reference("a")] * 3, reference("c")]},
        c={"allOf": [{"type": "integer"}, *[reference("b")] * 3]},
    )
    assert ({*names}, reads) == ({"string", "integer"}, 3)


def test_the_types_of_shared_schemas_are_found_in_one_visit_each() -> None:
    layers = {f"s{n}": {"anyOf": [reference(f"s{n + 1}")] * 3} for n in range(10)}
    found = types_in(a={"anyOf": [reference("s0")] * 3}, **layers, s10={"type": "boolean"})
    assert found == (("boolean",), 12)
