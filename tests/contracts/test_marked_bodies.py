"""Marks in bodies that another program has generated."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.generators.marked_bodies import marked_body, marked_text
from contracts.model.correlators import find_correlators
from contracts.model.unique_values import UniqueValues
from openapi.loading.loader import load_contract

CONTRACT = load_contract()
OPERATION = CONTRACT.operations[0]
VALUES = UniqueValues("abc123", 1, datetime(2027, 1, 1, tzinfo=UTC)).next()
MARK = "hp-abc123-0001"
JSON = "application/json"
EXAMPLE = {
    "name": "nightly report",
    "expiresAt": "2027-06-30T00:00:00Z",
    "scopes": ["license:read", "activation:read"],
}


def marked(body: object, media_type: str = JSON, used: tuple[str, ...] = ()) -> Any:
    places = find_correlators(CONTRACT, OPERATION)
    before = copy.deepcopy(body)
    result = marked_body(CONTRACT, OPERATION, places, media_type, body, VALUES, used)
    assert body == before, "the generated body is shared with other cases"
    return result


def test_an_example_gets_unique_values() -> None:
    result = marked(EXAMPLE)
    assert result["name"] == f"{MARK} nightly report {MARK}"
    assert result["expiresAt"] != EXAMPLE["expiresAt"]
    assert result["scopes"] == EXAMPLE["scopes"]


@pytest.mark.parametrize("length", [14, 15, 200, 255, 256])
def test_a_long_text_keeps_its_length(length: int) -> None:
    text = "é" * length
    assert marked({"name": text, "scopes": []})["name"] == MARK + text[14:]


@pytest.mark.parametrize(("text", "expected"), [("ab", "ab"), ("abc", f"abc{MARK}")])
def test_a_short_text_keeps_its_length_near_the_minimum(text: str, expected: str) -> None:
    assert marked({"name": text, "scopes": []})["name"] == expected


def test_a_text_that_was_sent_before_gets_the_mark_whatever_its_length() -> None:
    body = {"name": "a", "scopes": []}
    assert marked(body, used=("a",))["name"] == f"a{MARK}"
    assert marked(body, used=("b",)) is body


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a" * 257, "scopes": []},
        {"name": "a long enough name"},
        {"name": "a long enough name", "scopes": 5},
        {"name": 5, "scopes": []},
        {"scopes": []},
        [],
        None,
        b"{}",
        {"name": "a long enough name", "scopes": [b"bytes"]},
    ],
)
def test_an_invalid_body_stays_as_it_is(body: object) -> None:
    assert marked(body) is body


def test_a_body_of_another_media_type_stays_as_it_is() -> None:
    assert marked(EXAMPLE, "text/plain") is EXAMPLE


def test_an_instant_that_no_example_states_stays_as_it_is() -> None:
    stated = "2031-01-01T00:00:00.123+05:30"
    body = {"name": "a long enough name", "expiresAt": stated, "scopes": []}
    assert marked(body)["expiresAt"] == stated


def test_a_text_stays_as_it_is_where_the_mark_does_not_fit() -> None:
    schema = {"type": "string", "maxLength": 16}
    assert marked_text("abcde", MARK, schema) == "abcde"
    assert marked_text("ab", MARK, schema) == f"ab{MARK}"
