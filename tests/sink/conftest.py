"""A sink on a real port, and bytes sent to it as they are."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from openapi.contract import Contract
from openapi.loading.loader import load_contract
from webhook_sink.delivery import Delivery
from webhook_sink.server import Sink

DEADLINE = 20.0
"""Seconds until what must come is given up."""


@dataclass(frozen=True)
class Client:
    """What a test does to a sink from outside."""

    sink: Sink
    http: httpx.Client

    def raw(self, data: bytes) -> bytes:
        """Send bytes on a connection of their own; return all that comes until it closes."""
        address = ("127.0.0.1", self.sink.port)
        with socket.create_connection(address, timeout=DEADLINE) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def post(self, body: bytes = b"{}", path: str = "/hook", **headers: str) -> int:
        return self.http.post(self.sink.url + path, content=body, headers=headers).status_code

    def api(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(f"{self.sink.url}/_hookproof/{path}", headers=headers)


Start = Callable[..., AbstractContextManager[Client]]


class _Started:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def __enter__(self) -> Client:
        self._http = httpx.Client(trust_env=False, timeout=DEADLINE)
        return Client(self._sink.__enter__(), self._http)

    def __exit__(self, *error: Any) -> None:
        self._http.close()
        self._sink.__exit__(*error)


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load_contract()


@pytest.fixture
def start(contract: Contract) -> Start:
    """Start a sink with settings of its own: `with start(max_body_bytes=5) as client:`."""
    return lambda **settings: _Started(Sink(contract, **settings))


@pytest.fixture
def draft() -> Delivery:
    """A delivery with every oddity that must survive, not stored yet."""
    return Delivery(
        id=0,
        received_at=1790000000.123456,
        method="POST",
        target="/a%20b?x=\xff&\x00",
        headers=((b"X-A", b"1"), (b"x-a", b"2"), (b"X-A", b""), (b"Z", bytes(range(256)))),
        body=bytes(range(256)),
        truncated=False,
        remote="[::1]:4020",
        status=200,
    )
