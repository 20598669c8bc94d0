"""Events in runs against a small service: other methods, accepted invalid requests, repeats."""

import re
from typing import Any

import pytest
from support.notes import Answer, Notes, Received, judge_notes, notes_contract, notes_text

from contracts.checks import CHECKS
from contracts.checks.application import apply_check
from contracts.ledger.ledger import Ledger
from contracts.model.selection import Selection
from contracts.outcome import RunOutcome
from contracts.reporting.report import report
from openapi.loading.loader import parse_contract

PROVENANCE = "x-hookproof-provenance: {maxLength: guess, '*': docs}"
ASSUMED = f"{{type: string, minLength: 1, maxLength: 60, {PROVENANCE}}}"
REPEATS = Selection(only=("repeated-identical-requests",))


def reported(ledger: Ledger) -> dict[str, Any]:
    outcome = RunOutcome(ledger)
    for name, check in CHECKS.items():
        outcome.results[name] = apply_check(name, check, ledger)
    data: dict[str, Any] = report(ledger.settings, outcome, 0.0, 1.0)
    return data


def found(ledger: Ledger) -> dict[str, set[str]]:
    """Return the severities of the findings by check."""
    checks: dict[str, set[str]] = {}
    for finding in reported(ledger)["findings"]:
        checks.setdefault(finding["check"], set()).add(finding["severity"])
    return checks


@pytest.mark.integration
@pytest.mark.parametrize("sends_event", [False, True])
def test_another_method_owes_no_event_and_may_send_one(sends_event: bool, port: int) -> None:
    def answers(received: Received, answer: Answer) -> Answer:
        if received.method == "POST":
            return answer
        note = received.note or {"name": "a note"}
        event = {"event": "note.created", "name": note["name"]}
        return Answer(201, note, [event] if sends_event else [])

    selection = Selection(only=("undocumented-methods",))
    notes = Notes(answers=answers)
    ledger = judge_notes(notes_contract(), notes, port, selection=selection, allow_destructive=True)
    assert len([e for e in ledger.exchanges if e.request.method != "POST"]) > 1
    assert found(ledger) == {}


def accepts_long_names(received: Received, answer: Answer) -> Answer:
    """Accept a name that is too long, and send no event for it."""
    name = (received.note or {}).get("name")
    if isinstance(name, str) and len(name) > 60:
        return Answer(201, received.note or {})
    return answer


def announces_long_names(received: Received, answer: Answer) -> Answer:
    """Accept a name that is too long, and send its event."""
    name = (received.note or {}).get("name")
    if isinstance(name, str) and len(name) > 60:
        note = received.note or {}
        return Answer(201, note, [{"event": "note.created", "name": name}])
    return answer


LONG = Selection(only=("boundary-values",))


@pytest.mark.integration
@pytest.mark.parametrize(
    ("answers", "check"),
    [(accepts_long_names, "webhook-sent"), (announces_long_names, "webhook-schema")],
)
@pytest.mark.parametrize(("name", "severity"), [(ASSUMED, "warning"), (None, "violation")])
def test_what_follows_from_an_acceptance_is_as_severe(
    answers: Any, check: str, name: str | None, severity: str, port: int
) -> None:
    parts = {} if name is None else {"name": name}
    contract = notes_contract(**parts)
    ledger = judge_notes(contract, Notes(answers=answers), port, selection=LONG)
    checks = ["invalid-request", "response-schema", check]
    assert found(ledger) == {name: {severity} for name in checks}


@pytest.mark.integration
def test_a_fault_that_a_valid_request_shows_stays_a_violation(port: int) -> None:
    def answers(received: Received, answer: Answer) -> Answer:
        changed = accepts_long_names(received, answer)
        return Answer(changed.status, changed.body)

    contract = notes_contract(name=ASSUMED)
    ledger = judge_notes(contract, Notes(answers=answers), port, selection=LONG)
    assert found(ledger)["webhook-sent"] == {"violation"}


def sends_twice(received: Received, answer: Answer) -> Answer:
    return Answer(answer.status, answer.body, [*answer.events, *answer.events])


def sends_a_changed_copy(received: Received, answer: Answer) -> Answer:
    copies = [{**event, "attempt": 2} for event in answer.events]
    return Answer(answer.status, answer.body, [*answer.events, *copies])


@pytest.mark.integration
@pytest.mark.parametrize("answers", [sends_twice, sends_a_changed_copy])
def test_a_repeated_delivery_is_undecided_unless_the_contract_speaks_of_it(
    answers: Any, port: int
) -> None:
    ledgers = {
        trigger: judge_notes(
            notes_contract(trigger=trigger), Notes(answers=answers), port, selection=REPEATS
        )
        for trigger in ("", "redelivery: {source: docs}", "no-redelivery: {source: docs}")
    }
    unstated, allowed, forbidden = map(reported, ledgers.values())
    assert (unstated["findings"], allowed["findings"], allowed["undecided"]) == ([], [], [])
    (sentence,) = unstated["undecided"]
    assert re.fullmatch(
        r"delivery \d+ repeats delivery \d+, which had got 200, and the contract does not say "
        "whether that is right: state no-redelivery or redelivery in the x-hookproof-trigger of "
        "note.created",
        sentence,
    )
    assert {finding["check"] for finding in forbidden["findings"]} == {"webhook-redelivery"}


@pytest.mark.integration
def test_a_repeat_without_an_identity_is_undecided_unless_the_contract_speaks_of_it(
    port: int,
) -> None:
    """Repeat an event that has no value of its request: the bytes alone show the repeat."""
    ledgers = [
        judge_notes(
            notes_contract(trigger=trigger, echoes="[]"),
            Notes(answers=sends_the_same_name_twice),
            port,
            selection=REPEATS,
        )
        for trigger in ("", "redelivery: {source: docs}", "no-redelivery: {source: docs}")
    ]
    unstated, allowed, forbidden = map(reported, ledgers)
    assert (unstated["findings"], allowed["findings"], allowed["undecided"]) == ([], [], [])
    assert len(unstated["undecided"]) == 1
    assert "state no-redelivery or redelivery" in unstated["undecided"][0]
    assert {finding["check"] for finding in forbidden["findings"]} == {"webhook-unexpected"}


def sends_the_same_name_twice(_: Received, answer: Answer) -> Answer:
    events = [{"event": "note.created", "name": "a note"}] * 2 * len(answer.events)
    return Answer(answer.status, answer.body, events)


@pytest.mark.integration
def test_no_repeat_leaves_nothing_undecided(port: int) -> None:
    ledger = judge_notes(notes_contract(trigger=""), Notes(), port, selection=REPEATS)
    data = reported(ledger)
    assert (data["undecided"], data["findings"]) == ([], [])
    assert data["checks"]["webhook-redelivery"]["cases"] == 0


def test_a_contract_that_allows_and_forbids_repeats_is_an_error() -> None:
    both = "no-redelivery: {source: docs}\n        redelivery: {source: docs}"
    complaints = parse_contract("notes.yaml", notes_text(trigger=both)).complaints
    assert any("`redelivery` contradicts `no-redelivery`" in c.message for c in complaints)
