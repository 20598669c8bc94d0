"""Documents without extensions: a mock of each keeps it, by its own judgement."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.processes import TESTS, running_mock, verify

from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration


def described(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "it", "content": {"application/json": {"schema": schema}}}


def needed(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "schema": schema}


ITEM = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "format": "int64", "readOnly": True},
        "name": {"type": "string", "maxLength": 20, "pattern": "^[a-z]+$"},
        "tag": {"type": "string", "nullable": True},
    },
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
ERROR = described({"type": "object", "properties": {"message": {"type": "string"}}})
BODY = {"required": True, "content": {"application/json": {"schema": ITEM}}}
PATH, FIRST = "#/paths/~1items", "/responses/200/content/application~1json/schema"
DOCUMENTS: dict[str, dict[str, Any]] = {
    "a resource that nothing creates": {
        "/items/{id}": {"get": {"parameters": [ID], "responses": {
            "200": described(ITEM), "404": ERROR}}},
    },
    "items that are created": {
        "/items": {"post": {"requestBody": BODY, "responses": {
            "201": described(ITEM), "default": ERROR}}},
        "/items/{id}": {"get": {"parameters": [ID], "responses": {
            "200": described(ITEM), "4XX": ERROR}}},
    },
    "a body that may be empty": {
        "/notes": {"post": {
            "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": {"200": described({"type": "object"})}}},
    },
    "no documented success": {
        "/items": {"post": {"requestBody": BODY, "responses": {"405": ERROR}}},
        "/items/{id}": {"get": {"parameters": [ID], "responses": {"400": ERROR, "404": ERROR}}},
        "/now": {"get": {"responses": {}}},
        "/broken": {"get": {"responses": {"500": ERROR}}},
    },
    "an array in an object of the query": {
        "/items": {"get": {
            "parameters": [{"name": "pageable", "in": "query", "required": True, "schema": {
                "type": "object", "required": ["sort"], "properties": {
                    "page": {"type": "integer", "minimum": 0},
                    "sort": {"type": "array", "items": {"type": "string"}, "minItems": 2},
                }}}],
            "responses": {"200": described({"type": "array", "items": ITEM})},
        }},
        "/filtered": {"get": {
            "parameters": [{"name": "by", "in": "query", "style": "deepObject", "required": True,
                            "schema": {"type": "object", "required": ["ids"], "properties": {
                                "ids": {"type": "array", "items": {"type": "integer"}},
                                "part": {"type": "object", "properties": {"a": {}}},
                            }}}],
            "responses": {"200": described({"type": "object"})},
        }},
    },
    "headers of every type": {
        "/items": {"get": {"responses": {"200": {
            "description": "it",
            "content": {"application/json": {"schema": {"type": "object"}}},
            "headers": {
                "X-Count": needed({"type": "integer", "minimum": 3}),
                "X-Half": needed({"type": "number", "multipleOf": 0.5}),
                "X-Flag": needed({"type": "boolean"}),
                "X-Ids": needed({"type": "array", "items": {"type": "integer"}, "minItems": 2}),
                "X-Part": needed({"type": "object", "required": ["a"], "properties": {
                    "a": {"type": "integer"}}}),
                "X-Pairs": {**needed({"type": "object", "required": ["a"], "properties": {
                    "a": {"type": "integer"}}}), "explode": True},
                "X-Json": {"required": True, "content": {"application/json": {"schema": {
                    "type": "array", "minItems": 1, "items": {"type": "boolean"}}}}},
            },
        }}}},
    },
    "a redirection": {
        "/items/{id}": {"get": {"parameters": [ID], "responses": {
            "302": {"description": "there"}, "404": ERROR, "default": ERROR}}},
    },
    "only a default response": {
        "/items": {"post": {"requestBody": BODY, "responses": {"default": described(ITEM)}}},
        "/now": {"get": {"responses": {"default": described({"type": "string"}), "404": ERROR}}},
    },
    "schemas that combine each other": {
        "/items": {"post": {"requestBody": BODY, "responses": {"200": described(
            {"allOf": [{"$ref": f"{PATH}/get{FIRST}"}]}
        )}}, "get": {"responses": {"200": described(
            {"allOf": [{"$ref": f"{PATH}/post{FIRST}"}, ITEM]}
        )}}},
    },
    "equal branches, and a recursion without end": {
        "/items": {"post": {"requestBody": BODY, "responses": {
            "200": described({"type": "object", "required": ["in"], "properties": {"in": {
                "$ref": f"{PATH}/post{FIRST}"}}}),
            "400": described({"oneOf": [{"type": "object", "title": "A"}, {"type": "object"}]}),
        }}},
    },
    "a list by page": {
        "/items": {"get": {
            "parameters": [
                {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
                {"name": "tags", "in": "query", "schema": {
                    "type": "array", "items": {"type": "string", "enum": ["a", "b"]}}},
            ],
            "responses": {"200": described({"type": "array", "items": ITEM})},
        }},
    },
}  # fmt: skip


def conforms(contract: Path, port: int, folder: Path, *limits: str) -> None:
    """Judge a mock of the document, with the credentials that it accepts."""
    options = ["--contract", str(contract), "--no-webhooks", "--profile", "quick"]
    options += ["--allow-destructive"]
    with running_mock(port, "--contract", str(contract)) as url:
        answer = httpx.get(f"{url}/_hookproof/api/token", trust_env=False).json()
        lines = "".join(f"{name}={value}\n" for name, value in answer["credentials"].items())
        given = {"HOOKPROOF_TOKEN": answer["token"], "HOOKPROOF_CREDENTIAL": lines}
        run = verify(url, port, folder, *options, "--no-saved-cases", *limits, **given)
    assert (run.code, run.report["findings"]) == (0, []), run.out
    assert run.report["operations"]["judged"] == run.report["operations"]["total"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_mock_of_a_plain_document_conforms(name: str, port: int, tmp_path: Path) -> None:
    contract = tmp_path / "openapi.json"
    info = {"title": name, "version": "1"}
    document = {"openapi": "3.0.3", "info": info, "paths": DOCUMENTS[name]}
    contract.write_text(json.dumps(document), encoding="utf-8")
    conforms(contract, port, tmp_path)


@pytest.mark.parametrize("generator", ["springdoc", "nestjs"])
def test_a_mock_of_a_generated_document_conforms(generator: str, port: int, tmp_path: Path) -> None:
    contract = TESTS / "data" / f"{generator}.json"
    assert load_contract(contract).complaints == ()
    conforms(contract, port, tmp_path, "--max-requests", "400")
