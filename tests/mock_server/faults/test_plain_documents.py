"""Faults of a document without extensions: each contradicts what the document says."""

import json
from typing import Any

from mock_server.faults.registry import faults
from openapi.loading.loader import load_contract, parse_contract

TEXT = {"type": "string", "maxLength": 8}
ITEM = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": TEXT, "size": {"type": "integer", "format": "int64"}},
}
ERROR = {"description": "error"}


def content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def fault_names(required: bool = True, error: dict[str, Any] = ERROR, **more: Any) -> set[str]:
    operation = {
        "operationId": "add",
        "requestBody": {"required": required, **content(ITEM)},
        "responses": {"201": {"description": "made", **content(ITEM)}, "400": error},
        **more,
    }
    info = {"title": "Plain", "version": "1"}
    document = {"openapi": "3.0.3", "info": info, "paths": {"/items": {"post": operation}}}
    return {*faults(parse_contract("plain.json", json.dumps(document)))}


def test_the_rejection_of_a_valid_request_is_no_fault() -> None:
    names = fault_names()
    assert not [name for name in names if name.endswith(("-rejected", "-stricter"))]
    assert not {"max-length-off-by-one", "max-length-in-bytes"} & names
    assert {"max-length-ignored", "required-ignored", "request-name-maxLength-ignored"} <= names


def test_another_status_of_the_same_meaning_is_no_fault() -> None:
    names = fault_names()
    assert not {"unprocessable-for-invalid", "status-400-as-422"} & names
    assert {"invalid-as-ok", "status-400-as-200", "status-400-as-500"} <= names


def test_an_error_without_a_stated_body_may_have_any() -> None:
    assert not {"error-as-text", "error-empty"} & fault_names()
    stated = {**ERROR, **content({"type": "object"})}
    assert {"error-as-text", "error-empty"} <= fault_names(error=stated)


def test_an_optional_body_may_be_missing() -> None:
    assert "empty-body-accepted" in fault_names()
    assert "empty-body-accepted" not in fault_names(required=False)


def test_the_conversion_of_a_value_is_no_fault() -> None:
    names = fault_names()
    assert not {"request-name-type-integer-ignored", "request-name-type-boolean-ignored"} & names
    assert {"request-name-type-array-ignored", "request-size-type-string-ignored"} <= names


def test_a_format_that_is_an_annotation_has_no_fault() -> None:
    names = fault_names()
    assert "request-size-format-ignored" not in names
    assert "request-size-maximum-ignored" in names


def test_a_credential_of_a_public_operation_is_not_checked() -> None:
    responses = {"200": {"description": "fine"}, "401": {**ERROR, **content({"type": "object"})}}
    names = fault_names(responses=responses)
    assert "credential-crash" not in names
    assert not [name for name in names if "401" in name]


def test_a_repeated_event_is_a_fault_only_where_the_contract_forbids_it() -> None:
    shipped = load_contract()
    assert {"webhook-sent-twice", "webhook-not-retried"} <= {*faults(shipped)}
    kept = [line for line in shipped.text.splitlines() if "no-redelivery:" not in line]
    silent = {*faults(parse_contract("silent.yaml", "\n".join(kept)))}
    assert "webhook-sent-twice" not in silent
    assert "webhook-not-retried" in silent
