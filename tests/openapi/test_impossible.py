"""Constraints that no value can keep, and combinations without end, are left out."""

import json
from typing import Any

import pytest

from openapi.contract import Contract
from openapi.examples import draw_value
from openapi.loading.loader import parse_contract


def load(**schemas: Any) -> Contract:
    made = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}}
    return parse_contract("api.json", json.dumps({**made, "components": {"schemas": schemas}}))


def reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def needing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


def places(contract: Contract) -> list[str]:
    assert {one.level for one in contract.complaints} <= {"error"}
    assert {one.disables for one in contract.complaints} <= {"constraint"}
    return [one.pointer.removeprefix("/components/schemas/") for one in contract.complaints]


def generates(contract: Contract, name: str) -> bool:
    """Return whether the mock finds a valid value of a schema."""
    return draw_value(contract, contract.document["components"]["schemas"][name]).is_valid


BASE = {"type": "object", "properties": {"code": {"type": "string"}}}


def coded(default: str) -> dict[str, Any]:
    added = {"type": "object", "properties": {"code": {"type": "string", "default": default}}}
    return {"allOf": [reference("Base"), added]}


def test_of_equal_branches_only_the_first_can_match() -> None:
    branches = [reference("Empty"), reference("Unreadable"), {"type": "null"}]
    contract = load(
        Base=BASE, Empty=coded("EMPTY"), Unreadable=coded("UNREADABLE"), Error={"oneOf": branches}
    )
    assert places(contract) == ["Error/oneOf/1"]
    schema = contract.schema("/components/schemas/Error")
    for value in ({"code": "EMPTY"}, {}, None):
        assert schema.is_valid(value)
        assert schema.violations(value) == ()
    assert not schema.is_valid({"code": 1})
    assert not schema.is_valid("text")


@pytest.mark.parametrize(
    "branches",
    [
        [{"const": "a"}, {"const": "b"}],
        [{"const": {"title": "a"}}, {"const": {"title": "b"}}],
        [{"type": "string", "format": "date"}, {"type": "string", "format": "uuid"}],
        [{"type": "integer"}, {"type": "number"}],
        [reference("Base"), {"allOf": [reference("Base")], "required": ["code"]}],
        [{"type": "object", "required": ["title"]}, {"type": "object", "required": ["default"]}],
        [
            {"properties": {"title": {"type": "string"}}},
            {"properties": {"default": {"type": "string"}}},
        ],
    ],
)
def test_branches_with_different_constraints_stay(branches: list[dict[str, Any]]) -> None:
    assert load(Base=BASE, Error={"oneOf": branches}).complaints == ()


def test_a_discriminator_distinguishes_equal_branches() -> None:
    mapping = {"empty": "Empty", "unreadable": "Unreadable"}
    discriminator = {"propertyName": "code", "mapping": mapping}
    branches = [reference("Empty"), reference("Unreadable")]
    schema = {"oneOf": branches, "discriminator": discriminator}
    contract = load(Base=BASE, Empty=coded("e"), Unreadable=coded("u"), Error=schema)
    assert contract.complaints == ()
    assert contract.schema("/components/schemas/Error").is_valid({"code": "unreadable"})


@pytest.mark.parametrize(
    "schemas",
    [
        {"Node": needing(parent=reference("Node"))},
        {"Node": needing(name={"type": "string"}, parent={"allOf": [reference("Node")]})},
        {"Node": needing(parent=reference("Up")), "Up": needing(child=reference("Node"))},
        {"Node": needing(all={"type": "array", "minItems": 1, "items": reference("Node")})},
        {"Node": needing(one={"oneOf": [reference("Node"), needing(two=reference("Node"))]})},
        {"Node": needing(below=needing(node=reference("Node")))},
    ],
)
def test_a_recursion_without_end_does_not_require_its_property(schemas: dict[str, Any]) -> None:
    contract = load(**schemas)
    assert len(places(contract)) == 1
    assert generates(contract, "Node")


@pytest.mark.parametrize(
    "schemas",
    [
        {"Node": needing(all={"type": "array", "items": reference("Node")})},
        {"Node": needing(parent={"anyOf": [reference("Node"), {"type": "null"}]})},
        {"Node": needing(parent={"oneOf": [reference("Node"), {"type": "string"}]})},
        {"Node": {**needing(parent=reference("Node")), "required": []}},
        {"Node": {**needing(parent=reference("Node")), "type": ["object", "null"]}},
        {"Node": needing(map={"type": "object", "additionalProperties": reference("Node")})},
    ],
)
def test_a_recursion_that_can_end_stays(schemas: dict[str, Any]) -> None:
    contract = load(**schemas)
    assert contract.complaints == ()
    assert generates(contract, "Node")


def inherited(name: str, **properties: Any) -> dict[str, Any]:
    return {"allOf": [reference(name), needing(**properties)]}


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize("with_discriminator", [True, False])
def test_a_base_that_lists_its_children_is_their_base_without_the_list(
    keyword: str, with_discriminator: bool
) -> None:
    pet: dict[str, Any] = needing(kind={"type": "string"}, name={"type": "string"})
    pet[keyword] = [reference("Dog"), reference("Hound"), reference("Cat")]
    if with_discriminator:
        pet["discriminator"] = {"propertyName": "kind"}
    contract = load(
        Pet=pet,
        Dog=inherited("Pet", bark={"type": "integer"}),
        Hound=inherited("Dog", speed={"type": "integer"}),
        Cat=inherited("Pet", lives={"type": "integer", "maximum": 9}),
    )
    assert contract.complaints == ()
    cat = {"kind": "Cat", "name": "Tom", "lives": 9}
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("Cat", {**cat, "name": 1}, "/components/schemas/Pet/properties/name/type"),
        ("Cat", {**cat, "lives": 10}, "/components/schemas/Cat/allOf/1/properties/lives/maximum"),
        ("Pet", {**cat, "kind": 1}, "/components/schemas/Pet/properties/kind/type"),
        (
            "Hound",
            {"kind": "a", "name": "b", "speed": 1},
            "/components/schemas/Dog/allOf/1/required",
        ),
    ]
    for name in ("Pet", "Cat"):
        schema = contract.schema(f"/components/schemas/{name}")
        assert schema.is_valid(cat)
        assert schema.violations(cat) == ()
    for name, value, pointer in wrong:
        schema = contract.schema(f"/components/schemas/{name}")
        assert not schema.is_valid(value)
        assert pointer in [one.pointer for one in schema.violations(value)]
    assert all(generates(contract, name) for name in ("Pet", "Dog", "Hound", "Cat"))
    if with_discriminator:
        assert not contract.schema("/components/schemas/Pet").is_valid({**cat, "kind": "Dog"})


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": inherited("A", a={"type": "integer"})},
        {"A": inherited("B", a={"type": "integer"}), "B": inherited("C"), "C": inherited("A")},
        {"A": {"anyOf": [reference("A"), needing(a={"type": "integer"})]}},
        {"A": {"oneOf": [needing(a={"type": "integer"}), reference("B")]},
         "B": {"oneOf": [reference("A")]}},
        {"A": {**reference("B"), **needing(a={"type": "integer"})}, "B": inherited("A")},
    ],
)  # fmt: skip
def test_a_combination_without_end_is_left_out(schemas: dict[str, Any]) -> None:
    contract = load(**schemas)
    assert [one.rule for one in contract.complaints] == ["endless-recursion"]
    assert all(place.endswith("/$ref") for place in places(contract))
    schema = contract.schema("/components/schemas/A")
    assert schema.is_valid({"a": 1})
    assert schema.violations({"a": 1}) == ()
    assert not schema.is_valid({"a": "x"})
    keywords = {one.pointer.rpartition("/")[2] for one in schema.violations({"a": "x"})}
    assert keywords <= {"type", "oneOf", "anyOf"}
    assert generates(contract, "A")
