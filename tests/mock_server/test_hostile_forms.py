"""Forms with many fields: the mock answers each within the deadline, and serves the next one."""

import json
from collections.abc import Iterator

import httpx
import pytest
from support.mock import RunningMock, running

from openapi.loading.loader import parse_contract

pytestmark = pytest.mark.integration

DEADLINE = 120.0
"""Seconds to wait on a busy machine."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PROPERTIES = {
    "n": {"type": ["integer", "string"]},
    "tags": {"type": "array", "items": {"type": "integer"}},
    "o": {"type": "object", "additionalProperties": {"type": "integer"}},
}
FIELDS = {
    "short fields": [f"{n:x}=1" for n in range(125_000)],
    "one field": ["n=1"] * 250_000,
    "an array": ["tags=1"] * 130_000,
    "parts of one name": [f"o[{n:x}]=1" for n in range(90_000)],
    "names with a bracket": [f"x[{n:x}]=1" for n in range(90_000)],
}


@pytest.fixture(scope="module")
def forms() -> Iterator[RunningMock]:
    schema = {"type": "object", "properties": PROPERTIES}
    closed = {**schema, "additionalProperties": False}
    paths = {
        path: {
            "post": {
                "requestBody": {"content": {FORM["Content-Type"]: {"schema": stated}}},
                "responses": {"200": {"description": "fine"}, "400": {"description": "invalid"}},
            }
        }
        for path, stated in (("/open", schema), ("/closed", closed))
    }
    document = {"openapi": "3.1.0", "info": {"title": "Forms", "version": "1"}, "paths": paths}
    with running(parse_contract("forms.json", json.dumps(document)), receivers=0) as mock:
        yield mock


@pytest.mark.parametrize("path", ["/open", "/closed"])
@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS)
def test_a_form_of_a_mebibyte_gets_a_response(
    forms: RunningMock, path: str, fields: list[str]
) -> None:
    url = f"http://{forms.host}:{forms.port}{path}"
    content = "&".join(fields)
    assert 900_000 < len(content) < 2**20
    answer = httpx.post(url, content=content, headers=FORM, timeout=DEADLINE)
    assert answer.status_code in (200, 400), answer.text
    assert httpx.post(url, content="n=1", headers=FORM, timeout=DEADLINE).status_code == 200
