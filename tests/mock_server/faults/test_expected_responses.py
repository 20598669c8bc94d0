"""Expected responses of faults: 4xx exactly for deliveries whose signature is not valid."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.scheme_contracts import FORM, JSON, write_contract

from hookproof.sending.prepared_event import EventChanges, UnsendableEvent, prepare_event
from mock_server.fault import ACCEPTED, EITHER, REFUSED, combine_responses
from mock_server.faults.derived.expected_responses import response_to_reserialised_json
from mock_server.faults.registry import faults
from mock_server.messages import WebhookRequest
from openapi.contract import Contract, Event
from openapi.loading.loader import load_contract
from openapi.serialization.bodies import read_body
from openapi.signatures.registry import SCHEMES

DATA = Path(__file__).parents[2] / "data"
AT = 1_800_000_000.0
URL = "https://receiver.example/hooks?team=1"
URL_ALONE = {"components": ["@target-uri"]}
SCHEME_CONTRACTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    **{name: (name, JSON, {}) for name in SCHEMES},
    "twilio-form": ("twilio", FORM, {}),
    "http-message-form": ("http-message-signatures", FORM, {}),
    "URL alone": ("http-message-signatures", JSON, URL_ALONE),
    "URL alone, form": ("http-message-signatures", FORM, URL_ALONE),
}
"""Name -> scheme, media type of the event, further statements about the scheme."""
CONTRACTS = ("shipped", "parcels", "dispatch", "workshop", *SCHEME_CONTRACTS)


@pytest.fixture
def stated(name: str, contract: Contract, tmp_path: Path) -> Contract:
    """Return the contract `name`."""
    if name == "shipped":
        return contract
    if name not in SCHEME_CONTRACTS:
        return load_contract(DATA / f"{name}.yaml")
    scheme, media_type, statements = SCHEME_CONTRACTS[name]
    return load_contract(Path(write_contract(tmp_path, scheme, media_type, **statements)))


def _requests(contract: Contract, event: Event, fault: str, secret: str) -> list[WebhookRequest]:
    """Return the requests with a fault; none if it changes nothing in a delivery of the event."""
    changes = EventChanges({}, faults=(fault,))
    try:
        prepared = prepare_event(contract, event, changes, "seed", AT, secret)
    except UnsendableEvent:
        return []
    return prepared.requests(secret, URL, AT)


def _is_conforming(contract: Contract, event: Event, request: WebhookRequest) -> bool:
    """Return whether the request has the method, the media type and a payload of the contract."""
    names = dict(request.headers)
    if (request.method, names.get("Content-Type")) != (event.method, event.content.sent):
        return False
    (value,) = read_body(event.content, event.content.sent, request.body).values
    has_name = all(
        names.get(name.source.where) in name.values
        for name in event.names
        if name.source.part == "header"
    )
    return has_name and contract.schema(event.schema).is_valid(value)


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_delivery_is_forged_exactly_if_4xx_is_expected(stated: Contract) -> None:
    seen: Counter[str | None] = Counter()
    for event in stated.triggered_events:
        scheme = event.signature
        secret = scheme.make_secret("5e" * 32) if scheme else ""
        for fault in faults(stated).values():
            if fault.category != "webhooks":
                continue
            expected = fault.response_to(stated, event)
            for request in _requests(stated, event, fault.name, secret):
                problem = scheme.verify(request.message, secret, AT) if scheme else None
                case = (event.name, fault.name, problem)
                assert (problem is not None) == (expected == REFUSED), case
                assert expected is not None, case
                if expected == ACCEPTED:
                    assert _is_conforming(stated, event, request), case
                seen[expected] += 1
    assert seen[EITHER]
    assert seen[ACCEPTED]
    assert bool(seen[REFUSED]) == any(event.signature for event in stated.triggered_events)


@pytest.mark.parametrize("name", CONTRACTS)
def test_only_faults_that_lose_deliveries_have_no_expected_response(stated: Contract) -> None:
    webhook_faults = [one for one in faults(stated).values() if one.category == "webhooks"]
    without = {one.name for one in webhook_faults if one.expected_response(stated) is None}
    lost = {"webhook-never-sent", "webhook-one-in-ten-lost"}
    lost |= {one.name for one in webhook_faults if re.fullmatch(r"delivery-.*lost", one.name)}
    assert without == lost


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("unsigned", "4xx"),
        ("delivery-wrong-secret", "4xx"),
        ("reserialised", "4xx"),
        ("media-type-form", "2xx or 4xx"),
        ("payload-lacks-data-id", "2xx or 4xx"),
        ("event-renamed", "2xx or 4xx"),
        ("webhook-sent-twice", "2xx"),
        ("name-truncated", "2xx"),
        ("date-null", "2xx or 4xx"),
        ("webhook-never-sent", None),
        ("ok-for-created", None),
    ],
)
def test_the_expected_response_of_a_fault(
    contract: Contract, fault: str, expected: str | None
) -> None:
    assert faults(contract)[fault].expected_response(contract) == expected


@pytest.mark.parametrize("name", ["workshop"])
def test_an_unsigned_event_is_accepted_with_other_bytes(stated: Contract) -> None:
    event = stated.triggered_events[0]
    assert event.signature is None
    assert response_to_reserialised_json(stated, event) == ACCEPTED
    assert not {"reserialised", "newline-appended"} & faults(stated).keys()


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ((), "2xx"),
        ((None, "2xx"), "2xx"),
        (("2xx", "2xx or 4xx"), "2xx or 4xx"),
        (("2xx or 4xx", "4xx", "2xx"), "4xx"),
    ],
)
def test_of_several_faults_the_forgery_decides(
    responses: tuple[str | None, ...], expected: str
) -> None:
    assert combine_responses(responses) == expected
