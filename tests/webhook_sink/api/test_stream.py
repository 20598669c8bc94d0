"""Event stream of deliveries: each is sent once, also after a reconnect."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from support.sink import RunningSink, StartSink

pytestmark = pytest.mark.integration


@contextmanager
def followed(
    client: RunningSink, query: str = "", **headers: str
) -> Iterator[Iterator[dict[str, Any]]]:
    url = f"{client.sink.url}/_hookproof/api/deliveries/stream?{query}"
    with httpx.stream("GET", url, headers=headers, timeout=20, trust_env=False) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer)


def _events(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            event[name] = value
        elif not line:
            if "event" in event:
                yield {**event, "data": json.loads(event["data"])}
            event = {}


def test_new_deliveries_are_streamed(start: StartSink) -> None:
    with start() as client, followed(client) as events:
        client.post(b"1", "/a")
        first = next(events)
        client.post(b"2", "/b")
        second = next(events)
        listed = client.api("api/deliveries").json()["deliveries"]
        assert [first["data"], second["data"]] == listed
        assert (first["event"], first["id"], second["id"]) == ("delivery", "1", "2")


def test_a_reconnected_client_continues_after_its_last_event(start: StartSink) -> None:
    with start() as client:
        for number in range(5):
            client.post(str(number).encode())
        with followed(client, "after=1") as events:
            assert [next(events)["id"] for _ in range(4)] == ["2", "3", "4", "5"]
        with followed(client, "after=1", **{"Last-Event-ID": "4"}) as events:
            assert next(events)["id"] == "5"
            client.post(b"6")
            assert next(events)["id"] == "6"


def test_only_matching_deliveries_are_streamed(start: StartSink) -> None:
    with start() as client, followed(client, "path=/wanted&text=needle") as events:
        for path, body in (("/other", b"needle"), ("/wanted", b"y"), ("/wanted", b"Needle")):
            client.post(body, path)
        assert next(events)["id"] == "3"


def test_too_many_missed_deliveries_are_one_reload_event(start: StartSink) -> None:
    with start() as client:
        for number in range(501):
            client.post(str(number).encode())
        with followed(client) as events:
            event = next(events)
            assert (event["event"], event["id"]) == ("reload", "501")
            client.post(b"further")
            assert next(events)["id"] == "502"


def test_a_removal_is_a_reload_event(start: StartSink) -> None:
    with start() as client, followed(client) as events:
        client.post(b"1")
        assert next(events)["event"] == "delivery"
        client.http.delete(f"{client.sink.url}/_hookproof/api/deliveries")
        assert next(events)["event"] == "reload"


def test_a_stopping_sink_ends_the_stream(start: StartSink) -> None:
    with start() as client:
        stream = followed(client)
        events = stream.__enter__()
        client.post(b"1")
        next(events)
    assert list(events) == []
    stream.__exit__(None, None, None)
