"""Lookalike values: unique without the mark, valid, and paired with their events."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from support.parcels import SECRET, parcels_contract

from contracts.expectations.ambiguity import has_unused_name
from contracts.expectations.expectation import may_succeed
from contracts.generators import lax_values, lookalike_values
from contracts.generators.body_properties import body_schema
from contracts.ledger.ledger import JudgedDelivery, Reconciliation, group_deliveries
from contracts.ledger.matching import reconcile
from contracts.model.case import Case, build_request
from contracts.model.correlators import MARK_PATTERN, find_correlators
from contracts.model.exchange import Credential, Exchange, ReceivedResponse, Request
from contracts.model.unique_values import DIGITS_PATTERN, UniqueValues, mark_digits
from openapi.contract import Contract
from openapi.examples import body_example
from openapi.loading.loader import load_contract
from openapi.signatures.message import Message
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.verdict import judge

CONTRACT = load_contract()
PARCELS = parcels_contract()
VALID = Credential("valid", "accepted", "Bearer token")
RUN, OTHER_RUN = "abc123", "zzz999"
TEXTS = (
    *lookalike_values.PLAINEST_TEXTS,
    *lookalike_values.USUAL_TEXTS,
    *lookalike_values.MANY_TEXTS,
)
PLACES = [
    (CONTRACT, "createPersonalAccessToken", "/name"),
    (PARCELS, "bookParcel", "/addressee/label"),
]
OPERATIONS = [place[:2] for place in PLACES]


def base_body(contract: Contract, name: str) -> dict[str, Any]:
    return dict(body_example(contract, body_schema(contract.operation(name))))


def requests_of(
    contract: Contract, name: str, cases: list[Case], run_id: str = RUN
) -> list[Request]:
    operation = contract.operation(name)
    fresh = UniqueValues(run_id, 1, datetime(2027, 1, 1, tzinfo=UTC))
    places = find_correlators(contract, operation)
    return [build_request(contract, operation, places, c, fresh.next(), VALID) for c in cases]


@pytest.mark.parametrize(("contract", "name", "place"), PLACES, ids=["pat", "parcel"])
def test_texts_are_valid_unmarked_and_different(contract: Contract, name: str, place: str) -> None:
    operation, body = contract.operation(name), base_body(contract, name)
    cases = list(lookalike_values.lookalike_text_cases(contract, operation, body, TEXTS))
    made = [r for r in requests_of(contract, name, cases) if f"for {place[1:]}" in r.description]
    values = [str(request.correlator_values[place]) for request in made]
    assert len(set(values)) == len(values) == len(TEXTS)
    assert not any(MARK_PATTERN.search(value) for value in values)
    assert all(may_succeed(contract, request) for request in made)


def test_a_name_with_digits_is_unused_and_a_fixed_one_may_be_taken() -> None:
    name = "createPersonalAccessToken"
    operation, body = CONTRACT.operation(name), base_body(CONTRACT, name)
    texts = (f"00{lookalike_values.DIGITS}", "true")
    cases = list(lookalike_values.lookalike_text_cases(CONTRACT, operation, body, texts))
    assert [has_unused_name(request) for request in requests_of(CONTRACT, name, cases)] == [
        True,
        False,
    ]


def test_digits_are_unique_for_each_request_and_run() -> None:
    marks = [f"hp-{run}-{number:04}" for run in (RUN, OTHER_RUN) for number in (1, 12, 99999)]
    digits = [mark_digits(mark) for mark in marks]
    assert len(set(digits)) == len(marks)
    assert all(DIGITS_PATTERN.fullmatch(one) for one in digits)
    assert all(float(one) != int(one) or int(one) > 2**53 for one in digits)


def event(contract: Contract, label: object, number: int) -> JudgedDelivery:
    parcel = {"parcelNumber": number, "addressee": {"label": label}}
    told = {"tidings": "parcel.booked", "parcel": parcel, "sealedAt": "2027-01-01T00:00:00Z"}
    body, at = json.dumps(told).encode(), 100 + number
    scheme = contract.events[0].signature
    assert scheme is not None
    signed = scheme.signed_headers(Message(body), SECRET, str(number), at)
    headers = tuple((name.encode(), value.encode()) for name, value in signed)
    delivery = Delivery(number, at, "POST", "/", headers, body, False, "", 200)
    return JudgedDelivery(delivery, judge(delivery, contract, SECRET))


def matched(labels: list[object]) -> tuple[list[Request], Reconciliation]:
    """Match events with `labels`, in which `{n}` is the digits of request n."""
    cases = [
        Case("valid", "test", base_body(PARCELS, "bookParcel"), values={"/addressee/label": fill})
        for fill in (lambda values: f"0{values.digits}", lambda values: f"{values.digits}.10")
    ]
    made = requests_of(PARCELS, "bookParcel", cases)
    entries = [
        Exchange(request, ReceivedResponse(201, (), b"{}"), None, n, n + 0.5)
        for n, request in enumerate(made)
    ]
    digits = [mark_digits(request.mark) for request in made]
    shown = [x.format(*digits) if isinstance(x, str) else int(digits[0]) for x in labels]
    events = [event(PARCELS, label, n + 1) for n, label in enumerate(shown)]
    places = {o.id: find_correlators(PARCELS, o) for o in PARCELS.operations}
    known = [place for some in places.values() for place in some]
    return made, reconcile(PARCELS, entries, group_deliveries(events, known), places, RUN)


def test_an_event_with_a_changed_number_finds_its_request() -> None:
    made, result = matched(["{1}.1", 0])
    pairs = {received.first.delivery.id: entry.request for entry, received in result.pairs}
    assert pairs == {1: made[1], 2: made[0]}


def test_an_event_with_digits_of_another_run_is_of_an_earlier_run() -> None:
    _, result = matched([f"00{mark_digits(f'hp-{OTHER_RUN}-0001')}", "0{0}", "{1}.10"])
    assert len(result.earlier_run_events) == 1
    assert (len(result.pairs), result.unmatched_events) == (2, ())


def test_growing_text_is_at_the_limit() -> None:
    name = "createPersonalAccessToken"
    body = base_body(CONTRACT, name)
    cases = list(lookalike_values.growing_text_cases(CONTRACT, CONTRACT.operation(name), body))
    made = requests_of(CONTRACT, name, cases)
    assert {len(str(request.correlator_values["/name"])) for request in made} == {256}
    assert all(may_succeed(CONTRACT, request) for request in made)


@pytest.mark.parametrize(("contract", "name"), OPERATIONS, ids=["pat", "parcel"])
def test_lax_values_are_invalid_and_ends_are_valid(contract: Contract, name: str) -> None:
    operation, body = contract.operation(name), base_body(contract, name)
    lax = [
        case
        for values in (lax_values.PLAINEST_VALUES, lax_values.USUAL_VALUES, lax_values.MANY_VALUES)
        for case in lax_values.lax_type_cases(contract, operation, body, values)
    ]
    lax += lax_values.lax_date_cases(contract, operation, body)
    schema = contract.schema(body_schema(operation))
    valid = [
        r.description for r in requests_of(contract, name, lax) if schema.is_valid(r.json.value)
    ]
    assert valid == []
    texts = (*lax_values.END_TEXTS, *lax_values.MANY_END_TEXTS)
    ends = list(lax_values.calendar_end_cases(contract, operation, body, texts))
    assert len(ends) == len(texts)
    assert all(schema.is_valid(r.json.value) for r in requests_of(contract, name, ends))
    assert all("none" in case.tolerated.values() for case in ends)
