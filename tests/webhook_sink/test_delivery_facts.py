"""Facts of a delivery: the key of its event, and the time of the event."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from support.parcels import parcels_contract

from openapi.contract import Contract
from openapi.json_pointer import get_at, set_at
from openapi.schemas.formats import date_time_to_ns
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.event_identity import event_key, occurred_at
from webhook_sink.verdicts.verdict import judge

SECOND = parcels_contract()
AMENDED = {"topic": "parcel.amended", "stampedAt": "2026-04-20T13:11:35Z"}


def _delivery(draft: Delivery, body: bytes, *headers: tuple[bytes, bytes]) -> Delivery:
    return replace(draft, target="/hook", headers=headers, body=body)


def _key(contract: Contract, delivery: Delivery) -> bytes:
    return event_key(delivery, judge(delivery, contract, None))


def _payload(contract: Contract, **changes: object) -> dict[str, Any]:
    payload = copy.deepcopy(contract.events[0].examples[0])
    for pointer, value in changes.items():
        set_at(payload, pointer, value)
    return dict(payload)


def test_the_unique_value_identifies_an_event(contract: Contract, draft: Delivery) -> None:
    (place,) = [unique["pointer"] for unique in contract.events[0].trigger["unique"]]
    first = _payload(contract)
    order = contract.events[0].trigger["occurred-at"]
    later = _payload(contract, **{order: "2027-01-01T00:00:00Z"})
    other = _payload(contract, **{place: "another"})
    written = json.dumps(first).encode()
    again = [json.dumps(later).encode(), json.dumps(first, indent=2).encode()]

    known = _key(contract, _delivery(draft, written))
    assert len(known) == 32
    assert {_key(contract, _delivery(draft, body)) for body in again} == {known}
    assert _key(contract, _delivery(draft, json.dumps(other).encode())) != known
    for target, same in (("/hook?attempt=2", True), ("/elsewhere", False)):
        elsewhere = replace(_delivery(draft, written), target=target)
        assert (_key(contract, elsewhere) == known) is same


@pytest.mark.parametrize("nothing", [None, "left out"])
def test_without_a_unique_value_only_equal_requests_are_one_event(
    nothing: object, contract: Contract, draft: Delivery
) -> None:
    (place,) = [unique["pointer"] for unique in contract.events[0].trigger["unique"]]
    payload = _payload(contract, **{place: None})
    if nothing is not None:
        parent, _, name = place.rpartition("/")
        del get_at(payload, parent)[name]  # type: ignore[attr-defined]
    delivery = _delivery(draft, json.dumps(payload).encode())

    known = _key(contract, delivery)
    assert _key(contract, replace(delivery, id=7, received_at=1.0, remote="")) == known
    for other in (
        replace(delivery, body=delivery.body + b"\n"),
        replace(delivery, target="/else"),
        replace(delivery, method="PUT"),
    ):
        assert _key(contract, other) != known


def test_a_signed_id_has_priority_over_payload_values(draft: Delivery) -> None:
    body = json.dumps(AMENDED).encode()
    one, two = ((b"Webhook-Id", b"one"), (b"Webhook-Id", b"two"))
    known = _key(SECOND, _delivery(draft, body, one))

    assert _key(SECOND, _delivery(draft, body + b" ", one)) == known
    assert _key(SECOND, _delivery(draft, body, two)) != known
    twice, bare = _delivery(draft, body, one, two), _delivery(draft, body)
    assert _key(SECOND, twice) == _key(SECOND, bare) != known


def test_different_events_with_one_id_have_different_keys(draft: Delivery) -> None:
    stamp = (b"webhook-id", b"one")
    other = {**AMENDED, "topic": "parcel.recalled"}
    keys = {
        _key(SECOND, _delivery(draft, json.dumps(payload).encode(), stamp))
        for payload in (AMENDED, other)
    }
    assert len(keys) == 2


def test_reads_the_time_of_an_event(contract: Contract, draft: Delivery) -> None:
    order = contract.events[0].trigger["occurred-at"]
    for written, expected in (
        ("2026-04-20T13:11:35.0012345Z", 1776690695.0012345),
        ("2026-04-20T15:11:35+02:00", 1776690695.0),
        ("yesterday", None),
        (5, None),
        (None, None),
    ):
        body = json.dumps(_payload(contract, **{order: written})).encode()
        assert occurred_at(judge(_delivery(draft, body), contract, None)) == expected
        assert (expected is None) == (date_time_to_ns(written) is None)


def test_no_time_without_a_known_event_or_a_documented_place(
    contract: Contract, draft: Delivery
) -> None:
    for known, body in ((contract, b"{}"), (contract, b"\xff"), (SECOND, json.dumps(AMENDED))):
        raw = body.encode() if isinstance(body, str) else body
        assert occurred_at(judge(_delivery(draft, raw), known, None)) is None
