"""Removal of deliveries by the API: all, or exactly those that a list with the same filters has."""

import socket
from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Any

import httpx
import pytest
from support.sink import DEADLINE, RunningSink, StartSink

from openapi.contract import Contract
from openapi.http.server_thread import ServerThread
from webhook_sink.api.parameters import FILTER_PARAMETERS
from webhook_sink.app import create_app
from webhook_sink.server import uvicorn_config
from webhook_sink.storage.sqlite_store import SqliteStore

pytestmark = pytest.mark.integration

SECRET = "a secret of the tests"
PATH = "/_hookproof/api/deliveries"
EVENT = "personalAccessToken.created"
VALUES: Mapping[str, tuple[str, ...]] = {
    "event": (EVENT, "-"),
    "verdict": ("conforms", "violation"),
    "signature": ("valid", "invalid", "missing"),
    "path": ("/a", "/a*", "/none"),
    "text": ("needle", "NEEDLE-2", "%"),
}


def pairs() -> Iterator[dict[str, str]]:
    """Yield each value alone, and each pair of values of two parameters."""
    for name, values in VALUES.items():
        yield from ({name: value} for value in values)
    for one, other in combinations(VALUES, 2):
        for first, second in product(VALUES[one], VALUES[other]):
            yield {one: first, other: second}


def fill(client: RunningSink, body: bytes, signature: str) -> None:
    signed = {"Webhook-Signature": signature, "Content-Type": "application/json"}
    forged = {**signed, "Webhook-Signature": "AAAA"}
    for path in ("/a", "/a/b", "/c"):
        for number, headers in enumerate(({}, signed, forged)):
            client.post(body, f"{path}?needle-{number}", **headers)
    client.post(b"{} needle-2", "/a%25")


def listed(client: RunningSink, parameters: Mapping[str, str]) -> set[int]:
    answer = client.http.get(client.sink.url + PATH, params={**parameters, "limit": "1000"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    return {delivery["id"] for delivery in answer.json()["deliveries"]}


def remove(client: RunningSink, parameters: Mapping[str, str]) -> int:
    answer = client.http.delete(client.sink.url + PATH, params=parameters)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["removed"])


def test_a_removal_has_the_filters_of_a_list(start: StartSink, contract: Contract) -> None:
    assert VALUES.keys() == set(FILTER_PARAMETERS)
    with start(secret=SECRET) as client:
        client.http.post(f"{client.sink.url}{PATH}/sample")
        (sample,) = client.sink.deliveries()
        (signature,) = sample.header_values("Webhook-Signature")
        counts = set()
        for parameters in pairs():
            remove(client, {})
            assert listed(client, {}) == set()
            fill(client, sample.body, signature.decode())
            before, expected = listed(client, {}), listed(client, parameters)
            assert len(before) == 10
            assert remove(client, parameters) == len(expected), parameters
            assert listed(client, {}) == before - expected, parameters
            assert {d.id for d in client.sink.deliveries()} == before - expected, parameters
            assert listed(client, parameters) == set(), parameters
            shown = client.api("api/deliveries").json()
            assert shown["total"] == len(before - expected)
            counts.add(len(expected))
        assert len(counts) > 4  # the filters differ


def test_a_removal_has_the_range_of_a_list(start: StartSink) -> None:
    with start() as client:
        for number in range(6):
            client.post(b"%d" % number, "/even" if number % 2 else "/odd")
        assert remove(client, {"after": "1", "before": "4"}) == 2
        assert remove(client, {"after": "4", "path": "/odd"}) == 1
        assert [delivery.id for delivery in client.sink.deliveries()] == [1, 4, 6]
        assert remove(client, {"after": "9"}) == 0
        assert remove(client, {"before": "9223372036854775807"}) == 3


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("evnt=x", 'unknown parameter "evnt"; the parameters are event, verdict, signature'),
        ("limit=1&newest=1", 'unknown parameter "limit", "newest"'),
        ("id=3", 'unknown parameter "id"'),
        ("event=none", 'unknown event "none"'),
        ("verdict=bad", "verdict is conforms, warning or violation"),
        ("after=x", "after is a number from 0"),
        ("path=", "path has no value"),
        ("event=", "event has no value"),
        ("path=/a&path=/b", "path is given more than once"),
    ],
)
def test_a_removal_that_is_not_understood_removes_nothing(
    start: StartSink, query: str, message: str
) -> None:
    with start() as client:
        client.post(b"kept")
        answer = client.http.delete(f"{client.sink.url}{PATH}?{query}")
        assert answer.status_code == 400
        assert answer.json()["message"].startswith(message)
        assert len(client.sink.deliveries()) == 1


def test_attempts_are_counted_without_removed_deliveries(start: StartSink) -> None:
    with start() as client:
        for path in ("/a", "/b", "/b"):
            client.post(b"{}", path)
        assert remove(client, {"after": "1", "before": "3"}) == 1
        shown = client.api("api/deliveries/3").json()
        assert (shown["attempt"], shown["first_attempt"]) == (1, None)


class CountingStore(SqliteStore):
    """Store that counts the requests for ids."""

    count = 0

    def ids(self, *arguments: Any, **options: Any) -> tuple[int, ...]:
        self.count += 1
        return super().ids(*arguments, **options)


def test_a_wait_after_a_removal_does_not_ask_the_store_in_a_loop(contract: Contract) -> None:
    listener, store = socket.create_server(("127.0.0.1", 0)), CountingStore()
    app = create_app(contract, store=store)
    with (
        ServerThread(uvicorn_config(app), listener) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=DEADLINE) as client,
    ):
        client.post("/a", content=b"{}")
        assert client.delete(PATH).json() == {"removed": 1}
        client.get(PATH)  # starts the verdict worker, which has not judged the delivery
        before = store.count
        assert client.get(f"{PATH}/wait?timeout=1").status_code == 204
        assert store.count - before < 20
        client.post("/b", content=b"{}")
        assert client.get(f"{PATH}/wait?timeout=20").json()["target"] == "/b"
