"""Delivery queue: retries, redeliveries, hostile receivers and limits."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.mock import RunningMock, StartMock
from support.parcels import SECRET, parcels_contract
from support.processes import hookproof, started

from mock_server.exchange import Hooks
from mock_server.messages import EventMessage, WebhookRequest
from mock_server.storage.database import Store
from mock_server.storage.journal import Journal
from mock_server.storage.worker_signals import SLOT_COUNT, WorkerSignals
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from mock_server.webhooks import delivery_queue as receivers
from mock_server.webhooks.delivery_queue import DeliveryQueues, QueuedDelivery
from mock_server.webhooks.dispatcher import Dispatcher, RedeliveryError
from mock_server.webhooks.records import DeliveryRecord, truncate_message
from openapi.contract import Contract
from openapi.redaction import Redaction
from openapi.signatures.message import Message

pytestmark = pytest.mark.integration

DEADLINE = 20.0
BOOKING = {
    "addressee": {"label": "Grace Example", "postcode": "QZ0007"},
    "grams": 31500,
    "handling": ["signed", "chilled"],
    "collectAt": "2027-03-01T10:00:00+02:00",
}


def deliveries(ask: Any, found: Any = bool) -> list[dict[str, Any]]:
    """Wait until the deliveries of the API pass the test `found`; return them."""
    end = time.monotonic() + DEADLINE
    while True:
        shown: list[dict[str, Any]] = ask("deliveries").json()["deliveries"]
        if found(shown):
            return shown
        assert time.monotonic() < end, f"not so within {DEADLINE} s: {shown}"


def recalled(world: RunningMock) -> tuple[Any, Any]:
    """Trigger an event whose first attempt fails; return the first two attempts."""
    contract = parcels_contract()
    permissions = [p for operation in contract.operations for p in operation.permissions]
    headers = {"Authorization": f"Bearer {mint(DEVELOPMENT_SECRET, permissions, None)}"}
    url = f"http://{world.host}:{world.port}/v1/parcels"
    made = world.client.post(url, json=BOOKING, headers=headers).json()
    world.receiver.next()
    world.receiver.answers = [(503, {"Retry-After": "1"})]
    number, why = made["parcelNumber"], {"whyRecalled": "unwanted"}
    assert world.client.delete(f"{url}/{number}", params=why, headers=headers).is_success
    return world.receiver.next(), world.receiver.next()


@pytest.mark.parametrize(
    ("faults", "valid"), [([], True), (["delivery-parcel.recalled-wrong-secret"], False)]
)
def test_every_attempt_is_signed_with_its_timestamp(
    start: StartMock, faults: list[str], valid: bool
) -> None:
    contract = parcels_contract()
    (scheme,) = [e.signature for e in contract.events if e.name == "parcel.recalled"]
    assert scheme is not None
    settings = {"webhook_secret": SECRET, "faults": frozenset(faults)}
    with start(contract=contract, **settings) as world:
        one, other = recalled(world)
    assert one.body == other.body
    assert one.header("webhook-id") == other.header("webhook-id")
    assert int(one.header("webhook-timestamp")) < int(other.header("webhook-timestamp"))
    for received in (one, other):
        headers = [(k.encode(), v.encode()) for k, v in received.headers]
        fault = scheme.verify(Message(received.body, tuple(headers)), SECRET, time.time())
        assert (fault is None) == valid


def test_every_attempt_is_shown_with_its_outcome(world: RunningMock) -> None:
    world.receiver.answers = [(500, {}), (429, {"Retry-After": "1"})]
    world.event()
    (shown,) = deliveries(world.api, lambda found: found and found[0]["state"] == "delivered")
    assert json.loads(shown["payload"]["text"])["data"]["name"] == world.last["name"]
    assert shown["receiver"] == {"number": 1, "origin": world.receiver.url.rpartition("/hooks")[0]}
    tried = [
        (a["attempt"], a["outcome"], a["next"], a["backoff_seconds"]) for a in shown["attempts"]
    ]
    assert tried == [
        (1, "500", "retry", 0.5),
        (2, "429", "retry", 1.0),
        (3, "200", "delivered", None),
    ]
    assert all(a["milliseconds"] > 0 for a in shown["attempts"])
    assert all("Webhook-Signature" in dict(a["headers"]) for a in shown["attempts"])
    assert world.api(f"deliveries/{shown['id']}").json() == shown


@pytest.mark.parametrize("fault", ["", "newline-appended", "webhook-sent-twice"])
def test_a_redelivery_has_the_same_body_and_signature(start: StartMock, fault: str) -> None:
    with start(faults=frozenset({fault} - {""})) as world:
        first = world.event()
        shown = deliveries(world.api)
        assert world.api(f"deliveries/{shown[-1]['id']}/redeliver", "POST").status_code == 202
        later = [world.receiver.next() for _ in shown]  # the duplicate, if any, and the redelivery
        assert [again.body for again in later] == [first.body] * len(shown)
        assert later[-1].header("webhook-signature") == first.header("webhook-signature")
        again = deliveries(world.api, lambda found: len(found[-1]["attempts"]) == 2)
    assert [a["redelivered"] for a in again[-1]["attempts"]] == [False, True]
    assert len(again) == len(shown)


@contextmanager
def hostile(answer: bytes, again: bytes = b"") -> Iterator[str]:
    """Run a receiver that sends `answer`, then `again` for ever; yield its URL."""
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(65536)
                connection.sendall(answer)
                while again:
                    connection.sendall(again)
                ended.wait(DEADLINE * 2)
            except OSError:
                pass

    def accept() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=500) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)


OK = b"HTTP/1.1 200 OK\r\n"
END = b"Content-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "again", "outcome"),
    [
        (b"\x16\x03\x01 what is this\r\n\r\n", b"", "RemoteProtocolError"),
        (OK + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65536, "200"),
        (OK, b"X-More: " + b"x" * 1000 + b"\r\n", "RemoteProtocolError"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n" + END, b"", "302"),
        (b"HTTP/1.1 410 Gone\r\n" + END, b"", "410"),
    ],
)  # fmt: skip
def test_every_response_of_a_receiver_is_an_outcome(
    start: StartMock, answer: bytes, again: bytes, outcome: str
) -> None:
    with hostile(answer, again) as url, start(others=(url,)) as world:
        for _ in range(3):
            world.event()
        shown = deliveries(world.api, lambda found: all(one["attempts"] for one in found))
        outcomes = {d["attempts"][0]["outcome"] for d in shown if d["receiver"]["number"] == 1}
    assert outcomes == {outcome}


def test_silent_receivers_do_not_delay_another_receiver(start: StartMock) -> None:
    with hostile(b"") as url:
        silent = tuple(f"{url}/{number}" for number in range(14))
        with start(others=silent) as world:
            for _ in range(12):
                assert world.post().status_code == 201
                # less than the timeout of an attempt to a silent receiver
                world.receiver.next(within=5)
            shown = world.api("deliveries?limit=500").json()["deliveries"]
    states = [(d["state"], d["receiver"]["number"] == 15) for d in shown]
    assert {state for state, healthy in states if not healthy} == {"pending"}
    assert len(states) == 12 * 15


def test_cookies_of_a_receiver_are_ignored(world: RunningMock) -> None:
    world.receiver.answers = [(200, {"Set-Cookie": "planted=1; Path=/"})]
    world.event()
    deliveries(world.api, lambda found: found and found[0]["state"] == "delivered")
    assert world.event().header("cookie") is None


def test_dropped_deliveries_are_counted_and_shown(
    start: StartMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receivers, "MAX_OPEN_DELIVERIES", 3)
    with hostile(b"") as url, start(others=(url,)) as world:
        for _ in range(5):
            world.event()
        shown = world.api("deliveries").json()
        states = [d["state"] for d in shown["deliveries"] if d["receiver"]["number"] == 1]
        assert states == ["dropped"] * 2 + ["pending"] * 3
        assert [r["dropped"] for r in shown["receivers"]] == [2, 0]
        newest = shown["deliveries"][-1]["id"]
        refused = world.api(f"deliveries/{newest}/redeliver", "POST")
    assert refused.status_code == 409
    assert "too many deliveries" in refused.json()["message"]


def test_the_queue_limits_the_bytes_of_open_deliveries() -> None:
    receiver = receivers.DeliveryQueue("http://127.0.0.1:1/", print)
    size = receivers.MAX_OPEN_BYTES // 4
    offered = [
        receiver.enqueue(
            QueuedDelivery(n, n, size, lambda _: WebhookRequest((), b""), receiver.url)
        )
        for n in range(1, 6)
    ]
    assert offered == [True] * 4 + [False]


def test_a_very_large_payload_is_not_stored(contract: Contract) -> None:
    event_message = EventMessage(contract.events[0], b'"' + b"x" * 10**6 + b'"', 1, "", "", 0.0)
    journal = Journal(Store(), WorkerSignals([0] * SLOT_COUNT, 0, 1))
    queues = DeliveryQueues([], print)
    dispatcher = Dispatcher(
        queues, journal, lambda _: Hooks(), lambda *_: "2xx", Redaction(()), print
    )
    sent = DeliveryRecord(
        1,
        1,
        truncate_message(event_message),
        0,
        (1, ""),
        "",
        (),
        "2xx",
        False,
        (),
        10**6 + 2,
        Redaction(()),
    )
    shown = sent.data()
    assert shown["payload"]["size"] == 10**6 + 2
    assert len(json.dumps(shown)) < 20_000
    with pytest.raises(RedeliveryError, match="was not stored"):
        dispatcher.redeliver(shown, contract.events, "")


def test_a_cancelled_delivery_can_be_redelivered_after_a_restart(
    contract: Contract, receiver: Any, tmp_path: Path
) -> None:
    receiver.answers = [(503, {"Retry-After": "60"})]
    url = receiver.url.partition("?")[0]
    options = ["--port", "0", "--state", str(tmp_path / "state"), "--webhook-url", url]
    command = ["-m", "hookproof", "mock", *options]
    token = hookproof("token").stdout.strip()
    with started(command) as mock:
        body = {"name": "kept", "scopes": ["license:read"]}
        headers = {"Authorization": f"Bearer {token}"}
        path = contract.operations[0].path
        assert httpx.post(mock + path, json=body, headers=headers).status_code == 201
        first = receiver.next()
        deliveries(
            lambda path: httpx.get(f"{mock}/_hookproof/api/{path}"),
            lambda found: found[0]["attempts"],
        )
    with started(command) as mock:
        (shown,) = deliveries(lambda path: httpx.get(f"{mock}/_hookproof/api/{path}"))
        assert (shown["state"], len(shown["attempts"])) == ("cancelled", 2)
        once_more = f"{mock}/_hookproof/api/deliveries/{shown['id']}/redeliver"
        assert httpx.post(once_more).status_code == 202
        assert receiver.next().body == first.body


def test_requests_wait_while_a_receiver_is_behind_so_that_nothing_is_dropped(
    start: StartMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receivers, "MAX_OPEN_DELIVERIES", 40)
    monkeypatch.setattr(receivers, "MAX_BACKLOG", 2)
    with start() as world, ThreadPoolExecutor(16) as clients:
        answers = [*clients.map(lambda _: world.post().status_code, range(200))]
        received = [world.receiver.next() for _ in range(200)]
        shown = world.api("deliveries").json()
    assert answers == [201] * len(received)
    assert [r["dropped"] for r in shown["receivers"]] == [0]
