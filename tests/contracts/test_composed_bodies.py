"""Cases for bodies whose schema is composed of several with `allOf`, and for arrays of objects."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from contracts.generators import body_values, edge_cases, invalid_bodies, lookalike_values
from contracts.generators.body_properties import body_properties, required_properties
from contracts.model.case import Case
from openapi.contract import Contract
from openapi.loading.loader import load_contract

NOTE = {
    "allOf": [
        {"$ref": "#/components/schemas/Text"},
        {
            "type": "object",
            "required": ["due"],
            "properties": {
                "due": {"type": "string", "format": "date-time"},
                "place": {"allOf": [{"$ref": "#/components/schemas/Place"}]},
            },
        },
    ]
}
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
PLACE = {"type": "object", "properties": {"town": {"type": "string"}}}
LABELS = {
    "type": "object",
    "propertyNames": {"maxLength": 4, "pattern": "^[a-z]*$"},
    "additionalProperties": {"type": "string", "maxLength": 9},
}
EXAMPLE = {"text": "some", "due": "2030-01-01T00:00:00Z", "place": {"town": "Ulm"}}


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    note = {"$ref": "#/components/schemas/Note"}
    notes = {"type": "array", "items": note}
    paths: dict[str, dict[str, Any]] = {"/note": note, "/notes": notes, "/labels": LABELS}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Notes", "version": "1"},
        "paths": {path: {"post": operation(path, schema)} for path, schema in paths.items()},
        "components": {"schemas": {"Note": NOTE, "Text": TEXT, "Place": PLACE}},
    }
    file = tmp_path / "notes.json"
    file.write_text(json.dumps(document))
    return load_contract(file)


def operation(path: str, schema: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {
        "operationId": path[1:],
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "Stored."}, "400": {"description": "Invalid."}},
    }


def described(cases: Iterable[Case]) -> set[str]:
    return {case.description for case in cases}


def test_properties_below_all_of_are_varied(contract: Contract) -> None:
    note = contract.operation("note")
    assert {name for name, _ in body_properties(contract, note)} == {"text", "due", "place"}
    assert set(required_properties(contract, note)) == {"text", "due"}
    wrong = described(invalid_bodies.wrong_type_cases(contract, note, EXAMPLE))
    assert {"12345 for text", "without text", "without due"} <= wrong
    near = described(invalid_bodies.near_miss_cases(contract, note, EXAMPLE))
    assert "'tomorrow' is no date-time" in near
    unusual = described(edge_cases.unusual_text_cases(contract, note, EXAMPLE))
    assert unusual == {"an unusual string in text"}


def test_nested_and_listed_texts_look_like_something_else(contract: Contract) -> None:
    cases = lookalike_values.lookalike_text_cases
    note = described(cases(contract, contract.operation("note"), EXAMPLE, ()))
    assert {"'null' for text", "'null' for place/town"} <= note
    notes = described(cases(contract, contract.operation("notes"), [EXAMPLE], ()))
    assert {"'null' for 0/text", "'null' for 0/place/town"} <= notes


def test_an_empty_text_is_a_fault_of_every_format(contract: Contract) -> None:
    notes = contract.operation("notes")
    cases = body_values.invalid_json_cases(contract, notes, [EXAMPLE], breadth=1)
    assert '"" for /0/due' in described(cases)


@pytest.mark.parametrize("example", [{"a": "b"}, {}])
def test_names_and_values_of_a_map_have_faults(contract: Contract, example: object) -> None:
    labels = contract.operation("labels")
    cases = list(body_values.invalid_json_cases(contract, labels, example, breadth=1))
    schema = contract.schema(labels.body.schema or "") if labels.body else None
    assert schema is not None
    found = {
        (violation.keyword, violation.message.partition(" breaks ")[0])
        for case in cases
        for violation in schema.violations(case.body)
    }
    assert {("maxLength", 'the name "aaaaa"'), ("maxLength", '"aaaaaaaaaa"')} <= found
    assert ("pattern", 'the name "!"') in found
