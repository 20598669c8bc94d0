"""Generated values: they satisfy their schemas, and are the same for a seed."""

import hashlib
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi.contract import Contract
from openapi.examples import Drawn, draw_body, draw_value, generate_value
from openapi.loading.loader import load_contract, parse_contract
from openapi.schemas.direction import REQUEST, RESPONSE

Json = Any
COMPONENTS: dict[str, Json] = {
    "Cat": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "lives": {"type": "integer", "minimum": 1}},
    },
    "Dog": {
        "allOf": [
            {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}},
            {"required": ["bark"], "properties": {"bark": {"type": "boolean"}}},
        ]
    },
    "Tree": {
        "type": "object",
        "required": ["left", "right"],
        "properties": {
            "left": {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}]},
            "right": {"oneOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}]},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
            "parent": {"$ref": "#/components/schemas/Tree"},
        },
    },
    "Term": {
        "oneOf": [
            {
                "type": "object",
                "required": ["sum"],
                "properties": {
                    "sum": {
                        "type": "array",
                        "minItems": 2,
                        "items": {"$ref": "#/components/schemas/Term"},
                    }
                },
            },
            {"type": "number"},
        ]
    },
}
SCHEMAS: dict[str, Json] = {
    "allOf is merged": {
        "allOf": [
            {"type": "object", "required": ["a"], "properties": {"a": {"minimum": 3}}},
            {"properties": {"a": {"type": "integer", "maximum": 4}, "b": {"enum": ["x", "y"]}}},
            {"required": ["b"], "properties": {"b": {"enum": ["y", "z"]}}},
        ]
    },
    "a reference with keywords beside it": {
        "$ref": "#/components/schemas/Cat",
        "required": ["lives"],
        "properties": {"lives": {"maximum": 3}},
    },
    "a discriminator": {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"meow": "#/components/schemas/Cat"},
        },
    },
    "anyOf beside properties": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
        "anyOf": [{"required": ["c"], "properties": {"c": False}}, {"required": ["b"]}],
    },
    "oneOf selects by what is required": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
    },
    "oneOf of numbers": {"oneOf": [{"type": "integer", "multipleOf": n} for n in (2, 3)]},
    "oneOf with many branches": {
        "type": "object",
        "properties": {"t": {"const": "v27"}},
        "oneOf": [{"required": ["t"], "properties": {"t": {"const": f"v{n}"}}} for n in range(30)],
    },
    "not of properties": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "not": {"required": ["a", "b"]},
    },
    "not of a value": {"enum": ["a", "b", "c"], "not": {"enum": ["a", "b"]}},
    "not of types": {"not": {"type": ["string", "object", "null"]}},
    "not of branches": {"not": {"anyOf": [{"type": "string"}, {"type": "object"}]}},
    "not of a pattern": {"type": "string", "format": "date-time", "not": {"pattern": "Z$"}},
    "then": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"const": "a"}},
        "if": {"properties": {"kind": {"const": "a"}}},
        "then": {"required": ["x"], "properties": {"x": {"type": "integer"}}},
        "else": False,
    },
    "else": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"const": "b"}},
        "if": {"properties": {"kind": {"const": "a"}}},
        "then": False,
        "else": {"required": ["y"], "properties": {"y": {"type": "string", "pattern": "^Y"}}},
    },
    "required without properties": {
        "type": "object",
        "required": ["a"],
        "additionalProperties": {"type": "integer", "minimum": 5},
    },
    "minProperties and additionalProperties": {
        "type": "object",
        "minProperties": 3,
        "additionalProperties": {"type": "boolean"},
    },
    "minProperties and propertyNames": {
        "type": "object",
        "minProperties": 3,
        "propertyNames": {"pattern": "^[A-Z]{3}$"},
    },
    "minProperties and patternProperties": {
        "type": "object",
        "minProperties": 2,
        "patternProperties": {"^x-[a-z]+$": {"type": "integer"}},
        "additionalProperties": False,
    },
    "maxProperties": {
        "type": "object",
        "maxProperties": 1,
        "properties": {"a": {}, "b": {}},
        "required": ["b"],
    },
    "dependentRequired": {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "dependentRequired": {"a": ["b", "c"]},
    },
    "dependentSchemas": {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "dependentSchemas": {"a": {"required": ["q"], "properties": {"q": {"type": "integer"}}}},
    },
    "unevaluatedProperties": {
        "type": "object",
        "minProperties": 2,
        "allOf": [{"properties": {"a": {"type": "string"}}}],
        "unevaluatedProperties": {"type": "integer"},
    },
    "additionalProperties in a part": {
        "allOf": [
            {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
            {"type": "object", "properties": {"b": {}}},
        ]
    },
    "prefixItems": {
        "type": "array",
        "minItems": 3,
        "prefixItems": [{"type": "string"}, {"type": "integer"}],
        "items": {"type": "boolean"},
    },
    "contains": {
        "type": "array",
        "minItems": 3,
        "items": {"type": "integer"},
        "contains": {"const": 7},
    },
    "maxContains": {
        "type": "array",
        "minItems": 4,
        "contains": {"type": "string"},
        "minContains": 2,
        "maxContains": 2,
    },
    "uniqueItems": {
        "type": "array",
        "uniqueItems": True,
        "minItems": 3,
        "items": {"enum": [1, 2, 3]},
    },
    "multipleOf and exclusive bounds": {
        "type": "number",
        "multipleOf": 0.01,
        "exclusiveMinimum": 0,
        "exclusiveMaximum": 0.02,
    },
    "an integer with broken bounds": {"type": "integer", "exclusiveMinimum": 1.5, "maximum": 2},
    "a number near zero": {"type": "number", "exclusiveMinimum": 0, "maximum": 0.5},
    "null where no string is possible": {
        "type": ["string", "null"],
        "format": "uuid",
        "maxLength": 3,
    },
    "a recursive schema": {"$ref": "#/components/schemas/Tree"},
    "a recursive first branch": {"$ref": "#/components/schemas/Term"},
    "true and false": {"type": "object", "required": ["a"], "properties": {"a": True, "b": False}},
    "a pattern without a type": {"pattern": "^[A-Z]{3}$"},
    "items without a type": {"items": {"type": "integer"}, "minItems": 2},
    "anything": {},
    "const": {"const": {"a": [1]}},
    "a default where the pattern is unreadable": {
        "type": "string",
        "pattern": r"^(?:\p{Cherokee}|x)+y$",
        "default": "xy",
    },
    "an invalid example": {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer", "examples": ["abc"]}},
        "examples": [{"id": "x"}],
    },
    "two patterns": {
        "allOf": [{"type": "string", "pattern": "^a"}, {"pattern": "z$"}, {"minLength": 5}]
    },
    "a password": {
        "type": "string",
        "pattern": r"^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[^\w]).{10,}$",
        "maxLength": 12,
    },
    "an e-mail address of a length": {
        "type": "string",
        "format": "email",
        "minLength": 30,
        "maxLength": 40,
    },
    "a short e-mail address": {"type": "string", "format": "email", "maxLength": 7},
    "a long host name": {"type": "string", "format": "hostname", "minLength": 100},
    "a URI with a pattern": {
        "type": "string",
        "format": "uri",
        "pattern": "^http://",
        "maxLength": 20,
    },
    "a date-time with a pattern": {
        "type": "string",
        "format": "date-time",
        "pattern": r"\.\d{3}Z$",
    },
    "base64 of a length": {"type": "string", "format": "byte", "minLength": 10, "maxLength": 13},
    **{
        f"format {name}": {"type": "string", "format": name}
        for name in (
            *("date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6"),
            *("uri", "uri-reference", "json-pointer", "byte", "regex", "uuid"),
        )
    },
}


def contract_with(schemas: dict[str, Json]) -> Contract:
    """Return a contract with the components and `schemas`."""
    known = {**COMPONENTS, **{f"S{n}": schema for n, schema in enumerate(schemas.values())}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "components": {"schemas": known},
    }
    return parse_contract("document.json", json.dumps(document))


@pytest.fixture(scope="module")
def contract() -> Contract:
    """Return a contract with every schema of the table."""
    return contract_with(SCHEMAS)


def drawn(contract: Contract, schema: Json, seed: int = 0, direction: str | None = None) -> Drawn:
    """Return a value of `schema` for `seed`."""
    return draw_value(contract, schema, random.Random(seed), direction)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_generated_value_satisfies_its_schema(name: str, contract: Contract) -> None:
    """Several seeds give valid values, and each the same one again."""
    pointer = f"/components/schemas/S{[*SCHEMAS].index(name)}"
    for seed in range(5):
        made = drawn(contract, {"$ref": f"#{pointer}"}, seed)
        assert made.is_valid, (seed, made.value)
        assert contract.schema(pointer).is_valid(made.value), made.value
        assert drawn(contract, {"$ref": f"#{pointer}"}, seed) == made


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "string", "pattern": "^a$", "minLength": 2},
        {"type": "string", "format": "uuid", "maxLength": 3},
        {"type": "array", "items": False, "minItems": 1},
        {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2},
        {"type": "object", "required": ["a"], "properties": {"a": False}},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"oneOf": [{"type": "string"}, {"type": "string"}]},
    ],
)
def test_a_schema_without_a_value_is_reported(schema: Json, contract: Contract) -> None:
    """The generator says that its value is invalid, and does not search for long."""
    assert not drawn(contract, schema).is_valid


def test_a_request_leaves_out_what_only_responses_have() -> None:
    """`readOnly` properties are not in a request, `writeOnly` ones not in a response."""
    schema = {
        "type": "object",
        "required": ["id", "secret", "name"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "secret": {"type": "string", "writeOnly": True},
            "name": {"type": "string"},
            "made": {"allOf": [{"type": "string", "readOnly": True}]},
        },
    }
    example = {"id": 1, "secret": "s", "name": "n", "made": "m"}
    contract = contract_with({"generated": schema, "stated": {**schema, "examples": [example]}})
    for name in ("S0", "S1"):
        reference = {"$ref": f"#/components/schemas/{name}"}
        request = drawn(contract, reference, direction=REQUEST)
        response = drawn(contract, reference, direction=RESPONSE)
        assert request.is_valid
        assert response.is_valid
        assert set(request.value) == {"secret", "name"}
        assert set(response.value) == {"id", "name", "made"}


def test_a_valid_example_of_a_body_has_priority() -> None:
    """An example that breaks its schema is only used if no valid value is found."""
    paths: Json = {
        f"/{name}": {"post": {"requestBody": {"content": {"application/json": media}}}}
        for name, media in {
            "second": {
                "schema": {"type": "integer"},
                "examples": {"bad": {"value": "x"}, "good": {"$ref": "#/components/examples/Good"}},
            },
            "text": {"schema": {"type": "array"}, "example": "[1, 2]"},
            "bad": {"schema": {"type": "boolean"}, "example": "x"},
            "elsewhere": {
                "schema": {"const": 5},
                "examples": {"far": {"externalValue": "https://example.com/5"}},
            },
            "hopeless": {
                "schema": {"type": "string", "pattern": "^a$", "minLength": 2},
                "example": "b",
            },
        }.items()
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": paths,
        "components": {"examples": {"Good": {"value": 7}}},
    }
    contract = parse_contract("document.json", json.dumps(document))
    made = {
        operation.path: draw_body(contract, next(iter(operation.content.values())).schema or "")
        for operation in contract.operations
    }
    assert made["/second"] == Drawn(7, True)
    assert made["/text"] == Drawn([1, 2], True)
    assert made["/bad"].is_valid
    assert isinstance(made["/bad"].value, bool)
    assert made["/elsewhere"] == Drawn(5, True)
    assert made["/hopeless"] == Drawn("b", False)


def test_the_values_of_the_shipped_contract_stay() -> None:
    """A seed gives the values that earlier releases gave."""
    contract = load_contract()
    values = [
        generate_value(contract, schema, random.Random(seed))
        for schema in contract.document["components"]["schemas"].values()
        for seed in range(5)
    ]
    digest = hashlib.sha256(json.dumps(values).encode()).hexdigest()
    assert digest == "0e7b766b90c644d8f62234d8f29a4c1abb43e26d439a56811a9ea79473170950"


SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "ab", "Abc1"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.lists(st.sampled_from("abc"), unique=True, max_size=2)
COUNT = st.integers(0, 3)


def keywords(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Return schemas with some keywords whose subschemas are `inner`."""
    options: dict[str, st.SearchStrategy[Json]] = {
        "type": st.sampled_from(["string", "integer", "object", "array", "boolean", "null"]),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "minimum": st.integers(-3, 3),
        "exclusiveMaximum": st.integers(-3, 3),
        "multipleOf": st.integers(1, 3),
        "minLength": COUNT,
        "maxLength": COUNT,
        "pattern": st.sampled_from(["^a", "b$", "[0-9]", "^[A-Z]", "^$"]),
        "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        "required": NAMES,
        "additionalProperties": inner,
        "minProperties": COUNT,
        "maxProperties": COUNT,
        "items": inner,
        "prefixItems": st.lists(inner, min_size=1, max_size=2),
        "contains": inner,
        "minItems": COUNT,
        "maxItems": COUNT,
        "uniqueItems": st.booleans(),
        "allOf": st.lists(inner, min_size=1, max_size=2),
        "anyOf": st.lists(inner, min_size=1, max_size=3),
        "oneOf": st.lists(inner, min_size=1, max_size=3),
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "dependentRequired": st.dictionaries(st.sampled_from("abc"), NAMES, max_size=1),
        "propertyNames": inner,
        "unevaluatedProperties": inner,
    }
    few = st.lists(st.sampled_from([*options]), unique=True, max_size=4)
    return few.flatmap(lambda names: st.fixed_dictionaries({name: options[name] for name in names}))


TESTED_SCHEMAS: st.SearchStrategy[Json] = st.recursive(
    st.just({}) | st.booleans(), keywords, max_leaves=8
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(schema=TESTED_SCHEMAS, values=st.lists(VALUES, max_size=10))
def test_a_value_is_found_where_there_is_one(schema: Json, values: list[Json]) -> None:
    """If a random value satisfies a schema, the generator finds one; it claims no wrong one."""
    contract = contract_with({"schema": schema})
    tested = contract.schema("/components/schemas/S0")
    made = drawn(contract, {"$ref": "#/components/schemas/S0"})
    assert made.is_valid == tested.is_valid(made.value)
    if not made.is_valid:
        assert not [value for value in values if tested.is_valid(value)]
