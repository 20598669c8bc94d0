"""The receivers of the tests: each correct one is correct, and each mistake shows."""

import json
import os
from collections import Counter
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml
from receivers.client import Client, Delivery
from receivers.launching import (
    SECRET,
    Running,
    program,
    running,
    running_difference,
    running_mistake,
)
from receivers.probes import CORRECT, PROBES
from receivers.table import LANGUAGES, Entry, differences, mistakes
from support.processes import hookproof, started
from support.sampling import some

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
SOME = 3
"""Distance between the mistakes that get a run otherwise."""
SHOWN_BY = {
    "signs-parsed-json": "odd_bytes",
    "also-signs-parsed-json": "same_json",
    "signs-decoded-text": "conforming",
    "signs-stripped-body": "final_newline",
    "no-freshness": "ages",
    "remembers-signatures": "accepted_again_as_new",
    "unsigned-timestamp": "signed_without_timestamp",
    "no-signature-check": "forged",
    "missing-header-accepted": "no_signature_header",
    "empty-signature-accepted": "empty_signature",
    "compares-prefix": "cut_signature",
    "first-signature-only": "several_signatures",
    "any-version": "unknown_version",
    "case-sensitive-headers": "header_names",
    "empty-key-accepted": "empty_key",
    "sha1-accepted": "sha1",
    "future-accepted": "ages",
    "past-accepted": "ages",
    "window-of-a-day": "ages",
    "timestamp-500": "odd_timestamp",
    "missing-header-500": "unsigned",
    "non-ascii-signature-500": "non_ascii_signature",
    "signature-not-base64-500": "odd_signature",
    "always-200": "forged",
    "answers-before-check": "forged",
    "handles-twice": "again",
    "handles-twice-at-once": "both_at_once",
    "handles-new-signature-twice": "again",
    "older-overwrites": "older_after_newer",
    "duplicate-409": "again",
    "duplicate-500": "again",
    "duplicate-at-once-500": "both_at_once",
    "unknown-type-500": "unknown_type",
    "unknown-type-422": "unknown_type",
    "non-json-500": "non_json",
    "odd-json-500": "odd_json",
    "schema-violation-500": "broken_schema",
    "unknown-property-400": "unknown_property",
    "retry-without-effect": "burst_and_retries",
    "retry-refused": "burst_and_retries",
    "deadline-missed": "conforming",
    "redirects": "no_signature_header",
    "handles-get": "other_methods",
    "shows-expected-signature": "leaks",
    "shows-secret": "leaks",
    "closes-on-forgery": "forged",
    "never-answers-invalid": "invalid",
    "fails-in-parallel": "burst",
    "stays-down": "burst",
    "rate-limit-without-retry-after": "burst",
    "shows-stack-trace": "leaks",
    "ignores-expect": "expectation",
    "ignores-chunks": "chunked",
    "reads-body-once": "large",
    "small-limit": "conforming",
    "joins-chunks-as-text": "chunked",
    "tolerance-in-milliseconds": "ages",
    "seconds-minus-milliseconds": "ages",
    "nan-accepted": "signed_odd_timestamp",
    "ping-accepted": "empty_body_signature",
    "unequal-length-500": "odd_signature",
    "secret-not-decoded": "conforming",
    "handles-new-timestamp-twice": "again",
    "duplicate-400": "again",
    "unknown-type-crashes": "unknown_type",
    "deep-json-500": "odd_json",
    "lone-surrogate-500": "lone_surrogate",
    "voided-without-response": "voided",
    "crashes-under-load": "burst",
    "signs-sorted-json": "conforming",
    "signs-joined-lines": "final_newline",
    "repeated-timestamp": "two_timestamps",
    "timestamp-as-milliseconds": "conforming",
    "duplicate-422": "again",
    "deadlock-at-once": "both_at_once",
    "deep-json-closes": "odd_json",
    "whole-float-500": "whole_float",
    "chunked-500": "chunked",
    "drops-under-load": "burst",
}
"""Probe that shows a mistake."""
SILENT = {
    "deadline-missed",
    "never-answers-invalid",
    "ignores-expect",
    "voided-without-response",
    "deadlock-at-once",
}
"""Mistakes that leave a request without a response."""
PATIENCE_S = 3.0
"""Seconds to wait for a response that does not come."""
HOLES = {
    "signature over re-serialised JSON",
    "no freshness check",
    "fresh unsigned timestamp over an old payload",
    "the same event handled twice, in sequence",
    "the same event handled twice, at once",
}
REFUSALS = {400, 401, 403}
LEGAL = (
    "conforming",
    "unsigned",
    "empty_signature",
    "forged",
    "changed_body",
    "odd_bytes",
    "same_json",
    "several_signatures",
    "header_names",
    "lone_surrogate",
    "expectation",
)
"""Probes that a receiver with a legal difference answers with the same class of statuses."""


def needs(language: str) -> None:
    """Skip a test whose language is missing; in CI it fails instead."""
    if program(language) is None:
        reason = f"{language} is missing"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


def present() -> list[str]:
    """Return the languages of the table."""
    return [language for language in LANGUAGES if any(e.language == language for e in mistakes())]


@pytest.mark.parametrize("language", present())
def test_a_correct_receiver_is_right_in_each_probe(language: str) -> None:
    needs(language)
    with running(language) as receiver:
        client = Client(receiver)
        found = {name: probe(client) for name, probe in PROBES.items()}
    assert found == CORRECT


@pytest.mark.parametrize("language", present())
def test_a_correct_receiver_of_the_shipped_contract_checks_the_body(language: str) -> None:
    needs(language)
    path = ROOT / "openapi" / "personal-access-tokens.yaml"
    contract = yaml.safe_load(path.read_text(encoding="utf-8"))
    webhook = contract["webhooks"]["personalAccessToken.created"]["post"]
    media_type = webhook["requestBody"]["content"]["application/json"]
    payload = media_type["examples"]["created"]["value"]
    with running(language, scheme="body") as receiver:
        client = Client(receiver)
        assert client.body_only(payload) == 200
        assert client.body_only(payload, "AAAA") == 401
        assert client.body_only({**payload, "data": 1}) == 400
        assert client.body_only(payload) == 200
        assert client.effects() == 1


@pytest.mark.parametrize("entry", some(mistakes(), SOME), ids=str)
def test_a_mistake_shows(entry: Entry) -> None:
    needs(entry.language)
    name = SHOWN_BY[entry.name]
    with running_mistake(entry) as receiver:
        client = Client(receiver, PATIENCE_S) if entry.name in SILENT else Client(receiver)
        found = PROBES[name](client)
    expected = CORRECT[name]
    assert found != expected
    if entry.observe:  # the responses alone are right
        assert found[:-1] == expected[:-1]


@pytest.mark.parametrize("entry", differences(), ids=str)
def test_a_difference_is_legal(entry: Entry) -> None:
    needs(entry.language)
    with running_difference(entry) as receiver:
        client = Client(receiver)
        for name in LEGAL:
            classes = [status // 100 for status in PROBES[name](client)]
            assert classes == [status // 100 for status in CORRECT[name]], name
        assert client.status(Delivery().aged(3600)) in REFUSALS


def test_the_contract_has_no_fault_and_its_deliveries_are_those_of_the_client() -> None:
    contract = ROOT / "tests" / "data" / "receiver.yaml"
    linted = hookproof("lint", str(contract))
    assert linted.stdout.endswith(": 0 errors, 0 warnings\n"), linted.stdout
    options = ["--port", "0", "--contract", str(contract), "--webhook-secret", SECRET]
    with started(["-m", "hookproof", "sink", *options]) as url:
        sink = Running(int(url.rstrip("/").rpartition(":")[2]), 0)
        client = Client(sink)
        for delivery in (Delivery(), Delivery(signature="v1,AAAA")):
            assert client.status(delivery) == 200
        with urlopen(f"{url.rstrip('/')}/_hookproof/api/deliveries") as response:
            stored = json.loads(response.read())["deliveries"]
    found = {one["id"]: (one["signature"], one["verdict_kind"]) for one in stored}
    assert found == {1: ("valid", "conforms"), 2: ("invalid", "violation")}


def test_the_table_has_each_hole_in_each_language() -> None:
    for language in present():
        own = [entry for entry in mistakes() if entry.language == language]
        assert {entry.hole for entry in own} - {None} == HOLES, language
        assert len(own) >= 20, language
    assert len(differences()) >= 20 or len(present()) < len(LANGUAGES)


def test_each_entry_says_in_one_sentence_what_the_developer_did() -> None:
    path = ROOT / "tests" / "shared" / "receivers" / "mistakes.yaml"
    properties = yaml.safe_load(path.read_text(encoding="utf-8"))["properties"]
    assert list(properties) == list(range(1, 29))
    for entry in (*mistakes(), *differences()):
        assert entry.did.endswith("."), entry
    for entry in mistakes():
        assert entry.rows, entry
        assert set(entry.rows) <= set(properties), entry
    assert {entry.name for entry in mistakes()} == set(SHOWN_BY)
    counted = Counter(str(entry) for entry in (*mistakes(), *differences()))
    assert set(counted.values()) == {1}
