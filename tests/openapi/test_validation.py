"""Validation: dates, places of violations, agreement of two validators, JSON parsing."""

import json
from typing import Any

import hypothesis.strategies as st
import jsonschema
import pytest
from hypothesis import given, settings

from openapi.contract import Contract
from openapi.loading.loader import load_contract
from openapi.schemas.formats import date_time_to_ns
from openapi.schemas.validation import Schema, format_checker
from openapi.strict_json import parse_json

CONTRACT = load_contract()
REQUEST = "/components/schemas/PersonalAccessTokenRequest"
EVENT = "/components/schemas/PersonalAccessTokenCreatedEvent"

DATES = {
    "2018-04-20T13:11:34.6926949Z": True,
    "2018-04-20T13:11:34Z": True,
    "2018-04-20t13:11:34z": True,
    "2018-04-20T13:11:34+05:30": True,
    "2018-04-20T13:11:34-00:00": True,
    "2016-12-31T23:59:60Z": True,
    "2024-02-29T00:00:00Z": True,
    "2023-02-29T00:00:00Z": False,
    "2018-04-31T00:00:00Z": False,
    "2018-13-01T00:00:00Z": False,
    "2018-04-20T24:00:00Z": False,
    "2018-04-20T13:11:34": False,
    "2018-04-20 13:11:34Z": False,
    "2018-04-20": False,
    "2018-04-20T13:11:34.Z": False,
    "2018-04-20T13:11:34+25:00": False,
    "2018-04-20T13:11:34Z\n": False,
    "\u0662018-04-20T13:11:34Z": False,
    "1524229894": False,
    "": False,
}


@pytest.mark.parametrize("text", DATES)
def test_validates_dates(text: str) -> None:
    schema = CONTRACT.schema(REQUEST)
    body = {"name": "a", "scopes": [], "expiresAt": text}
    assert schema.is_valid(body) is DATES[text]
    assert [v.keyword for v in schema.violations(body)] == ([] if DATES[text] else ["format"])


def test_equal_instants_in_different_formats_are_equal() -> None:
    spellings = [
        "2027-01-01T00:00:00Z",
        "2027-01-01T02:00:00+02:00",
        "2026-12-31T19:00:00.000-05:00",
    ]
    assert len({date_time_to_ns(text) for text in spellings}) == 1
    first, second = (
        date_time_to_ns("2027-01-01T00:00:00Z"),
        date_time_to_ns("2027-01-01T00:00:00.123456789Z"),
    )
    assert first is not None
    assert second is not None
    assert second - first == 123456789


def test_a_violation_has_its_place_in_payload_and_contract() -> None:
    payload: Any = json.loads(json.dumps(CONTRACT.events[0].examples[0]))
    payload["data"]["user"]["organization"]["address"] = 5
    payload["data"]["user"]["tags"] = ["a", None]
    del payload["data"]["id"]
    found = {(v.keyword, v.instance, v.pointer) for v in CONTRACT.schema(EVENT).violations(payload)}
    assert found == {
        ("type", "/data/user/organization/address", "/components/schemas/Address/type"),
        ("type", "/data/user/tags/1", "/components/schemas/User/properties/tags/items/type"),
        ("required", "/data", "/components/schemas/PersonalAccessToken/required"),
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
TEXTS = (
    st.text() | st.sampled_from(sorted(DATES)) | st.datetimes().map(lambda d: f"{d.isoformat()}Z")
)
BODIES = JSON | st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=300) | JSON,
        "revoked": st.booleans() | JSON,
        "expiresAt": TEXTS | JSON,
        "scopes": st.lists(st.text() | JSON, max_size=4) | JSON,
    },
)


@given(body=BODIES)
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_the_compiled_validator_agrees_with_the_reference_validator(body: object) -> None:
    rooted = {**CONTRACT.document, "$ref": f"#{REQUEST}"}
    reference = jsonschema.Draft202012Validator(rooted, format_checker=format_checker())
    schema = CONTRACT.schema(REQUEST)
    assert schema.is_valid(body) is reference.is_valid(body)
    assert (schema.violations(body) == ()) is reference.is_valid(body)


@pytest.mark.parametrize("pointer", ["/$defs/list", "/$defs/both", "/anyOf/0", "/anyOf/1", ""])
def test_a_schema_is_compiled_with_what_it_refers_to(pointer: str) -> None:
    document = {
        "$defs": {
            "list": {"type": "array", "items": {"$ref": "#/$defs/item/properties/size"}},
            "item": {"properties": {"size": {"type": "integer"}}},
            "options": {"anyOf": [{"$ref": "#/$defs/list"}, {"type": "null"}]},
            "both": {"allOf": [{"$ref": "#/$defs/options"}, {"$ref": "#/$defs/options/anyOf/0"}]},
        },
        "anyOf": [{"$ref": "#/$defs/list"}, {"type": "array", "items": {"$ref": "#/anyOf/2"}},
                  {"type": "integer"}],
    }  # fmt: skip
    schema = Schema(document, pointer, {})
    assert schema.is_valid([1, 2])
    assert not schema.is_valid([1, "2"])


@pytest.mark.parametrize(
    "value",
    ["\ud800", {"name": "\udfff", "scopes": []}, 10**400, float("inf"), [[[]]] * 3, {"\ud800": 1}],
)
def test_validation_raises_for_no_value(value: object) -> None:
    schema = CONTRACT.schema(REQUEST)
    assert schema.is_valid(value) is (schema.violations(value) == ())


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "the body is empty"),
        (b"{", "Expecting property name"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'"\xff"', "not UTF-8 at byte 1"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 5000, "integer string conversion"),
        (b"{} x", "Extra data"),
    ],
)
def test_parse_json_returns_the_problem(raw: bytes, problem: str) -> None:
    text = parse_json(raw)
    assert text.problem is not None
    assert problem in text.problem


def test_parse_json_reports_byte_order_mark_duplicate_keys_and_depth() -> None:
    text = parse_json(b'\xef\xbb\xbf{"a": {"b": [1, "[[[["]}, "a": 2}')
    assert (text.value, text.problem) == ({"a": 2}, None)
    assert text.has_byte_order_mark
    assert text.has_duplicate_keys
    assert text.depth == 3


def test_a_contract_caches_its_compiled_schemas() -> None:
    contract: Contract = load_contract()
    assert contract.schema(REQUEST) is contract.schema(REQUEST)
