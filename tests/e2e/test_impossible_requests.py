"""Operations without a valid request: not exercised with a reason, and the others are judged."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.many_operations import (
    answering,
    document,
    judge_quickly,
    operation,
    write_contract,
)

pytestmark = pytest.mark.integration

NO_VALUE = {"type": "string", "minLength": 5, "maxLength": 2}
OBJECT = {"type": "object", "required": ["x"], "properties": {"x": NO_VALUE}}
ID = {"type": "integer", "minimum": 5, "maximum": 3}


def parameter(location: str = "query", **more: Any) -> dict[str, Any]:
    return {"name": "x", "in": location, "required": True, **more}


def body(media_type: str, schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {"requestBody": {"required": required, "content": {media_type: {"schema": schema}}}}


XML = {"application/xml": {"schema": {"type": "object"}}}
IMPOSSIBLE: dict[str, tuple[str, dict[str, Any], str]] = {
    "xml": (
        "post",
        body("application/xml", {"type": "object"}),
        "hookproof sends no application/xml, and the operation requires a body",
    ),
    "query": (
        "get",
        {"parameters": [parameter(schema=NO_VALUE)]},
        "no valid value of the required query parameter x was found",
    ),
    "never": (
        "get",
        {"parameters": [parameter(schema={"not": {}})]},
        "no valid value of the required query parameter x was found",
    ),
    "path/{x}": (
        "get",
        {"parameters": [parameter("path", schema=ID)]},
        "no valid value of the required path parameter x was found",
    ),
    "content": (
        "get",
        {"parameters": [parameter("header", content=XML)]},
        "hookproof cannot write the required header parameter x",
    ),
    "json": (
        "post",
        body("application/json", OBJECT),
        "no valid body of application/json was found",
    ),
    "form": (
        "post",
        body("application/x-www-form-urlencoded", OBJECT),
        "no valid body of application/x-www-form-urlencoded was found",
    ),
}
"""Path -> method, parts of the operation, and the reason why it has no valid request."""


def paths_of(*names: str) -> dict[str, Any]:
    items = {f"/{name}": IMPOSSIBLE[name] for name in names}
    return {
        path: {method: {**operation(path.strip("/").partition("/")[0]), **parts}}
        for path, (method, parts, _) in items.items()
    }


def write_locked(folder: Path, paths: dict[str, Any]) -> Path:
    """Write a contract of these paths, and of one operation that needs a token."""
    locked = {"/locked": {"get": {**operation("locked"), "security": [{"Key": []}]}}}
    schemes = {"Key": {"type": "http", "scheme": "bearer"}}
    made = {**document({**locked, **paths}), "components": {"securitySchemes": schemes}}
    contract = folder / "api.json"
    contract.write_text(json.dumps(made), encoding="utf-8")
    return contract


def test_each_is_not_exercised_and_the_others_are_judged(tmp_path: Path) -> None:
    contract = tmp_path / "api.json"
    optional = body("application/xml", {"type": "object"}, required=False)
    possible = {
        "/ok": {"get": operation("ok")},
        "/other": {"post": {**operation("other"), **optional}},
    }
    write_contract(contract, {**paths_of(*IMPOSSIBLE), **possible})
    with answering() as (url, seen):
        code, out, report = judge_quickly(
            contract, url, "--require-decided", "--only", "valid-request"
        )
    assert code == 0, out
    assert {*seen} == {"/ok", "/other"}
    left = {p["name"]: p["reason"] for p in report["left_out"] if p["kind"] == "operation"}
    assert left == {name.partition("/")[0]: reason for name, (_, _, reason) in IMPOSSIBLE.items()}
    assert report["operations"] == {"total": 9, "judged": 2, "undecided": []}
    assert "2 of 9 judged, 0 undecided, 7 not exercised" in out
    assert "2 operations (query, never): no valid value of the required query parameter x" in out
    reasons = {
        c["reason"] for c in report["constraints"] if c["pointer"].startswith("/paths/~1xml")
    }
    assert reasons == {f"its operation was not tested: {IMPOSSIBLE['xml'][2]}"}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_run_of_nothing_else_cannot_judge(name: str, tmp_path: Path) -> None:
    contract = tmp_path / "api.json"
    write_contract(contract, paths_of(name))
    with answering() as (url, seen):
        code, out, report = judge_quickly(contract, url)
    assert code == 2, out
    assert not seen
    assert report["reason"] == f"{name.partition('/')[0]}: {IMPOSSIBLE[name][2]}"


def test_a_run_without_a_token_names_every_reason(tmp_path: Path) -> None:
    contract = write_locked(tmp_path, paths_of("xml"))
    with answering() as (url, _):
        code, out, report = judge_quickly(contract, url)
    assert code == 2, out
    assert report["reason"] == (
        f"xml: {IMPOSSIBLE['xml'][2]}; "
        "locked: GET /locked was not tested: no credential was given for Key: pass --token"
    )


def test_an_operation_on_a_resource_that_cannot_be_created_says_so(tmp_path: Path) -> None:
    contract = tmp_path / "api.json"
    link = {"read": {"operationId": "read", "parameters": {"id": "$response.body#/id"}}}
    creation = {**operation("xml"), **body("application/xml", {"type": "object"})}
    creation["responses"]["200"]["links"] = link
    ident = parameter("path", schema={"type": "string"})
    reading = {**operation("read"), "parameters": [{**ident, "name": "id"}]}
    paths = {
        "/xml": {"post": creation},
        "/xml/{id}": {"get": reading},
        "/ok": {"get": operation("ok")},
    }
    write_contract(contract, paths)
    with answering() as (url, seen):
        code, out, report = judge_quickly(contract, url)
    assert (code, {*seen}) == (0, {"/ok"}), out
    left = {p["name"]: p["reason"] for p in report["left_out"] if p["kind"] == "operation"}
    assert left["read"] == f"it needs a resource of xml: {IMPOSSIBLE['xml'][2]}"


def test_public_operations_are_tested_without_a_token(tmp_path: Path) -> None:
    contract = write_locked(tmp_path, {"/ok": {"get": operation("ok")}})
    with answering() as (url, seen):
        code, out, report = judge_quickly(contract, url)
    assert (code, {*seen}) == (0, {"/ok"}), out
    cause = "GET /locked was not tested: no credential was given for Key: pass --token"
    assert report["operations"]["undecided"] == [{"id": "locked", "cause": cause}]
    assert out.count("no credential was given for Key") == 1
