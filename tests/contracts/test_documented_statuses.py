"""Runs against a service whose contract documents ranges, `default` or several responses."""

import pytest
from support.notes import RESPONSES, Answer, Notes, Received, judge_notes, notes_contract

from contracts.ledger.ledger import Ledger
from contracts.model.selection import Selection
from contracts.reporting.report import status_counts
from contracts.run import find_faults

pytestmark = pytest.mark.integration

INVALID = '"400": {<<: *error, x-hookproof-cause: {kind: invalid-request, source: docs}}'
BOTH = f"{RESPONSES}        {INVALID.replace('400', '422')}\n"
TWO_SUCCESSES = RESPONSES.replace(
    '"201"',
    '"200": {<<: *note, x-hookproof-cause: {kind: valid-request, source: docs}}\n        "201"',
)
KEY = "[{name: Idempotency-Key, in: header, schema: {type: string}}]"
DUPLICATE = """
        "409": {<<: *error, x-hookproof-cause: {kind: duplicate-request, duplicate-values: [%s],
          source: docs}}
"""


def messages(ledger: Ledger) -> list[str]:
    return [f"{one.finding.check}: {one.finding.message}" for one in find_faults(ledger)]


@pytest.mark.parametrize("key", ['"4XX"', "default"])
@pytest.mark.parametrize("status", [400, 418])
def test_a_range_or_default_documents_the_rejection(key: str, status: int, port: int) -> None:
    contract = notes_contract(RESPONSES.replace('"400"', key))
    ledger = judge_notes(contract, Notes(invalid=status), port, webhooks=False)
    assert messages(ledger) == []
    counted = status_counts(ledger)[key.strip('"')]
    assert counted["seen"] > 10


@pytest.mark.parametrize(("key", "wanted"), [('"4XX"', "4XX"), ("default", r"4XX \(default\)")])
def test_a_success_is_no_documented_rejection(key: str, wanted: str, port: int) -> None:
    contract = notes_contract(RESPONSES.replace('"400"', key))
    ledger = judge_notes(contract, Notes(invalid=200), port, webhooks=False)
    found = messages(ledger)
    assert found
    expected = f"and got 200, expected {wanted.replace(chr(92), '')}"
    assert any(expected in message for message in found), found


@pytest.mark.parametrize("status", [400, 422])
def test_each_of_two_rejections_is_accepted(status: int, port: int) -> None:
    ledger = judge_notes(notes_contract(BOTH), Notes(invalid=status), port, webhooks=False)
    assert messages(ledger) == []
    wrong = judge_notes(notes_contract(BOTH), Notes(invalid=409), port, webhooks=False)
    assert any("got 409, expected 400 or 422" in message for message in messages(wrong))


@pytest.mark.parametrize("status", [200, 201])
def test_each_of_two_successes_is_accepted(status: int, port: int) -> None:
    contract = notes_contract(TWO_SUCCESSES, status="2XX")
    ledger = judge_notes(contract, Notes(created=status), port)
    assert messages(ledger) == []
    assert len(ledger.reconciliation.pairs) > 10


@pytest.mark.parametrize("place", ["$request.header.Idempotency-Key", "$request.body#/comment"])
def test_a_duplicate_repeats_a_header_or_an_absent_property(place: str, port: int) -> None:
    """Reject a repeated key, so that a run which sends one key twice by accident shows it."""
    contract = notes_contract(
        RESPONSES + DUPLICATE.replace("%s", f'"{place}"'),
        parameters=KEY,
        name="{type: string, minLength: 1, maxLength: 60}\n        comment: {type: string}",
    )
    seen: set[str] = set()

    def answers(received: Received, answer: Answer) -> Answer:
        key = received.headers.get("Idempotency-Key") or ""
        if answer.status != 201 or not key:
            return answer
        if key in seen:
            return Answer(409, {"message": "a duplicate"})
        seen.add(key)
        return answer

    selection = Selection(only=("duplicate-requests",))
    ledger = judge_notes(
        contract, Notes(answers=answers), port, webhooks=False, selection=selection
    )
    assert messages(ledger) == []
    statuses = [e.status for e in ledger.exchanges if e.request.phase == "duplicate"]
    assert statuses == ([409] * 6 if "header" in place else [201] * 6)
