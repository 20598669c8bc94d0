"""Load of the kill tests: concurrent senders, and the sent and acknowledged deliveries."""

import random
import socket
import threading
from dataclasses import dataclass, field

from webhook_sink.delivery import Delivery

DEADLINE = 30.0
_LARGEST = 17
"""Exponent of the largest body: 2^17 bytes."""

Sent = tuple[str, str, tuple[tuple[bytes, bytes], ...], bytes]
"""Method, target, header pairs and body."""


@dataclass
class Books:
    """Sent and acknowledged deliveries by target; each target is unique."""

    sent: dict[str, Sent] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    first: threading.Event = field(default_factory=threading.Event)
    """Event that is set at the first acknowledgement of a round."""


def send(
    url: str,
    prefix: str,
    books: Books,
    chance: random.Random,
    stop: threading.Event | None = None,
) -> None:
    """Deliver over one connection until it breaks, or `stop`; record acknowledged deliveries."""
    address = ("127.0.0.1", int(url.rpartition(":")[2]))
    number = 0
    try:
        with socket.create_connection(address, timeout=DEADLINE) as connection:
            while stop is None or not stop.is_set():
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
    body = chance.randbytes(chance.randrange(2 ** chance.randint(0, _LARGEST)))
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


def sent_of(delivery: Delivery) -> Sent:
    return delivery.method, delivery.target, delivery.headers, delivery.body
