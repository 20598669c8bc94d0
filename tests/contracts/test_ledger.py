"""Reconciliation: every event is matched to the request that triggered it, even if damaged."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from support.signatures import signature_of

from contracts.ledger.ledger import JudgedDelivery, Reconciliation, group_deliveries
from contracts.ledger.matching import reconcile
from contracts.model.case import Case, build_request
from contracts.model.correlators import find_correlators
from contracts.model.exchange import Credential, Exchange, ReceivedResponse
from contracts.model.unique_values import UniqueValues
from openapi.json_pointer import set_at
from openapi.loading.loader import load_contract
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.verdict import judge

CONTRACT = load_contract()
(OPERATION,) = CONTRACT.operations
(EVENT,) = CONTRACT.events
PLACES = find_correlators(CONTRACT, OPERATION)
VALID = Credential("valid", "accepted", "Bearer token")
RUN, SECRET = "abc123", "a secret of the tests"
BASE = {"name": "x", "expiresAt": "2027-01-01T00:00:00Z", "scopes": ["license:read"]}
Payload = dict[str, Any]


def exchanges(count: int, run: str = RUN, status: int = 201) -> list[Exchange]:
    """Return `count` exchanges, one second apart."""
    fresh = UniqueValues(run, 1, datetime(2027, 1, 1, tzinfo=UTC))
    made = []
    for index in range(count):
        plan = Case("valid", "a test", BASE)
        request = build_request(CONTRACT, OPERATION, PLACES, plan, fresh.next(), VALID)
        made.append(
            Exchange(request, ReceivedResponse(status, (), b"{}"), None, index, index + 0.5)
        )
    return made


def event(exchange: Exchange, number: int) -> Payload:
    """Return the correct payload for `exchange`."""
    payload: Payload = json.loads(json.dumps(EVENT.examples[0]))
    sent: Any = exchange.request.json.value
    for echo in EVENT.trigger["echoes"]:
        set_at(payload, echo["to"], sent.get(echo["from"].rpartition("/")[2], echo.get("default")))
    set_at(payload, "/data/id", f"id-{number}")
    return payload


def received(
    payloads: list[Payload | bytes], late: float = 1000.0, secret: str = SECRET
) -> list[JudgedDelivery]:
    """Return signed deliveries; those with another `secret` than the run's are not valid."""
    assert EVENT.signature is not None
    made = []
    for index, payload in enumerate(payloads):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        at = late + index
        headers = [
            (EVENT.signature.header.encode(), signature_of(EVENT.signature, body, secret).encode())
        ]
        delivery = Delivery(
            index + 1, at, "POST", "/", tuple(headers), body, False, "127.0.0.1:1", 200
        )
        made.append(JudgedDelivery(delivery, judge(delivery, CONTRACT, SECRET)))
    return made


def closed(
    entries: list[Exchange], payloads: list[Payload | bytes], forged: tuple[Payload, ...] = ()
) -> Reconciliation:
    """Match signed `payloads`, and before them `forged` ones with a wrong signature."""
    wrong = received([*forged], secret="of a stranger")
    signed = [
        replace(item, delivery=replace(item.delivery, id=item.delivery.id + len(wrong)))
        for item in received(payloads)
    ]
    events = group_deliveries([*wrong, *signed], PLACES)
    return reconcile(CONTRACT, entries, events, {OPERATION.id: PLACES}, RUN)


def cut(payload: Payload) -> None:
    payload["data"]["name"] = payload["data"]["name"][:12]


def constant(payload: Payload) -> None:
    payload["data"]["name"] = "always the same"


def upper(payload: Payload) -> None:
    payload["data"]["name"] = payload["data"]["name"].upper()


def shifted(payload: Payload) -> None:
    payload["data"]["expiresAt"] = "2027-01-01T02:00:00Z"


def without_scopes(payload: Payload) -> None:
    payload["data"]["scopes"] = []


def unnamed(payload: Payload) -> None:
    del payload["data"]["name"]


@pytest.mark.parametrize("spoil", [cut, constant, upper, shifted, without_scopes, unnamed])
def test_matches_an_event_with_one_wrong_field(
    spoil: Callable[[Payload], None],
) -> None:
    entries = exchanges(120)
    payloads: list[Payload | bytes] = []
    for index, entry in enumerate(entries):
        payload = event(entry, index)
        spoil(payload)
        payloads.append(payload)
    order = list(range(120))
    random.Random(7).shuffle(order)
    result = closed(entries, [payloads[index] for index in order])
    assert (result.without_event, result.unmatched_events, result.earlier_run_events) == (
        (),
        (),
        (),
    )
    pairs = {e.request.number: o.first.delivery.id for e, o in result.pairs}
    assert pairs == {entries[index].request.number: at + 1 for at, index in enumerate(order)}


def test_matches_events_with_swapped_names() -> None:
    entries = exchanges(2)
    first, second = event(entries[0], 0), event(entries[1], 1)
    names = first["data"]["name"], second["data"]["name"]
    second["data"]["name"], first["data"]["name"] = names
    result = closed(entries, [first, second])
    assert [(e.request.number, o.first.delivery.id) for e, o in result.pairs] == [(1, 1), (2, 2)]


def test_matches_a_body_that_is_not_json() -> None:
    entries = exchanges(3)
    body = b"event=" + json.dumps(event(entries[1], 1)).encode()
    result = closed(entries, [event(entries[0], 0), body, event(entries[2], 2)])
    assert result.without_event == ()
    assert {o.first.delivery.id for e, o in result.pairs if e is entries[1]} == {2}


def test_separates_missing_repeated_and_unexpected_events() -> None:
    entries = [*exchanges(3), *exchanges(4, status=400)[3:]]
    again, refused = event(entries[0], 99), event(entries[3], 4)
    stranger = json.loads(json.dumps(EVENT.examples[0]))
    other_run = event(exchanges(1, run="zzz999")[0], 7)
    result = closed(entries, [event(entries[0], 0), again, refused, stranger, other_run])
    assert [e.request.number for e, _ in result.without_event] == [2, 3]
    assert [e.request.number for e, _ in result.pairs] == [1, 1, 4]
    assert [o.first.delivery.id for o in result.unmatched_events] == [4]
    assert [o.first.delivery.id for o in result.earlier_run_events] == [5]


def test_a_forged_event_takes_the_place_of_no_signed_one() -> None:
    entries = [*exchanges(2), *exchanges(4, status=400)[3:]]
    signed: list[Payload | bytes] = [event(entry, index) for index, entry in enumerate(entries[:2])]
    forged = [event(entry, 10 + index) for index, entry in enumerate(entries)]
    for payload in forged:
        constant(payload)  # so that only its other values are those of a request
    result = closed(entries, signed, tuple(forged))
    assert [(e.request.number, o.first.delivery.id) for e, o in result.pairs] == [(1, 4), (2, 5)]
    assert [o.first.delivery.id for o in result.strangers] == [1, 2, 3]
    assert result.unmatched_events == ()


def test_a_forged_event_of_another_run_is_a_stranger() -> None:
    entries = exchanges(1)
    other_run = event(exchanges(1, run="zzz999")[0], 7)
    result = closed(entries, [event(entries[0], 0)], (other_run,))
    assert [o.first.delivery.id for o in result.strangers] == [1]
    assert result.earlier_run_events == ()


def test_a_wrongly_signed_event_matches_the_request_that_lacks_one() -> None:
    entries = exchanges(2)
    own = event(entries[1], 1)
    constant(own)
    result = closed(entries, [event(entries[0], 0)], (own,))
    assert [(e.request.number, o.first.delivery.id) for e, o in result.pairs] == [(2, 1), (1, 2)]


def test_equal_deliveries_are_attempts_of_one_event() -> None:
    entries = exchanges(1)
    payload = event(entries[0], 0)
    result = closed(entries, [payload, payload])
    assert [len(o.attempts) for _, o in result.pairs] == [2]


def test_matches_the_last_event_to_the_last_request() -> None:
    entries = exchanges(1)
    payload = event(entries[0], 0)
    payload["data"].update(name="lost", expiresAt=None, scopes=[])
    assert closed(entries, [payload]).without_event == ()


def test_every_request_has_unique_values() -> None:
    bodies = [entry.request.json.value for entry in exchanges(500)]
    for name in ("name", "expiresAt"):
        assert len({body[name] for body in bodies if isinstance(body, dict)}) == 500


def test_instants_within_bounds_are_unique() -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    source = UniqueValues("abcdef", 1, now, (3600, 86400))
    ahead = [(source.next().instant - now).total_seconds() for _ in range(20000)]
    assert len(set(ahead)) == len(ahead)
    assert min(ahead) > 3600 * 2
    assert max(ahead) < 86400
