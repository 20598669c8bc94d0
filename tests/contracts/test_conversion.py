"""Acceptance of an invalid value that a lenient parser may convert, in a plain document."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.expectations.conversion import is_converted
from contracts.model.case import Case, build_request
from contracts.model.exchange import Credential, Request
from contracts.model.unique_values import UniqueValues
from openapi.contract import Contract
from openapi.loading.loader import load_contract

PROPERTIES = {
    "name": {"type": "string", "minLength": 2, "maxLength": 5},
    "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
    "due": {"type": "string", "format": "date-time"},
    "count": {"type": "integer", "maximum": 9},
    "on": {"type": "boolean"},
}


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    schema = {"type": "object", "properties": PROPERTIES}
    operation = {
        "operationId": "store",
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "Stored."}, "400": {"description": "Invalid."}},
    }
    info = {"title": "Store", "version": "1"}
    document = {"openapi": "3.1.0", "info": info, "paths": {"/store": {"post": operation}}}
    file = tmp_path / "store.json"
    file.write_text(json.dumps(document))
    return load_contract(file)


def request_with(contract: Contract, body: dict[str, Any]) -> Request:
    operation = contract.operation("store")
    values = UniqueValues("abc123", 1, datetime(2027, 1, 1, tzinfo=UTC)).next()
    valid = Credential("valid", "accepted")
    return build_request(contract, operation, (), Case("negative", "a case", body), values, valid)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"count": "7"}, True),
        ({"on": "yes"}, True),
        ({"due": "2027-01-01"}, True),
        ({"due": "tomorrow"}, False),
        ({"name": "too long for it"}, False),
        ({"name": "a"}, False),
        ({"name": ""}, False),
        ({"code": "abc1"}, False),
        ({"count": 10}, False),
        ({"count": "7", "name": "too long for it"}, False),
    ],
)
def test_only_another_type_or_format_is_converted(
    contract: Contract, body: dict[str, Any], expected: bool
) -> None:
    request = request_with(contract, body)
    assert request.operation.body is not None
    schema = contract.schema(request.operation.body.schema or "")
    assert is_converted(contract, request, schema.violations(body)) is expected
