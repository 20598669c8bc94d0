"""Echoes: the explanation of each value in a payload that differs from the request."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.echoes.comparison import EchoedValue, compare_echoes, value_owners
from contracts.echoes.datetimes import describe_shift, explain_datetime
from contracts.echoes.lists import describe_items_difference, explain_items
from contracts.echoes.text import describe_text_difference, explain_text
from contracts.generators.access.tokens import valid_credential
from contracts.model.case import Case, build_request
from contracts.model.correlators import find_correlators
from contracts.model.exchange import Exchange, ReceivedResponse
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from openapi.contract import Contract
from openapi.loading.loader import load_contract

NAME = "hp-abcdef-0001 J\u00fcrgen & S\u00f8n <b>\U0001f600 hp-abcdef-0001"
DECOMPOSED = "e\u0301te\u0301"


@pytest.mark.parametrize(
    ("sent", "came", "note"),
    [
        ("a" * 80, "a" * 50, "cut at 50 characters"),
        ("a" * 80, "a" * 47 + "...", "cut at 47 characters, with ... in place of the rest"),
        ("\u00e9" * 80, "\u00e9" * 50, "cut at 50 characters (100 bytes)"),
        ("\U0001f600" * 9, "\U0001f600" * 4, "cut at 4 characters (8 UTF-16 units, 16 bytes)"),
        (
            "a" + "\u00e9" * 80,
            ("a" + "\u00e9" * 80).encode()[:50].decode(errors="replace"),
            "cut within a character, after 49 bytes (25 UTF-16 units)",
        ),
        ("abcdefgh", "efgh", "the first 4 characters lost"),
        (NAME, NAME.lower(), "in lower case"),
        (NAME, NAME.upper(), "in capitals"),
        (NAME, NAME.lower()[:20], "in lower case, cut at 20 characters (21 bytes)"),
        (" a b ", "a b", "outer white space trimmed"),
        ("a  b", "a b", "white space joined"),
        ("<b> & 'c'", "&lt;b&gt; &amp; &#x27;c&#x27;", "HTML-escaped"),
        ("<b> & c", "&lt;b&gt; &amp; c", "HTML-escaped"),
        ("a b/c", "a%20b%2Fc", "URL-encoded"),
        ("a+b", "a b", "URL-decoded"),
        ('say "x"', 'say \\"x\\"', "escaped for JSON"),
        ("J\u00fcrgen", "Jurgen", "accents lost"),
        (DECOMPOSED, "\u00e9t\u00e9", "Unicode normalised (NFC)"),
        ("\u00e9t\u00e9", DECOMPOSED, "Unicode normalised (NFD)"),
        ("J\u00fcrgen", "J\u00c3\u00bcrgen", "UTF-8 read as Latin-1"),
        ("\u20ac 5", "\u20ac 5".encode().decode("cp1252"), "UTF-8 read as Windows-1252"),
        ("J\u00fcrgen", "J?rgen", "characters outside ASCII replaced by ?"),
        ("J\u00fcrgen", "J??rgen", "bytes outside ASCII replaced by ?"),
        ("J\u00fcrgen \u0416", "J\u00fcrgen ?", "characters outside Latin-1 replaced by ?"),
        ("a\U0001f600b", "a??b", "characters beyond U+FFFF replaced by ?"),
        ("\u0416\U0001f600b", "\u0416b", "characters beyond U+FFFF lost"),
        ("abc", "xyz", ""),
        ("", "", ""),
    ],
)
def test_explains_a_changed_text(sent: str, came: str, note: str) -> None:
    assert explain_text(sent, came) == note


def test_describes_a_changed_text_without_a_known_cause() -> None:
    assert describe_text_difference("abc", "abc!!") == "2 characters more"
    assert describe_text_difference("a-b-c", "abc") == "2 characters lost"
    assert describe_text_difference("abc", "") == "empty"
    assert describe_text_difference("abc", "xyz") == "different text"


@pytest.mark.parametrize(
    ("sent", "came", "note"),
    [
        ("2027-06-30T13:11:34Z", "2027-06-30T00:00:00Z", "cut to the day"),
        ("2027-06-30T13:11:34Z", "2027-06-30T00:00:00+02:00", "cut to the day"),
        ("2027-06-30T13:11:34Z", "2027-06-30", "cut to the day"),
        ("2027-06-30T13:11:34Z", "2027-06-30T13:00:00.000Z", "cut to the hour"),
        ("2027-06-30T13:11:34.5Z", "2027-06-30T13:11:34Z", "cut to the second"),
        ("2027-06-30T13:11:34Z", "2027-06-30T13:11:34", "time zone dropped"),
        ("2027-06-30T13:11:34Z", "2027-06-30 13:11:34", "time zone dropped"),
        (
            "2027-06-30T13:11:34Z",
            "2027-06-30T15:11:34",
            "time zone dropped, shifted by 2 hours",
        ),
        (
            "2027-06-30T13:11:34+02:00",
            "2027-06-30T13:11:34Z",
            "the same reading in another time zone",
        ),
        ("2027-06-05T13:11:34Z", "2027-05-06T13:11:34Z", "day and month swapped"),
        ("2027-06-06T13:11:34Z", "2027-06-06T14:12:34Z", ""),
        ("2027-06-30T13:11:34Z", "soon", "not a date-time"),
        ("2027-06-30T13:11:34Z", "2027-06-30T15:11:34Z", ""),
    ],
)
def test_explains_a_changed_date_time(sent: str, came: str, note: str) -> None:
    assert explain_datetime(sent, came) == note


@pytest.mark.parametrize(
    ("came", "note"),
    [
        ("2027-06-30T15:11:34Z", "shifted by 2 hours"),
        ("2027-06-30T11:11:34.000Z", "shifted by -2 hours"),
        ("2027-06-30T14:11:34Z", "shifted by 1 hour"),
        ("2027-07-02T13:11:34Z", "shifted by 2 days"),
        ("2027-06-30T13:41:34Z", "shifted by 30 minutes"),
        ("2027-06-30T13:11:34.25Z", "shifted by 250 ms"),
        ("2027-06-30T16:14:38Z", "shifted by 3:03:04"),
    ],
)
def test_describes_the_shift_of_a_date_time(came: str, note: str) -> None:
    assert describe_shift("2027-06-30T13:11:34Z", came) == note


def test_explains_a_changed_list() -> None:
    assert explain_items(["a", "b"], []) == "all items lost"
    assert explain_items(["a", "b", "c"], ["a", "b"]) == "only the first 2 of 3 items"
    assert explain_items(["a", "b", "c"], ["c"]) == "only the last 1 of 3 items"
    assert explain_items(["aX", "b"], ["ax", "b"]) == "items in lower case"
    assert explain_items(["a", "b"], ["b", "c"]) == ""
    assert describe_items_difference(["a", "b"], ["b", "c"]) == 'lost: "a"; added: "c"'
    assert describe_items_difference([], ["a", "b", "c", "d"]) == 'added: "a", "b", "c" and 1 more'


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


def exchanges(contract: Contract, *bodies: dict[str, Any]) -> list[Exchange]:
    settings = Settings("http://127.0.0.1", "abcdef", 1, token="t")
    freshness = UniqueValues("abcdef", 1, datetime.now(UTC))
    operation = contract.operations[0]
    places = find_correlators(contract, operation)
    response = ReceivedResponse(201, (), b"{}")
    made = []
    for body in bodies:
        raw = json.dumps(body).encode()
        plan = Case("valid", "of the test", raw)
        request = build_request(
            contract, operation, places, plan, freshness.next(), valid_credential(settings)
        )
        made.append(Exchange(request, response, None, 0.0, 1.0))
    return made


def test_compares_every_echo_with_the_value_that_was_sent(contract: Contract) -> None:
    ask = {"name": "first " * 20, "scopes": ["a", "b"], "expiresAt": "2027-06-30T13:11:34Z"}
    one, other = exchanges(contract, ask, {**ask, "name": "second", "revoked": True})
    known = value_owners(contract, contract.events[0], [one, other])

    def fields(exchange: Exchange, **data: Any) -> dict[str, EchoedValue]:
        found = compare_echoes(contract.events[0], exchange, {"data": data}, known)
        return {field.pointer: field for field in found}

    same = {**ask, "scopes": ["b", "a", "a"], "expiresAt": "2027-06-30T15:11:34.000+02:00"}
    assert [f.note for f in fields(one, **same, revoked=False).values()] == ["", "", "", ""]
    wrong = fields(one, name="second", scopes=["a", "c"], expiresAt="2027-06-30T15:11:34Z")
    assert wrong == {
        "/data/name": EchoedValue("/data/name", ask["name"], "second", "of request 2"),
        "/data/expiresAt": EchoedValue(
            "/data/expiresAt", ask["expiresAt"], "2027-06-30T15:11:34Z", "shifted by 2 hours"
        ),
        "/data/scopes": EchoedValue(
            "/data/scopes", ["a", "b"], ["a", "c"], 'lost: "b"; added: "c"'
        ),
        "/data/revoked": EchoedValue(
            "/data/revoked", None, None, "missing; an absent value means false"
        ),
    }
    cut = fields(one, name=str(ask["name"])[:50], scopes="a,b", expiresAt=None, revoked=True)
    assert [field.note for field in cut.values()] == [
        "cut at 50 characters",
        "null",
        "string in place of array",
        "inverted; an absent value means false",
    ]
    assert fields(other, **ask, revoked=False)["/data/revoked"].note == (
        "the default for an absent value"
    )
