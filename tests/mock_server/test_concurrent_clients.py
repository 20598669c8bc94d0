"""Floods of a mock process: its memory stays bounded, and it serves the next request."""

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.processes import launched
from support.raw_http import DEADLINE, request

from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.contract import Contract

pytestmark = pytest.mark.integration

MIB = 1024 * 1024
FLOOD = 32 * MIB
BOUND = 16 * MIB
"""Upper limit of the mock's growth, in bytes; far less than a flood."""
PIPED = b"GET /nowhere HTTP/1.1\r\nHost: mock\r\nX: " + b"x" * 400 + b"\r\n\r\n"


class Place:
    """Address of the mock, and a credential."""

    def __init__(self, url: str, contract: Contract) -> None:
        self.host, port = url.removeprefix("http://").split(":")
        self.port, self.url = int(port), url
        self.path = contract.operations[0].path
        self.token = mint(DEVELOPMENT_SECRET, contract.operations[0].permissions, None)


def chunked(place: Place, body: bytes) -> bytes:
    return request(place, body, b"Transfer-Encoding: chunked", last=False)


def floods(place: Place) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield name, first bytes and repeated bytes of each flood."""
    unknown = request(place, b"", b"Content-Length: %d" % (2 * FLOOD), last=False)
    yield "a header", b"GET / HTTP/1.1\r\nX: ", b"x" * MIB
    yield "headers", b"GET / HTTP/1.1\r\n", b"X: 1\r\n" * 100000
    yield "a target", b"GET /", b"x" * MIB
    yield "empty lines", b"", b"\r\n" * 500000
    yield "a refused body", unknown.replace(b"Bearer ", b"Bearer x"), b"x" * MIB
    yield "a body", unknown, b"x" * MIB
    yield "small chunks", chunked(place, b""), b"1\r\n \r\n" * 100000
    yield "an extension", chunked(place, b"1;"), b"x" * MIB
    yield "trailers", chunked(place, b"2\r\n{}\r\n0\r\n"), b"X: 1\r\n" * 100000
    yield "a trailer", chunked(place, b"2\r\n{}\r\n0\r\nX: "), b"x" * MIB
    yield "requests", b"", PIPED * 5000
    yield "small requests", b"", b"GET / HTTP/1.1\r\n\r\n" * 50000


def flood(place: Place, first: bytes, again: bytes) -> None:
    """Send without reading until all is sent, the connection is closed or sending times out."""
    with (
        suppress(ConnectionError, TimeoutError),
        socket.create_connection((place.host, place.port), timeout=1) as connection,
    ):
        connection.sendall(first)
        for _ in range(FLOOD // len(again)):
            connection.sendall(again)


def memory(process: Any) -> int:
    """Return the peak resident memory of the process, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found
    return int(found[1]) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_floods_do_not_fill_the_memory(contract: Contract) -> None:
    with launched(["-m", "hookproof", "mock", "--port", "0"]) as (url, process):
        place = Place(url, contract)
        for _ in range(50):
            httpx.get(f"{url}/nowhere", timeout=DEADLINE)
        before = memory(process)
        grown = {}
        for name, first, again in floods(place):
            flood(place, first, again)
            grown[name] = memory(process) - before
            assert httpx.get(f"{url}/nowhere", timeout=DEADLINE).status_code == 404
    assert max(grown.values()) < BOUND, grown
