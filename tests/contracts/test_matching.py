"""Matching of events to exchanges, with several operations or without a correlator."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from support.parcels import parcels_contract
from support.processes import TESTS

from contracts.ledger.facts import MatchFacts
from contracts.ledger.ledger import JudgedDelivery, Reconciliation, group_deliveries
from contracts.ledger.matching import reconcile
from contracts.model.case import Case, build_request
from contracts.model.correlators import find_correlators
from contracts.model.exchange import Credential, Exchange, ReceivedResponse
from contracts.model.unique_values import UniqueValues
from openapi.contract import Contract
from openapi.loading.loader import parse_contract
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.verdict import judge

TEXT = (TESTS / "data" / "parcels.yaml").read_text(encoding="utf-8")
PARCELS = parcels_contract()
VALID = Credential("valid", "accepted", "Bearer token")
RUN = "abc123"


def recalls(contract: Contract, numbers: list[int], reasons: list[str]) -> list[Exchange]:
    """Return a recall for each number and reason, one second apart."""
    operation = contract.operation("recallParcel")
    fresh = UniqueValues(RUN, 1, datetime(2027, 1, 1, tzinfo=UTC))
    made = []
    for at, (number, reason) in enumerate(zip(numbers, reasons, strict=True)):
        default_texts = {"path.parcelNumber": str(number), "query.whyRecalled": reason}
        plan = Case("valid", "a test", {})
        request = build_request(contract, operation, (), plan, fresh.next(), VALID, default_texts)
        made.append(Exchange(request, ReceivedResponse(204, (), b""), None, at, at + 0.5))
    return made


def booked(contract: Contract, number: int, at: float = 0.0) -> Exchange:
    operation = contract.operation("bookParcel")
    places = find_correlators(contract, operation)
    fresh = UniqueValues(RUN, 1, datetime(2027, 1, 1, tzinfo=UTC)).next()
    request = build_request(contract, operation, places, Case("valid", "a test", {}), fresh, VALID)
    body = json.dumps({"parcelNumber": number}).encode()
    return Exchange(request, ReceivedResponse(201, (), body), None, at, at + 0.5)


def recalled(number: int, reason: str) -> dict[str, Any]:
    told = {"parcelNumber": number, "whyRecalled": reason}
    return {"topic": "parcel.recalled", "stampedAt": "2026-01-01T00:00:00Z", "recalled": told}


def closed(
    contract: Contract,
    entries: list[Exchange],
    payloads: list[dict[str, Any]],
    facts: MatchFacts | None = None,
) -> Reconciliation:
    received = []
    for index, payload in enumerate(payloads):
        body = json.dumps(payload).encode()
        delivery = Delivery(index + 1, 100 + index, "POST", "/", (), body, False, "", 200)
        received.append(JudgedDelivery(delivery, judge(delivery, contract, None)))
    places = {o.id: find_correlators(contract, o) for o in contract.operations}
    known = [place for some in places.values() for place in some]
    return reconcile(contract, entries, group_deliveries(received, known), places, RUN, facts)


def numbered(result: Reconciliation) -> list[tuple[int, int]]:
    return [(e.request.number, event.first.delivery.id) for e, event in result.pairs]


def test_matches_by_identity_in_path_or_response_in_any_order() -> None:
    entries = [booked(PARCELS, 5), *recalls(PARCELS, [7, 5], ["lost", "lost"])]
    parcel = {"parcelNumber": 5, "addressee": {}}
    told = {"tidings": "parcel.booked", "parcel": parcel, "sealedAt": "2026-01-01T00:00:00Z"}
    result = closed(PARCELS, entries, [recalled(5, "lost"), recalled(7, "lost"), told])
    assert (result.without_event, result.unmatched_events) == ((), ())
    pairs = {event.first.delivery.id: e for e, event in result.pairs}
    assert [pairs[index] for index in (1, 2, 3)] == [entries[2], entries[1], entries[0]]


def test_facts_of_an_earlier_matching_serve_a_later_one() -> None:
    facts = MatchFacts(PARCELS, {})
    entries = [booked(PARCELS, 5), *recalls(PARCELS, [7, 5, 6], ["lost", "lost", "lost"])]
    told = [recalled(5, "lost"), recalled(7, "lost"), recalled(6, "lost")]
    first = closed(PARCELS, entries[:2], told[:1], facts)
    assert first.pairs == ()
    assert [exchange for exchange, _ in first.without_event] == entries[:2]
    later = closed(PARCELS, entries, told, facts)
    assert [(e, event.first.delivery.id) for e, event in later.pairs] == [
        (entries[2], 1),
        (entries[1], 2),
        (entries[3], 3),
    ]
    # Facts of an exchange that is not matched again bring it back into no pair.
    assert closed(PARCELS, entries[:3], told, facts).pairs == later.pairs[:2]


def test_does_not_match_an_event_to_another_operation() -> None:
    result = closed(PARCELS, [booked(PARCELS, 5)], [recalled(5, "lost")])
    assert [e.request.operation.id for e, _ in result.without_event] == ["bookParcel"]
    assert len(result.strangers) == 1


ECHO = """          - from: $request.path.parcelNumber
            to: /recalled/parcelNumber
            compare: exact
            correlator: identity
            source: handbook
"""


@pytest.fixture(scope="module")
def unmarked() -> Contract:
    """Return the parcels contract without the correlator of recalls."""
    assert ECHO in TEXT
    return parse_contract("unmarked.yaml", TEXT.replace(ECHO, ""))


def test_matches_equal_events_in_order(unmarked: Contract) -> None:
    entries = recalls(unmarked, [1, 2, 3], ["lost", "lost", "lost"])
    same = recalled(1, "lost")
    assert numbered(closed(unmarked, entries, [same, same, same])) == [(1, 1), (2, 2), (3, 3)]
    result = closed(unmarked, entries, [same, same])
    assert [e.request.number for e, _ in result.without_event] == [3]
    result = closed(unmarked, entries, [same] * 4)
    assert [event.first.delivery.id for event in result.strangers] == [4]


def test_matches_out_of_order_events_by_their_echoes(unmarked: Contract) -> None:
    entries = recalls(unmarked, [1, 2, 3], ["lost", "damaged", "unwanted"])
    payloads = [recalled(1, "unwanted"), recalled(1, "lost"), recalled(1, "lost")]
    # The third payload has a wrong reason and is matched to the remaining request.
    assert numbered(closed(unmarked, entries, payloads)) == [(3, 1), (1, 2), (2, 3)]
