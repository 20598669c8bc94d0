"""Durability: acknowledged deliveries survive a `kill -9` unchanged."""

import base64
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from support.processes import ServerProcess, launched

from webhook_sink.delivery import Delivery
from webhook_sink.storage.sqlite_store import SqliteStore

pytestmark = pytest.mark.integration

ROUNDS = 20
SENDERS = 8
DEADLINE = 30.0
LARGEST = 17
"""Exponent of the largest body: 2^17 bytes."""
LONGEST = 0.1
"""Seconds of load after the first acknowledgement."""

Sent = tuple[str, str, tuple[tuple[bytes, bytes], ...], bytes]
"""Method, target, header pairs and body."""


@dataclass
class Books:
    """Sent and acknowledged deliveries by target; each target is unique."""

    sent: dict[str, Sent] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    first: threading.Event = field(default_factory=threading.Event)
    """Event that is set at the first acknowledgement of a round."""


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


def send(url: str, prefix: str, books: Books, chance: random.Random) -> None:
    """Deliver over one connection until it breaks; record acknowledged deliveries."""
    address = ("127.0.0.1", int(url.rpartition(":")[2]))
    number = 0
    try:
        with socket.create_connection(address, timeout=DEADLINE) as connection:
            while True:
                number += 1
                sent, data = drawn(f"{prefix}/{number}?a=%41&&", chance)
                books.sent[sent[1]] = sent
                connection.sendall(data)
                answer = b""
                while b"\r\n\r\n" not in answer:
                    chunk = connection.recv(65536)
                    if not chunk:
                        return  # killed
                    answer += chunk
                assert answer.startswith(b"HTTP/1.1 200 "), answer
                books.acknowledged.add(sent[1])
                books.first.set()
    except OSError:
        return  # killed


def drawn(target: str, chance: random.Random) -> tuple[Sent, bytes]:
    """Return a random delivery and the bytes of its request."""
    body = chance.randbytes(chance.randrange(2 ** chance.randint(0, LARGEST)))
    headers = [(b"Host", b"x"), (b"X-Odd", b"\xff 1"), (b"x-odd", b""), (b"X-ODD", b"2")]
    framed = body
    if chance.random() < 0.3:
        headers.append((b"TRANSFER-encoding", b"chunked"))
        cut = chance.randint(0, len(body))
        parts = [part for part in (body[:cut], body[cut:]) if part]
        framed = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    else:
        headers.append((b"content-Length", b"%d" % len(body)))
    chance.shuffle(headers)
    method = chance.choice(["POST", "PUT", "PATCH"])
    head = b"".join(b"%s: %s\r\n" % pair for pair in headers)
    line = f"{method} {target} HTTP/1.1\r\n".encode()
    return (method, target, tuple(headers), body), line + head + b"\r\n" + framed


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


def sent_of(delivery: Delivery) -> Sent:
    return delivery.method, delivery.target, delivery.headers, delivery.body
