"""Search for deliveries: filters, cursor, repeated attempts and late events."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.signatures import signature_of
from support.sink import RunningSink, StartSink

from openapi.contract import Contract

pytestmark = pytest.mark.integration

SECRET = "a secret of the tests"


@pytest.fixture
def client(start: StartSink) -> Iterator[RunningSink]:
    with start(secret=SECRET) as running:
        yield running


@pytest.fixture
def send(client: RunningSink, contract: Contract) -> Callable[..., None]:
    """Return a function that sends the signed example of the contract with changed values."""
    (event,) = contract.events
    assert event.signature is not None
    header = event.signature.header

    def send(path: str = "/hooks", secret: str = SECRET, **data: Any) -> None:
        payload = json.loads(json.dumps(event.examples[0]))
        payload["triggeredAt"] = data.pop("at", payload["triggeredAt"])
        payload["event"] = data.pop("event", payload["event"])
        payload["data"] |= data
        body = json.dumps(payload).encode()
        signed = signature_of(event.signature, body, secret) if event.signature else ""
        headers = {"Content-Type": "application/json", header: signed}
        assert client.post(body, path, **headers) == 200

    return send


def found(client: RunningSink, query: str) -> list[int]:
    listed = client.api(f"api/deliveries?{query}").json()
    return [delivery["id"] for delivery in listed["deliveries"]]


def test_filters_deliveries(client: RunningSink, send: Any) -> None:
    send()
    send(path="/hooks/a?x=1", name="Zürich", id="11111111-1111-4111-8111-111111111111")
    send(path="/other", secret="another", id="22222222-2222-4222-8222-222222222222")
    client.post(b"no json", "/other")
    client.post(b'{"event": "nobody.knows"}', "/hooks")
    queries = {
        "": [1, 2, 3, 4, 5],
        "event=personalAccessToken.created": [1, 2, 3],
        "event=-": [4, 5],
        "verdict=conforms": [1, 2],
        "verdict=violation": [3, 4, 5],
        "verdict=warning": [],
        "signature=valid": [1, 2],
        "signature=invalid": [3],
        "signature=missing": [4, 5],
        "path=/hooks": [1, 5],
        "path=/hooks*": [1, 2, 5],
        "path=/": [],
        "text=NO JSON": [4],
        "text=z%C3%BCrich": [2],
        "text=Z%C3%BCrich": [2],
        "text=/other": [3, 4],
        "text=webhook-signature": [1, 2, 3],
        "text=?x=1": [2],
        "event=-&path=/hooks": [5],
        "signature=missing&text=nobody": [5],
        "verdict=conforms&text=nobody": [],
        "after=1&before=4": [2, 3],
        "verdict=violation&before=5": [3, 4],
    }
    for query, ids in queries.items():
        assert found(client, query) == ids, query
        assert found(client, f"newest=1&{query}") == ids[::-1], query


@pytest.mark.parametrize("newest", [0, 1])
@pytest.mark.parametrize("query", ["", "verdict=violation", "path=/a", "text=odd"])
def test_the_cursor_returns_each_delivery_once(
    client: RunningSink, newest: int, query: str
) -> None:
    for number in range(25):
        client.post(b"odd" if number % 2 else b"even", f"/{'ab'[number % 3 == 0]}")
    wanted = {
        "": range(1, 26),
        "verdict=violation": range(1, 26),
        "path=/a": [n + 1 for n in range(25) if n % 3],
        "text=odd": range(2, 26, 2),
    }[query]
    seen: list[int] = []
    place = "before" if newest else "after"
    cursor = ""
    while True:
        listed = client.api(f"api/deliveries?limit=4&newest={newest}&{query}{cursor}").json()
        seen += [delivery["id"] for delivery in listed["deliveries"]]
        assert len(listed["deliveries"]) <= 4
        if listed["next"] is None:
            break
        cursor = f"&{place}={listed['next']}"
    assert seen == sorted(wanted, reverse=bool(newest))


def test_rejects_invalid_filters(client: RunningSink) -> None:
    for query in (
        "event=none", "verdict=bad", "signature=good", f"text={'x' * 201}", "before=x", "newest=2",
    ):  # fmt: skip
        answer = client.api(f"api/deliveries?{query}")
        assert (answer.status_code, list(answer.json())) == (400, ["message"]), query


def test_attempts_of_one_event_refer_to_the_first(client: RunningSink, send: Any) -> None:
    send(name="first")
    send(name="other", id="11111111-1111-4111-8111-111111111111")
    send(name="first, changed")
    send(name="first")
    client.post(b"raw")
    client.post(b"raw")
    client.post(b"raw", "/elsewhere")
    shown = client.api("api/deliveries").json()["deliveries"]
    assert [(s["first_attempt"], s["attempt"]) for s in shown] == [
        (None, 1), (None, 1), (1, 2), (1, 3), (None, 1), (5, 2), (None, 1),
    ]  # fmt: skip
    third, fourth = (client.api(f"api/deliveries/{n}").json() for n in (3, 4))
    assert [attempt["id"] for attempt in third["attempts"]] == [1, 3, 4]
    assert (third["same_body"], fourth["same_body"]) == (False, True)


def test_a_late_event_refers_to_the_newer_event_before_it(client: RunningSink, send: Any) -> None:
    numbers = iter(range(10, 100))

    def sent(at: str) -> None:
        send(at=at, id=f"{next(numbers)}111111-1111-4111-8111-111111111111")

    sent("2026-04-20T13:00:10Z")
    sent("2026-04-20T13:00:30Z")
    sent("2026-04-20T15:00:20+02:00")
    sent("2026-04-20T13:00:40Z")
    send(at="2026-04-20T13:00:10Z", id="10111111-1111-4111-8111-111111111111")  # a repeat
    sent("no time at all")
    shown = client.api("api/deliveries").json()["deliveries"]
    assert [s["late_after"] for s in shown] == [None, None, 2, None, None, None]


def test_delete_removes_all_deliveries(client: RunningSink, send: Any) -> None:
    send()
    send()
    answer = client.http.delete(f"{client.sink.url}/_hookproof/api/deliveries")
    assert (answer.status_code, answer.json()) == (200, {"removed": 2})
    listed = client.api("api/deliveries").json()
    assert (listed["deliveries"], listed["total"], listed["paths"]) == ([], 0, [])
    send()
    (one,) = client.api("api/deliveries?verdict=conforms").json()["deliveries"]
    assert (one["id"], one["first_attempt"]) == (3, None)


def test_finds_deliveries_of_an_earlier_run(start: StartSink, tmp_path: Any) -> None:
    path = tmp_path / "deliveries.db"
    with start(store=path) as client:
        for number in range(30):
            client.post(str(number).encode(), "/old")
    with start(store=path) as client:
        client.post(b"new", "/new")
        assert found(client, "path=/old&limit=3") == [1, 2, 3]
        listed = client.api("api/deliveries").json()
        assert (listed["total"], listed["unjudged"], listed["paths"]) == (31, 0, ["/new", "/old"])
        assert found(client, "path=/old&newest=1&limit=3") == [30, 29, 28]
