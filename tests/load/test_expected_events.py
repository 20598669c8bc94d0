"""Matching of expected events and arrivals, in any order. Pure."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.load.expected_events import Arrival, EventMatching, ExpectedEvent
from openapi.loading.loader import load_contract

CONTRACT = load_contract()
EVENT = CONTRACT.events[0].name
WORKSHOP = load_contract(Path(__file__).resolve().parents[1] / "data" / "workshop.yaml")
"""Contract whose events echo an id that the service made."""
RUN = "abc123"


def expected(number: int, **changes: Any) -> ExpectedEvent:
    made = ExpectedEvent(f"hp-{RUN}-{number:04}", EVENT, 100.0, required=True, correlated=True)
    return replace(made, **changes)


def arrival(number: int, name: str, **changes: Any) -> Arrival:
    payload = {"event": EVENT, "data": {"name": name, **changes.pop("data", {})}}
    text = json.dumps(payload)
    made = Arrival(number, 101.0, "/", text, len(text), 200, EVENT, "valid", payload)
    return replace(made, **changes)


@pytest.fixture
def matching() -> EventMatching:
    matching = EventMatching(CONTRACT)
    matching.add_run(RUN)
    return matching


def test_an_event_that_arrives_before_its_response_is_reported_is_paired(
    matching: EventMatching,
) -> None:
    early = arrival(1, f"hp-{RUN}-0001 nightly")
    assert [*matching.arrive(early)] == []
    (pairing,) = matching.expect(expected(1))
    assert (pairing.arrival, pairing.is_first) == (early, True)
    assert pairing.paired.delay_s == 1.0
    assert [*matching.missing()] == []
    assert [*matching.unexpected()] == []


def test_a_second_delivery_is_not_the_first(matching: EventMatching) -> None:
    assert [*matching.expect(expected(1))] == []
    first, second = (arrival(n, f"hp-{RUN}-0001") for n in (1, 2))
    assert [p.is_first for one in (first, second) for p in matching.arrive(one)] == [True, False]


def test_a_missing_event_is_required(matching: EventMatching) -> None:
    some = [expected(1), expected(2, required=False), expected(3)]
    for one in some:
        assert [*matching.expect(one)] == []
    assert len([*matching.arrive(arrival(1, f"hp-{RUN}-0003"))]) == 1
    assert [*matching.missing()] == [some[0]]


def test_a_value_that_the_service_made_pairs_a_payload_without_a_mark() -> None:
    matching = EventMatching(WORKSHOP)
    matching.add_run(RUN)
    event = WORKSHOP.events[0].name
    due = expected(1, event=event, identities=(("/customer/id", "cus_1"),))
    assert [*matching.expect(due)] == []
    other, same = (
        arrival(number, "replaced", event=event, payload={"customer": {"id": f"cus_{number}"}})
        for number in (2, 1)
    )
    assert [*matching.arrive(other)] == []
    assert len([*matching.arrive(same)]) == 1
    assert [*matching.unexpected()] == [other]


def test_events_without_correlators_pair_in_order(matching: EventMatching) -> None:
    some = [expected(n, correlated=False) for n in (1, 2)]
    early = arrival(1, "anything")
    assert [*matching.arrive(early)] == []
    (pairing,) = matching.expect(some[0])
    assert pairing.paired.expected is some[0]
    assert [*matching.expect(some[1])] == []
    (pairing,) = matching.arrive(arrival(2, "anything else"))
    assert pairing.paired.expected is some[1]
    assert [*matching.arrive(arrival(3, "one more"))] == []
    assert [one.id for one in matching.unexpected()] == [3]


@pytest.mark.parametrize(
    ("stranger", "is_unexpected"),
    [
        (arrival(1, f"hp-{RUN}-0009"), True),
        (arrival(1, f"hp-{RUN}-0009", signature="invalid"), True),
        (arrival(1, "without a mark"), True),
        (arrival(1, "without a mark", signature="invalid"), False),
        (arrival(1, "hp-zzz999-0001"), False),
    ],
)
def test_what_nothing_explains_is_unexpected_if_it_is_of_the_service_and_of_this_run(
    stranger: Arrival, is_unexpected: bool, matching: EventMatching
) -> None:
    assert [*matching.arrive(stranger)] == []
    assert [*matching.unexpected()] == [stranger] * is_unexpected
    assert matching.stranger_count() == (not is_unexpected)


def test_a_request_without_a_response_excuses_its_event(matching: EventMatching) -> None:
    matching.excuse([f"hp-{RUN}-0009"])
    some = [arrival(1, f"hp-{RUN}-0009"), arrival(2, "no mark"), arrival(3, "no mark either")]
    for one in some:
        assert [*matching.arrive(one)] == []
    assert [*matching.unexpected()] == [some[2]]


def test_a_wrong_echo_is_told_with_place_and_both_values(matching: EventMatching) -> None:
    name = f"hp-{RUN}-0001 nightly report hp-{RUN}-0001"
    index = next(
        i
        for i, echo in enumerate(CONTRACT.events[0].trigger["echoes"])
        if echo["to"] == "/data/name"
    )
    assert [*matching.expect(expected(1, echoes=((index, name),)))] == []
    (pairing,) = matching.arrive(arrival(1, name[:20]))
    assert [*matching.wrong_echoes(pairing)] == [(index, "/data/name", name, name[:20])]
