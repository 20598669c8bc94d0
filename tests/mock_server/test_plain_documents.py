"""Responses of a mock of a document without extensions."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from support.mock import RunningMock, running

from openapi.contract import Contract
from openapi.loading.loader import parse_contract

pytestmark = pytest.mark.integration

NUMBER = {"name": "n", "in": "query", "schema": {"type": "integer"}}
TEXT = {"type": "string"}


def described(schema: Any, media_type: str = "application/json") -> dict[str, Any]:
    return {"description": "it", "content": {media_type: {"schema": schema}}}


def needing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


@contextmanager
def asking(**responses: Any) -> Iterator[tuple[Contract, RunningMock]]:
    """Serve `GET /it` with these responses by status; `default` is that with the key `default`."""
    named = {key.removeprefix("s"): stated for key, stated in responses.items()}
    paths = {"/it": {"get": {"parameters": [NUMBER], "responses": named}}}
    document = {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths}
    contract = parse_contract("api.json", json.dumps(document))
    with running(contract) as mock:
        yield contract, mock


def ask(mock: RunningMock, **parameters: Any) -> httpx.Response:
    return mock.client.get(mock.url, params=parameters)


CLOSED = {"additionalProperties": False}
ERRORS: dict[str, Any] = {
    "branches that share a property": {"oneOf": [
        needing(message=TEXT, kind={"enum": ["a"]}),
        needing(message={**TEXT, "maxLength": 5}, kind={"enum": ["b"]}),
    ]},
    "a branch with a short text": {"oneOf": [
        needing(message={**TEXT, "maxLength": 4}), needing(message={**TEXT, "minLength": 5}),
    ]},
    "branches that exclude each other by a property": {"oneOf": [
        {**needing(message=TEXT), **CLOSED}, {**needing(message=TEXT, code=TEXT), **CLOSED},
    ]},
    "equal branches": {"oneOf": [needing(message=TEXT), needing(message=TEXT)]},
    "a text and branches": {
        **needing(message=TEXT),
        "oneOf": [needing(message={"enum": ["gone", "bad"]}), needing(code=TEXT)],
    },
    "a text that a branch forbids": {
        **needing(message=TEXT), "not": needing(message={**TEXT, "minLength": 12}),
    },
    "an enumeration": needing(message={**TEXT, "enum": ["bad", "worse"]}),
    "a pattern": needing(message={**TEXT, "pattern": "^E[0-9]{3}$"}),
    "a text within another object": needing(error=needing(text={**TEXT, "maxLength": 7})),
    "a list of texts": {"type": "array", "minItems": 1, "items": needing(text=TEXT)},
    "a text alone": {**TEXT, "maxLength": 3},
    "null": {"nullable": True, "type": "string", "enum": [None]},
    "a condition": {"allOf": [needing(message=TEXT, status={"type": "integer"}), {
        "anyOf": [needing(message={"maxLength": 9}), needing(status={"minimum": 500})],
    }]},
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_body_is_valid_by_its_schema(name: str) -> None:
    with asking(s200=described({}), s400=described(ERRORS[name])) as (contract, mock):
        response = contract.operations[0].responses["400"]
        schema = contract.schema(response.content["application/json"])
        for answer in (ask(mock, n="x"), ask(mock, n="12,13")):
            assert answer.status_code == 400
            assert schema.violations(answer.json()) == ()
        # Without a documented response, the body has the format of the first documented error.
        for answer in (mock.client.post(mock.url), mock.client.get(f"{mock.url}/nothing")):
            assert answer.status_code in (404, 405)
            assert schema.violations(answer.json()) == ()


def test_an_error_body_has_the_message_where_its_schema_allows_any_text() -> None:
    with asking(s200=described({}), s400=described(needing(message=TEXT))) as (_, mock):
        assert '"x" is string' in ask(mock, n="x").json()["message"]


def test_a_valid_request_gets_no_documented_error() -> None:
    for statuses in (("400",), ("401", "500"), ("404", "4XX"), ()):
        named = {f"s{status}": described(needing(message=TEXT)) for status in statuses}
        with asking(**named) as (_, mock):
            answer = ask(mock, n=1)
            assert (answer.status_code, answer.content) == (200, b"")


def test_a_valid_request_gets_the_default_response_without_another_success() -> None:
    stated = described(needing(name={"enum": ["it"]}))
    with asking(default=stated, s404=described({})) as (_, mock):
        answer = ask(mock, n=1)
        assert (answer.status_code, answer.json()) == (200, {"name": "it"})


def test_a_redirection_is_the_response_to_a_valid_request_without_a_success() -> None:
    with asking(s307={"description": "elsewhere"}, s400=described({})) as (_, mock):
        assert ask(mock, n=1).status_code == 307
