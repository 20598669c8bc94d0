"""Shipped contract: valid OpenAPI 3.1, valid examples, provenance of every constraint."""

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from openapi.contract import Contract
from openapi.json_pointer import get_at, join_pointer
from openapi.loading.loader import constraint_pointers, default_contract_path, load_contract
from openapi.schemas.formats import FORMATS

PATH = "/v3/personal-access-tokens"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


def examples(contract: Contract) -> list[tuple[str, str, Any]]:
    """Return pointer, pointer of the schema, and value of every example."""
    found: list[tuple[str, str, Any]] = []

    def walk(value: Any, pointer: str) -> None:
        if isinstance(value, dict):
            stated = value.get("examples")
            if isinstance(stated, dict) and "schema" in value:
                found.extend(
                    (
                        join_pointer(pointer, "examples", name),
                        join_pointer(pointer, "schema"),
                        example["value"],
                    )
                    for name, example in stated.items()
                )
            if isinstance(stated, list) and "name" not in value:
                found.extend(
                    (join_pointer(pointer, "examples", i), pointer, e) for i, e in enumerate(stated)
                )
            for key, item in value.items():
                walk(item, join_pointer(pointer, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                walk(item, join_pointer(pointer, index))

    walk(contract.document, "")
    return found


def test_the_loader_accepts_the_shipped_contract(contract: Contract) -> None:
    checked = load_contract(default_contract_path())
    assert checked.document == contract.document


def test_the_shipped_contract_is_valid_openapi(contract: Contract) -> None:
    validate(dict(contract.document))


def test_every_example_is_valid_against_its_schema(contract: Contract) -> None:
    found = examples(contract)
    assert len(found) > 10
    broken = {at: contract.schema(schema).violations(value) for at, schema, value in found}
    assert {at: violations for at, violations in broken.items() if violations} == {}


def test_every_constraint_has_a_provenance(contract: Contract) -> None:
    known = {pointer: contract.provenance(pointer) for pointer in constraint_pointers(contract)}
    assert len(known) > 100
    assert {provenance.level for provenance in known.values()} == {
        "documented",
        "implied",
        "assumed",
    }


def test_the_contract_has_the_responses_and_limits_of_the_seed(contract: Contract) -> None:
    (operation,) = contract.operations
    assert (operation.method, operation.path) == ("POST", PATH)
    assert operation.permissions == ("personalAccessToken:write",)
    assert list(operation.responses) == ["201", "400", "401", "403", "409", "429", "500"]
    schema = contract.at("/components/schemas/PersonalAccessTokenRequest")
    assert schema["required"] == ["name", "scopes"]
    assert (schema["properties"]["name"]["minLength"]) == 1
    assert (schema["properties"]["name"]["maxLength"]) == 256


@pytest.mark.parametrize(
    ("pointer", "detail", "severity"),
    [
        ("/components/schemas/PersonalAccessToken/required", "id", "violation"),
        ("/components/schemas/PersonalAccessToken/required", "lastUsedAt", "warning"),
        ("/components/schemas/User/required", "id", "violation"),
        ("/components/schemas/User/required", "company", "warning"),
        ("/components/schemas/Metadata/required", "key", "violation"),
        ("/components/schemas/User/properties/createdAt/type", "null", "violation"),
        ("/components/schemas/Organization/properties/createdAt/type", "null", "warning"),
        ("/components/schemas/Organization/properties/createdAt/type", "integer", "violation"),
        ("/components/schemas/Error/required", "message", "violation"),
        ("/components/headers/Retry-After/required", "*", "warning"),
        ("/components/headers/X-Rate-Limit-Limit/schema/pattern", "*", "warning"),
    ],
)
def test_the_severity_follows_from_the_provenance(
    contract: Contract, pointer: str, detail: str, severity: str
) -> None:
    assert contract.provenance(pointer, detail).severity == severity


def test_the_dialect_allows_only_keywords_that_are_checked() -> None:
    dialect = json.loads((files("openapi") / "contract.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(dialect)
    keywords = set(dialect["$defs"]["schema"]["properties"])
    annotations = {"$comment", "title", "description", "default", "deprecated", "readOnly"}
    annotations |= {"writeOnly", "examples", "$ref", "then", "else"}
    annotations |= {"contentMediaType", "contentEncoding"}  # they mark the files of a form
    checked = set(jsonschema.Draft202012Validator.VALIDATORS)
    unchecked = {k for k in keywords - annotations - checked if not k.startswith("x-")}
    assert unchecked == set()
    assert "date-time" in FORMATS


def test_the_example_payload_has_the_fields_of_the_reference_page(contract: Contract) -> None:
    payload = contract.events[0].examples[0]
    for place in (
        "/data/user/organization/address/postalCode",
        "/data/user/organization/reseller/allowedOrganizations",
        "/data/user/reseller/allowedUsers",
        "/data/user/metadata/0/viewPermissions/0",
        "/data/user/emailPreference/metrics",
        "/data/user/tags/0",
        "/data/lastRotatedAt",
        "/triggeredAt",
    ):
        assert get_at(payload, place) is not get_at({}, "/nowhere"), place
