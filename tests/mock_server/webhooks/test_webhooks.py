"""Webhooks of the mock: payload, signature, retries and several receivers."""

import json
import logging
from typing import Any

import pytest
from support.mock import RunningMock, StartMock

from mock_server.messages import WebhookRequest
from mock_server.settings import DEVELOPMENT_WEBHOOK_SECRET
from mock_server.webhooks.delivery_queue import MAX_OPEN_DELIVERIES, DeliveryQueue, QueuedDelivery
from openapi.contract import Contract
from openapi.schemas.formats import date_time_to_ns
from openapi.signatures.message import Message

pytestmark = pytest.mark.integration


def _verified(received: Any, contract: Contract) -> str | None:
    scheme = contract.events[0].signature
    assert scheme is not None
    headers = [(k.encode(), v.encode()) for k, v in received.headers]
    return scheme.verify(Message(received.body, tuple(headers)), DEVELOPMENT_WEBHOOK_SECRET)


def test_an_event_is_signed_and_conforms_to_its_schema(
    world: RunningMock, contract: Contract
) -> None:
    received = world.event(name="n\u00e4chtlich \U0001f511 \u2028")
    assert _verified(received, contract) is None
    assert not contract.schema(contract.events[0].schema).violations(received.value)
    assert received.header("content-type") == "application/json"
    assert world.last["name"].encode() in received.body
    assert world.token.encode() not in received.body


@pytest.mark.parametrize(
    ("asked", "data"),
    [
        ({}, {"revoked": False}),
        ({"revoked": True}, {"revoked": True}),
        ({"expiresAt": None}, {"expiresAt": None, "revoked": False}),
        ({"scopes": ["tag:read", "tag:read"]}, {"scopes": ["tag:read", "tag:read"]}),
        (
            {"expiresAt": "2999-01-01T02:00:00.123456789+02:00"},
            {"expiresAt": "2999-01-01T00:00:00.1234567Z"},
        ),
        ({"expiresAt": "0001-01-01T00:00:00+01:00"}, {"expiresAt": "0001-01-01T00:00:00+01:00"}),
        ({"expiresAt": "9999-12-31T23:59:60Z"}, {"expiresAt": "9999-12-31T23:59:60Z"}),
        ({"expiresAt": "0999-12-31T23:59:59Z"}, {"expiresAt": "0999-12-31T23:59:59.0000000Z"}),
    ],
)  # fmt: skip
def test_the_payload_echoes_the_request(
    world: RunningMock, asked: dict[str, Any], data: dict[str, Any]
) -> None:
    shown = world.event(**asked).value["data"]
    assert shown["name"] == world.last["name"]
    assert {key: shown[key] for key in data} == data


def test_null_has_the_same_effect_as_absence(world: RunningMock, contract: Contract) -> None:
    content = json.dumps({**world.body(), "revoked": None, "expiresAt": None}).encode()
    assert world.post(content).status_code == 201
    received = world.receiver.next()
    assert (received.value["data"]["revoked"], received.value["data"]["expiresAt"]) == (False, None)
    assert not contract.schema(contract.events[0].schema).violations(received.value)


def test_a_lone_surrogate_is_delivered_escaped(world: RunningMock, contract: Contract) -> None:
    content = json.dumps(world.body(name="half \ud800 of a pair")).encode()
    assert world.post(content).status_code == 201
    received = world.receiver.next()
    assert _verified(received, contract) is None
    assert received.value["data"]["name"] == "half \ud800 of a pair"


def test_each_event_has_a_unique_id_and_its_time(world: RunningMock) -> None:
    first, second = world.event().value, world.event().value
    assert first["data"]["id"] != second["data"]["id"]
    assert first["data"]["userId"] == first["data"]["user"]["id"]
    assert len(first["triggeredAt"]) == len("2026-04-20T13:11:35.0012345Z")
    assert (date_time_to_ns(first["triggeredAt"]) or 0) <= (
        date_time_to_ns(second["triggeredAt"]) or 0
    )


def test_a_rejected_request_sends_no_event(world: RunningMock) -> None:
    name = world.event().value["data"]["name"]
    for answer in (
        world.post(name=name),
        world.post(b"{"),
        world.post(token="x"),
        world.post(scopes=1),
    ):
        assert answer.status_code >= 400
    assert world.event().value["data"]["name"] == world.last["name"]
    assert world.receiver.poll(within=0) is None


def test_a_failed_delivery_is_retried_unchanged_and_logged(
    world: RunningMock, caplog: pytest.LogCaptureFixture
) -> None:
    world.receiver.answers = [(500, {}), (302, {"Location": world.receiver.url})]
    with caplog.at_level(logging.INFO, "hookproof.mock"):
        first = world.event()
        second, third = world.receiver.next(), world.receiver.next()
        assert world.event().value["data"]["name"] == world.last["name"]
    assert first.body == second.body == third.body
    lines = [record.getMessage() for record in caplog.records]
    assert any("attempt 1: 500; retry in 0.5 s" in line for line in lines)
    assert any("attempt 2: 302; retry in 1.0 s" in line for line in lines)
    assert any("attempt 3: 200" in line for line in lines)
    secrets = ("hidden", world.token, DEVELOPMENT_WEBHOOK_SECRET, first.header("webhook-signature"))
    assert not [line for line in lines for secret in secrets if secret and secret in line]


@pytest.mark.parametrize(
    ("asked", "heard"), [("2", "2.0"), ("Thu, 01 Jan 1970 00:00:00 GMT", "0.5"), ("later", "0.5")]
)
def test_a_retry_waits_for_retry_after(
    world: RunningMock, caplog: pytest.LogCaptureFixture, asked: str, heard: str
) -> None:
    world.receiver.answers = [(503, {"Retry-After": asked})]
    with caplog.at_level(logging.INFO, "hookproof.mock"):
        first = world.event()
        second = world.receiver.next()
    assert first.body == second.body
    assert f"503; retry in {heard} s" in caplog.text


def test_stopping_cancels_pending_deliveries_and_logs_them(
    start: StartMock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "hookproof.mock"):
        with start() as world:
            world.receiver.answers = [(503, {"Retry-After": "60"})]
            world.event()
        assert "1 deliveries to http://127.0.0.1" in caplog.text
    assert "cancelled" in caplog.text


def test_every_receiver_gets_every_event(start: StartMock) -> None:
    with start(receivers=3) as world:
        first = world.event()
        others = [receiver.next() for receiver in world.receivers[1:]]
    assert [other.body for other in others] == [first.body] * 2


def test_an_unreachable_receiver_does_not_affect_another(
    start: StartMock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "hookproof.mock"), start(receivers=2) as world:
        world.receivers[1].__exit__()
        assert [world.event().value["data"]["name"] == world.last["name"] for _ in range(20)] == [
            True
        ] * 20
    assert "ConnectError; retry in 0.5 s" in caplog.text


def test_deliveries_beyond_the_queue_limit_are_dropped_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver = DeliveryQueue("https://user:pass@example.invalid:8443/hidden?also=hidden", print)
    with caplog.at_level(logging.INFO, "hookproof.mock"):
        offered = [
            receiver.enqueue(
                QueuedDelivery(number, number, 0, lambda _: WebhookRequest((), b""), receiver.url)
            )
            for number in range(1, MAX_OPEN_DELIVERIES + 151)
        ]
        receiver.stop("the mock stops")
    assert offered == [True] * MAX_OPEN_DELIVERIES + [False] * 150
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "delivery 1001 to https://example.invalid:8443 dropped, 1 so far: 1000 are pending",
        "delivery 1101 to https://example.invalid:8443 dropped, 101 so far: 1000 are pending",
        "150 deliveries to https://example.invalid:8443 were dropped",
        "1000 deliveries to https://example.invalid:8443 cancelled: the mock stops",
    ]
