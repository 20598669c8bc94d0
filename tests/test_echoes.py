"""A payload beside its request: what is said of each value that did not come back as it went."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.echoes.comparison import Field, beside, owners
from contracts.echoes.datetimes import moment_note, shift
from contracts.echoes.lists import items_difference, items_note
from contracts.echoes.text import text_guess, text_note
from contracts.generators.credentials import valid
from contracts.model.case import Plan, build
from contracts.model.correlators import correlators
from contracts.model.exchange import Answer, Exchange
from contracts.model.settings import Settings
from contracts.model.unique_values import Freshness
from openapi.contract import Contract
from openapi.loading.loader import load

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
def test_a_text_tells_what_happened_to_it(sent: str, came: str, note: str) -> None:
    assert text_note(sent, came) == note


def test_a_text_that_nothing_explains_is_still_described() -> None:
    assert text_guess("abc", "abc!!") == "2 characters more"
    assert text_guess("a-b-c", "abc") == "2 characters lost"
    assert text_guess("abc", "") == "empty"
    assert text_guess("abc", "xyz") == "another text"


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
        ("2027-06-30T13:11:34Z", "soon", "no date-time"),
        ("2027-06-30T13:11:34Z", "2027-06-30T15:11:34Z", ""),
    ],
)
def test_a_moment_tells_what_happened_to_it(sent: str, came: str, note: str) -> None:
    assert moment_note(sent, came) == note


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
def test_a_shift_is_told_in_words(came: str, note: str) -> None:
    assert shift("2027-06-30T13:11:34Z", came) == note


def test_a_list_tells_what_happened_to_it() -> None:
    assert items_note(["a", "b"], []) == "all items lost"
    assert items_note(["a", "b", "c"], ["a", "b"]) == "only the first 2 of 3 items"
    assert items_note(["a", "b", "c"], ["c"]) == "only the last 1 of 3 items"
    assert items_note(["aX", "b"], ["ax", "b"]) == "items in lower case"
    assert items_note(["a", "b"], ["b", "c"]) == ""
    assert items_difference(["a", "b"], ["b", "c"]) == 'lost: "a"; added: "c"'
    assert items_difference([], ["a", "b", "c", "d"]) == 'added: "a", "b", "c" and 1 more'


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load()


def exchanges(contract: Contract, *bodies: dict[str, Any]) -> list[Exchange]:
    settings = Settings("http://127.0.0.1", "abcdef", 1, token="t")
    freshness = Freshness("abcdef", 1, datetime.now(UTC))
    operation = contract.operations[0]
    places = correlators(contract, operation)
    answer = Answer(201, (), b"{}")
    made = []
    for body in bodies:
        raw = json.dumps(body).encode()
        plan = Plan("valid", "of the test", raw)
        request = build(contract, operation, places, plan, freshness.next(), valid(settings))
        made.append(Exchange(request, answer, None, 0.0, 1.0))
    return made


def test_every_echo_of_the_event_stands_beside_what_was_sent(contract: Contract) -> None:
    ask = {"name": "first " * 20, "scopes": ["a", "b"], "expiresAt": "2027-06-30T13:11:34Z"}
    one, other = exchanges(contract, ask, {**ask, "name": "second", "revoked": True})
    known = owners(contract.events[0], [one, other])

    def fields(exchange: Exchange, **data: Any) -> dict[str, Field]:
        found = beside(contract.events[0], exchange, {"data": data}, known)
        return {field.pointer: field for field in found}

    same = {**ask, "scopes": ["b", "a", "a"], "expiresAt": "2027-06-30T15:11:34.000+02:00"}
    assert [f.note for f in fields(one, **same, revoked=False).values()] == ["", "", "", ""]
    wrong = fields(one, name="second", scopes=["a", "c"], expiresAt="2027-06-30T15:11:34Z")
    assert wrong == {
        "/data/name": Field("/data/name", ask["name"], "second", "of request 2"),
        "/data/expiresAt": Field(
            "/data/expiresAt", ask["expiresAt"], "2027-06-30T15:11:34Z", "shifted by 2 hours"
        ),
        "/data/scopes": Field("/data/scopes", ["a", "b"], ["a", "c"], 'lost: "b"; added: "c"'),
        "/data/revoked": Field("/data/revoked", False, None, "missing"),
    }
    cut = fields(one, name=str(ask["name"])[:50], scopes="a,b", expiresAt=None, revoked=True)
    assert [field.note for field in cut.values()] == [
        "cut at 50 characters",
        "null",
        "string in place of array",
        "inverted",
    ]
    assert fields(other, **ask, revoked=False)["/data/revoked"].note == (
        "the default for an absent value"
    )
