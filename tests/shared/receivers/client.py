"""Small sender for the tests of the receivers: signs with `hmac`, and sends over a socket."""

import base64
import hmac
import json
import re
import socket
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from typing import Any

from receivers.launching import BODY_SECRET, SECRET, Running

PATIENCE_S = 20.0
"""Seconds after which a sender gives up: long, because the machine may be busy."""


@dataclass(frozen=True)
class Answer:
    """Response of a receiver; status 0 means that none came."""

    status: int
    raw: bytes = b""


def invoice(**changes: Any) -> dict[str, Any]:
    """Return the payload of an invoice that was paid; `changes` replace properties of it."""
    payload = {
        "type": "invoice.paid",
        "timestamp": "2026-04-20T13:11:35Z",
        "data": {
            "id": f"in_{uuid.uuid4().hex[:12]}",
            "number": "2026-0042",
            "amount": 12900,
            "currency": "EUR",
            "customer": {"id": "cus_81f3", "name": "Zoë Example", "email": "zoe@example.com"},
            "lines": [
                {"description": "Licence", "quantity": 2, "price": 6000},
                {"description": "Support", "quantity": 1, "price": 900},
            ],
            "memo": None,
            "paidAt": "2026-04-20T13:11:34Z",
        },
    }
    return {**payload, **changes}


def compact(payload: object) -> bytes:
    """Return JSON as most senders write it."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def key(secret: str) -> bytes:
    """Return the key of a secret of Standard Webhooks."""
    return base64.b64decode(secret.removeprefix("whsec_"))


def mac(content: bytes, with_key: bytes, algorithm: str = "sha256") -> str:
    """Return an HMAC in base64."""
    return base64.b64encode(hmac.digest(with_key, content, algorithm)).decode()


@dataclass(frozen=True)
class Delivery:
    """Delivery by Standard Webhooks; without `signature` it is signed as it should be."""

    body: bytes = field(default_factory=lambda: compact(invoice()))
    id: str = field(default_factory=lambda: f"msg_{uuid.uuid4().hex}")
    timestamp: str = field(default_factory=lambda: str(int(time.time())))
    signature: str | None = None
    secret: str = SECRET

    @property
    def signed(self) -> str:
        """Value of the header of the signature."""
        if self.signature is not None:
            return self.signature
        content = f"{self.id}.{self.timestamp}.".encode() + self.body
        return "v1," + mac(content, key(self.secret))

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Headers of the scheme."""
        return [
            ("webhook-id", self.id),
            ("webhook-timestamp", self.timestamp),
            ("webhook-signature", self.signed),
        ]

    def aged(self, seconds: int) -> "Delivery":
        """Return the delivery with a timestamp of `seconds` ago."""
        return replace(self, timestamp=str(int(time.time()) - seconds), signature=None)

    def frozen(self, **changes: Any) -> "Delivery":
        """Return the delivery with the signature of now and then other `changes`."""
        return replace(replace(self, signature=self.signed), **changes)


class Client:
    """Sender to one receiver."""

    def __init__(self, receiver: Running, patience_s: float = PATIENCE_S) -> None:
        self.receiver = receiver
        self.patience_s = patience_s

    def deliver(
        self,
        delivery: Delivery,
        *,
        headers: Sequence[tuple[str, str]] | None = None,
        chunks: Sequence[bytes] = (),
        expect: bool = False,
    ) -> Answer:
        """Send a delivery; `headers` replace those of the scheme."""
        sent = delivery.headers if headers is None else headers
        return self.send("POST", "/webhooks", sent, delivery.body, chunks=chunks, expect=expect)

    def status(self, delivery: Delivery) -> int:
        """Send a delivery and return the status."""
        return self.deliver(delivery).status

    def at_once(self, deliveries: Sequence[Delivery]) -> list[int]:
        """Send deliveries at one moment and return their statuses."""
        with ThreadPoolExecutor(len(deliveries)) as pool:
            return list(pool.map(self.status, deliveries))

    def effects(self) -> int:
        """Return the number of side effects so far."""
        connection = HTTPConnection("127.0.0.1", self.receiver.port, timeout=self.patience_s)
        try:
            connection.request("GET", "/effects")
            return int(connection.getresponse().read())
        finally:
            connection.close()

    def body_only(self, payload: object, signature: str | None = None) -> int:
        """Send a delivery of the shipped contract and return the status."""
        body = compact(payload)
        value = signature or mac(body, BODY_SECRET.encode())
        return self.send("POST", "/webhooks", [("Webhook-Signature", value)], body).status

    def send(
        self,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        *,
        chunks: Sequence[bytes] = (),
        expect: bool = False,
    ) -> Answer:
        """Send a request on a new connection and return the response."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.receiver.port}"]
        lines += ["Connection: close", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in headers]
        lines.append("Transfer-Encoding: chunked" if chunks else f"Content-Length: {len(body)}")
        if expect:
            lines.append("Expect: 100-continue")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        parts = [b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks]
        sent = [*parts, b"0\r\n\r\n"] if chunks else [body]
        received = b""
        address = ("127.0.0.1", self.receiver.port)
        with (
            suppress(OSError),
            socket.create_connection(address, timeout=self.patience_s) as connection,
        ):
            connection.sendall(head)
            if expect:
                received = connection.recv(65536)
                if not received.startswith(b"HTTP/1.1 100"):
                    sent = []
                received = received.partition(b"\r\n\r\n")[2] if sent else received
            with suppress(OSError):
                for part in sent:
                    connection.sendall(part)
            while chunk := connection.recv(65536):
                received += chunk
        found = re.match(rb"HTTP/1\.[01] (\d{3})", received)
        return Answer(int(found[1]) if found else 0, received)
