"""Sinks that share a PostgreSQL database: kills, an outage, and what each sees of the others."""

import json
import random
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from support.kill_load import DEADLINE, Books, send, sent_of
from support.postgres import PASSWORD, PostgresServer, running_postgres
from support.processes import ServerProcess, hookproof, launched, launched_with_log

from webhook_sink.storage.location import PostgresUrl
from webhook_sink.storage.postgres_store import PostgresStore

pytestmark = pytest.mark.integration

SINKS = 3
KILLS = 20
SENDERS = 3
"""Concurrent senders of each sink."""
LONGEST = 0.1
"""Seconds of load after the first acknowledgement."""


def command(url: str, *options: str) -> list[str]:
    return ["-m", "hookproof", "sink", "--port", "0", "--store", url, *options]


@contextmanager
def sinks(count: int, url: str, *options: str) -> Iterator[list[str]]:
    """Run sinks with the database `url`; yield their URLs."""
    with ExitStack() as stack:
        yield [stack.enter_context(launched(command(url, *options)))[0] for _ in range(count)]


def get(sink: str, below: str = "", /, **parameters: str | int) -> httpx.Response:
    """Return the response of the API to a request below `deliveries`."""
    url = f"{sink}/_hookproof/api/deliveries{below}"
    found = httpx.get(url, params=parameters, timeout=DEADLINE, trust_env=False)
    return found.raise_for_status()


def post(sink: str, path: str, body: bytes = b"{}") -> int:
    return httpx.post(sink + path, content=body, timeout=DEADLINE, trust_env=False).status_code


def listed(sink: str, **parameters: str | int) -> list[Any]:
    """Return the summaries of all pages."""
    found: list[Any] = []
    after: int | None = 0
    while after is not None:
        page = get(sink, "", after=after, limit=100, **parameters).json()
        found += page["deliveries"]
        after = page["next"]
    return found


def test_three_sinks_lose_nothing_in_twenty_kills(postgres_server: PostgresServer) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # shown on failure
    chance = random.Random(seed)
    url, books = postgres_server.new_url(), Books()
    seen: list[int] = []
    with closing(PostgresStore(PostgresUrl(url))) as store, ExitStack() as stack:

        def launch() -> tuple[str, ServerProcess]:
            return stack.enter_context(launched(command(url)))

        running = [launch() for _ in range(SINKS)]
        for number in range(KILLS):
            victim = chance.randrange(SINKS)
            one_round(number, running, victim, books, chance, store, seen)
            running[victim] = launch()
        stored = store.list()
        pages = [listed(sink) for sink, _ in running]
    ids = [delivery.id for delivery in stored]
    assert ids == list(range(1, len(ids) + 1))
    assert seen == ids, "a reader that continued after the last id missed a delivery"
    by_target = {delivery.target: sent_of(delivery) for delivery in stored}
    assert len(by_target) == len(stored)
    assert books.acknowledged <= by_target.keys()
    # Unacknowledged deliveries may be stored, but only completely.
    assert all(books.sent[target] == sent for target, sent in by_target.items())
    assert [summary["id"] for summary in pages[0]] == ids
    assert pages[0] == pages[1] == pages[2]


def one_round(
    number: int,
    running: Sequence[tuple[str, ServerProcess]],
    victim: int,
    books: Books,
    chance: random.Random,
    store: PostgresStore,
    seen: list[int],
) -> None:
    """Kill the `victim` at a random moment of a load on all sinks; extend the `seen` ids."""
    books.first.clear()
    stop = threading.Event()
    senders: list[threading.Thread] = []
    for place in [*range(SINKS)] * SENDERS:
        prefix = f"/{number}/{place}/{len(senders)}"
        given = (running[place][0], prefix, books, random.Random(chance.random()), stop)
        senders.append(threading.Thread(target=send, args=given))
    for sender in senders:
        sender.start()
    assert books.first.wait(DEADLINE), "nothing was acknowledged"
    end = threading.Timer(chance.uniform(0, LONGEST), running[victim][1].kill)
    end.start()
    while any(sender.is_alive() for sender in senders[victim::SINKS]):
        seen += store.ids(after=seen[-1] if seen else 0)
    stop.set()
    for sender in senders:
        sender.join()
    end.join()
    seen += store.ids(after=seen[-1] if seen else 0)


def test_wait_returns_a_delivery_to_another_sink(postgres_server: PostgresServer) -> None:
    with sinks(2, postgres_server.new_url()) as (one, other), ThreadPoolExecutor() as pool:
        for number in range(1, 6):
            waiting = pool.submit(get, other, "/wait", after=number - 1, timeout=30)
            assert post(one, f"/{number}") == 200
            delivery = waiting.result().json()
            assert (delivery["id"], delivery["target"]) == (number, f"/{number}")
            assert delivery["verdict_kind"]
        assert listed(one) == listed(other)
        # Filters read the verdicts, which each sink computes for the deliveries of all.
        assert [d["id"] for d in listed(other, path="/3")] == [3]
        page = get(other, newest=1, path="/3").json()
        assert [d["id"] for d in page["deliveries"]] == [3]


def test_a_live_page_shows_what_other_sinks_do(postgres_server: PostgresServer) -> None:
    with (
        sinks(2, postgres_server.new_url()) as (one, other),
        httpx.stream(
            "GET", f"{other}/_hookproof/api/deliveries/stream", timeout=DEADLINE, trust_env=False
        ) as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        for number in (1, 2):
            post(one, f"/{number}")
            data = next(line for line in lines if line.startswith("data:"))
            assert json.loads(data[5:])["target"] == f"/{number}"
        sent = httpx.post(
            f"{one}/_hookproof/api/deliveries/1/resend", json={"url": other}, trust_env=False
        )
        assert sent.json()["outgoing"]["status"] == 200
        assert "event: changed" in lines
        assert get(other, "/1").json()["outgoing"] == get(one, "/1").json()["outgoing"]
        httpx.delete(f"{one}/_hookproof/api/deliveries", params={"path": "/2"}, trust_env=False)
        assert "event: reload" in lines
        assert [d["id"] for d in listed(other)] == [1, 3]
        assert get(other).json()["paths"] == ["/1"]


def test_a_removal_during_a_lost_connection_is_seen(postgres_server: PostgresServer) -> None:
    url = postgres_server.new_url()
    with sinks(1, url) as (sink,), psycopg.connect(url, autocommit=True) as database:
        for number in range(1, 4):
            assert post(sink, f"/{number}") == 200
        while get(sink).json()["paths"] != ["/1", "/2", "/3"]:
            pass  # they are judged in the background
        database.execute("DELETE FROM deliveries WHERE id = 2")  # no one is notified
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        while get(sink).json()["paths"] != ["/1", "/3"]:
            pass  # the listener connects again within a second


def test_retention_of_several_sinks_removes_each_delivery_once(
    postgres_server: PostgresServer,
) -> None:
    with sinks(2, postgres_server.new_url(), "--keep-count", "3") as (one, other):
        for number in range(10):
            post((one, other)[number % 2], f"/{number}")
        while get(one).json()["total"] > 3:
            pass  # the pruners run every second
        pages = [get(sink).json() for sink in (one, other)]
    for page in pages:
        assert [d["id"] for d in page["deliveries"]] == [8, 9, 10]
        assert (page["total"], page["removed"]) == (3, 7)


def test_a_database_outage_is_a_503_until_it_is_back(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    acknowledged: set[str] = set()
    rejected, answered, stop = threading.Event(), threading.Event(), threading.Event()

    def load(sink: str, prefix: str) -> None:
        with httpx.Client(timeout=DEADLINE, trust_env=False) as client:
            number = 0
            while not stop.is_set():
                number += 1
                reply = client.post(f"{sink}/{prefix}/{number}", content=b"{}")
                if reply.status_code == 200:
                    acknowledged.add(f"/{prefix}/{number}")
                    answered.set()
                else:
                    assert reply.status_code == 503
                    assert reply.headers["retry-after"]
                    rejected.set()

    with running_postgres(postgres_server.binaries) as server, log.open("w") as stderr:
        url = server.new_url()
        with (
            launched_with_log(command(url), stderr) as (one, _),
            launched(command(url)) as (other, _),
            ThreadPoolExecutor() as pool,
        ):
            loads = [pool.submit(load, one, str(place)) for place in range(3)]
            try:
                assert answered.wait(DEADLINE)
                server.stop()
                assert rejected.wait(DEADLINE)
                health = httpx.get(f"{one}/_hookproof/healthz", trust_env=False)
                assert health.status_code == 503
                server.start()
                answered.clear()
                assert answered.wait(DEADLINE), "the sink did not recover"
            finally:
                stop.set()
            for each in loads:
                each.result()
            while "deliveries of other sinks are seen again" not in log.read_text("utf-8"):
                get(one, newest=1, limit=1)  # the listener connects every second
            newest = get(other, newest=1, limit=1).json()["deliveries"][0]["id"]
            waiting = pool.submit(get, other, "/wait", after=newest, timeout=30)
            assert post(one, "/after") == 200
            assert waiting.result().json()["target"] == "/after"
            targets = {delivery["target"] for delivery in listed(other)}
    assert acknowledged <= targets
    said = log.read_text("utf-8")
    assert "deliveries get 503: the store postgresql://sinks@127.0.0.1:" in said
    assert "deliveries got 503 and are not stored" in said
    assert not any(secret in said for secret in (PASSWORD, "p%40ss"))


def test_no_page_shows_the_password(postgres_server: PostgresServer, tmp_path: Path) -> None:
    url = postgres_server.new_url()
    log = tmp_path / "log"
    with log.open("w") as stderr, launched_with_log(command(url), stderr) as (sink, process):
        post(sink, "/")
        shown = [process.stdout.readline() for _ in range(3)]
        for path in ("", "api/settings", "api/deliveries", "api/deliveries/1", "healthz"):
            found = httpx.get(f"{sink}/_hookproof/{path}", timeout=DEADLINE, trust_env=False)
            shown.append(found.raise_for_status().text)
    place = url.partition("@")[2].partition("?")[0]
    assert f"deliveries are stored in postgresql://sinks@{place}\n" in shown
    text = "".join(shown) + log.read_text("utf-8")
    assert not any(secret in text for secret in (PASSWORD, "p%40ss", "p@ss"))


def test_a_shared_store_does_not_forward(postgres_server: PostgresServer) -> None:
    options = command(postgres_server.new_url(), "--forward-to", "http://127.0.0.1:3000")
    done = hookproof(*options[2:])
    assert done.returncode == 2
    assert done.stderr == (
        "hookproof: --forward-to needs a store of one sink, because each sink of a shared store "
        "would forward all deliveries: pass --store FILE\n"
    )
