"""Provenance: the nearest statement counts, also through `$ref`."""

from typing import Any

import pytest
from support.notes import notes_text

from openapi.contract import Contract, Provenance
from openapi.loading.loader import parse_contract

SOURCES = {
    "docs": {"level": "documented", "title": "Documentation"},
    "sdk": {"level": "implied", "title": "Client"},
    "guess": {"level": "assumed", "title": "Guess"},
}
NAME = "/components/schemas/Name"


def contract(
    components: dict[str, Any], first: dict[str, Any], second: dict[str, Any] | None = None
) -> Contract:
    """Return a contract with `components`, and with the responses `200` and `400`."""
    schemas = {"200": first, "400": second or {}}
    responses = {
        status: {"content": {"application/json": {"schema": schema}}}
        for status, schema in schemas.items()
    }
    operation = {"x-hookproof-provenance": "docs", "responses": responses}
    document = {
        "x-hookproof-sources": SOURCES,
        "components": {"schemas": components},
        "paths": {"/notes": {"get": operation}},
    }
    return Contract(document, (), (), "")


def found(of: Contract, pointer: str, detail: str = "*") -> tuple[str, str]:
    stated: Provenance = of.provenance(pointer, detail)
    return stated.source, stated.severity


def test_a_component_inherits_from_the_place_that_refers_to_it() -> None:
    of = contract({"Name": {"minLength": 1}}, {"$ref": "#/components/schemas/Name"})
    assert found(of, f"{NAME}/minLength") == ("docs", "violation")


def test_the_nearest_statement_counts() -> None:
    reference = {"$ref": "#/components/schemas/Name", "x-hookproof-provenance": "sdk"}
    of = contract({"Name": {"minLength": 1}}, reference)
    assert found(of, f"{NAME}/minLength") == ("sdk", "violation")
    of = contract({"Name": {"minLength": 1, "x-hookproof-provenance": "guess"}}, reference)
    assert found(of, f"{NAME}/minLength") == ("guess", "warning")


@pytest.mark.parametrize("stated", [{"maxLength": "sdk"}, {"required": {"id": "sdk"}}, {}])
def test_an_object_without_the_keyword_inherits(stated: dict[str, Any]) -> None:
    schema = {"minLength": 1, "required": ["name"], "x-hookproof-provenance": stated}
    of = contract({"Name": schema}, {"$ref": "#/components/schemas/Name"})
    assert found(of, f"{NAME}/minLength") == ("docs", "violation")
    assert found(of, f"{NAME}/required", "name") == ("docs", "violation")
    below = contract(
        {"Name": {"properties": {"name": schema}, "x-hookproof-provenance": "guess"}}, {}
    )
    assert found(below, f"{NAME}/properties/name/minLength") == ("guess", "warning")
    assert found(below, f"{NAME}/properties/name/required", "name") == ("guess", "warning")


def test_a_part_without_a_source_has_that_of_the_other_keywords() -> None:
    schema = {
        "required": ["id", "name"],
        "x-hookproof-provenance": {"*": "guess", "required": {"id": "sdk"}},
    }
    of = contract({"Name": schema}, {"$ref": "#/components/schemas/Name"})
    assert found(of, f"{NAME}/required", "id") == ("sdk", "violation")
    assert found(of, f"{NAME}/required", "name") == ("guess", "warning")


def test_an_object_at_the_reference_states_keywords_of_the_component() -> None:
    reference = {
        "$ref": "#/components/schemas/Name",
        "x-hookproof-provenance": {"minLength": "guess"},
        "properties": {"id": {"x-hookproof-provenance": "sdk"}},
    }
    schema = {"minLength": 1, "maxLength": 9, "properties": {"id": {"type": "string"}}}
    of = contract({"Name": schema}, reference)
    assert found(of, f"{NAME}/minLength") == ("guess", "warning")
    assert found(of, f"{NAME}/maxLength") == ("docs", "violation")
    assert found(of, f"{NAME}/properties/id/type") == ("sdk", "violation")


def test_the_first_reference_in_the_document_with_a_source_counts() -> None:
    references = [
        {"$ref": "#/components/schemas/Name", "x-hookproof-provenance": source}
        for source in ("sdk", "guess")
    ]
    # `Unused` is the first reference of all, but nothing states a source for it.
    components = {"Name": {"minLength": 1}, "Unused": {"$ref": "#/components/schemas/Name"}}
    assert found(contract(components, *references), f"{NAME}/minLength")[0] == "sdk"
    assert found(contract(components, *references[::-1]), f"{NAME}/minLength")[0] == "guess"


def test_references_of_references_inherit_and_cycles_end() -> None:
    reference = {"$ref": "#/components/schemas/Name"}
    components = {
        "Name": {"minLength": 1, "properties": {"parent": reference, "note": {"maxLength": 9}}},
        "Note": {"properties": {"name": reference}},
    }
    of = contract(components, {"items": {"$ref": "#/components/schemas/Note"}})
    assert found(of, f"{NAME}/minLength") == ("docs", "violation")
    assert found(of, f"{NAME}/properties/note/maxLength") == ("docs", "violation")
    alone = contract(components, {})
    with pytest.raises(LookupError, match="no provenance for '/components/schemas/Name/minLength'"):
        alone.provenance(f"{NAME}/minLength")


def test_the_severity_at_the_reference_applies_with_its_source() -> None:
    reference = {"$ref": "#/components/schemas/Name", "x-hookproof-severity": "warning"}
    of = contract({"Name": {"minLength": 1}}, reference)
    assert found(of, f"{NAME}/minLength") == ("docs", "warning")
    of = contract({"Name": {"minLength": 1, "x-hookproof-provenance": "sdk"}}, reference)
    assert found(of, f"{NAME}/minLength") == ("sdk", "violation")


def test_a_statement_of_the_document_comes_last() -> None:
    of = contract({"Name": {"minLength": 1}, "Alone": {"minLength": 1}}, {"$ref": f"#{NAME}"})
    document = {**of.document, "x-hookproof-provenance": "guess"}
    of = Contract(document, (), (), "")
    assert found(of, f"{NAME}/minLength")[0] == "docs"
    assert found(of, "/components/schemas/Alone/minLength") == ("guess", "warning")


def test_a_reference_in_an_example_is_data() -> None:
    schema = {"examples": [{"$ref": "#/components/schemas/Name"}]}
    with pytest.raises(LookupError):
        contract({"Name": {"minLength": 1}}, schema).provenance(f"{NAME}/minLength")
    named = {"properties": {"default": {"$ref": "#/components/schemas/Name"}}}
    assert found(contract({"Name": {"minLength": 1}}, named), f"{NAME}/minLength")[0] == "docs"


def test_the_loader_accepts_components_without_a_provenance_of_their_own() -> None:
    text = notes_text()
    stated = "      type: object\n      x-hookproof-provenance: docs\n      required: [event, name]"
    assert stated in text
    bare = text.replace(stated, stated.replace("      x-hookproof-provenance: docs\n", ""))
    loaded = parse_contract("notes.yaml", bare)
    assert loaded.provenance("/components/schemas/Event/required").source == "docs"
    unused = f"{bare}    Unused: {{type: string}}\n"
    assert loaded.complaints == ()
    complaints = parse_contract("notes.yaml", unused).complaints
    assert [complaint.rule for complaint in complaints] == ["provenance"]
