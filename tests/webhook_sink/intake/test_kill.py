"""Durability: acknowledged deliveries survive a `kill -9` unchanged."""

import base64
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.kill_load import DEADLINE, Books, Sent, send, sent_of
from support.processes import ServerProcess, launched

from webhook_sink.storage.sqlite_store import SqliteStore

pytestmark = pytest.mark.integration

ROUNDS = 20
SENDERS = 8
LONGEST = 0.1
"""Seconds of load after the first acknowledgement."""


@contextmanager
def killed(path: Path) -> Iterator[tuple[str, ServerProcess]]:
    """Run a sink with a store file; yield URL and process; end it with `kill -9`."""
    command = ["-m", "hookproof", "sink", "--port", "0", "--store", str(path)]
    with launched(command) as (url, process):
        yield url, process
        process.kill()


def test_acknowledged_deliveries_survive_twenty_kills(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # shown on failure
    chance = random.Random(seed)
    path, books = tmp_path / "deliveries.db", Books()
    for number in range(ROUNDS):
        with killed(path) as (url, process):
            one_round(number, url, process, books, chance)
    with killed(path) as (url, _):
        shown_again(
            url, [books.sent[each] for each in chance.sample(sorted(books.acknowledged), 5)]
        )
    store = SqliteStore(path)
    kept = [sent_of(delivery) for delivery in store.list()]
    store.close()
    by_target = {sent[1]: sent for sent in kept}
    assert len(by_target) == len(kept)
    assert books.acknowledged <= by_target.keys()
    # Unacknowledged deliveries may be stored, but only completely.
    assert all(books.sent[target] == sent for target, sent in by_target.items())


def one_round(
    number: int, url: str, process: ServerProcess, books: Books, chance: random.Random
) -> None:
    """Kill the process at a random moment of a load of concurrent deliveries."""
    books.first.clear()
    seeds = [chance.random() for _ in range(SENDERS)]
    senders = [
        threading.Thread(target=send, args=(url, f"/{number}/{place}", books, random.Random(seed)))
        for place, seed in enumerate(seeds)
    ]
    for sender in senders:
        sender.start()
    assert books.first.wait(DEADLINE), "nothing was acknowledged"
    end = threading.Timer(chance.uniform(0, LONGEST), process.kill)
    end.start()
    for sender in senders:
        sender.join()
    end.join()


def shown_again(url: str, sents: list[Sent]) -> None:
    """Check that the API of a restarted sink shows these deliveries."""
    api = f"{url}/_hookproof/api/deliveries"
    with httpx.Client(timeout=DEADLINE, trust_env=False) as client:
        for sent in sents:
            found, after = [], 0
            while after is not None:
                page = client.get(api, params={"text": sent[1], "after": after}).json()
                found += page["deliveries"]
                after = page["next"]
            (shown,) = (client.get(f"{api}/{summary['id']}").json() for summary in found)
            headers = tuple(tuple(text.encode("latin-1") for text in h) for h in shown["headers"])
            body = base64.b64decode(shown["body"]["base64"])
            assert (shown["method"], shown["target"], headers, body) == sent
