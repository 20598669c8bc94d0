"""Floods of a sink process: its memory stays bounded, and it serves the next request."""

import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import uvicorn
from support.processes import launched

from openapi.contract import Contract
from openapi.http.limits import RequestLimits
from openapi.http.server_thread import ServerThread
from webhook_sink.app import create_app
from webhook_sink.protocol import SinkProtocol
from webhook_sink.server import uvicorn_config
from webhook_sink.storage.sqlite_store import SqliteStore

pytestmark = pytest.mark.integration

DEADLINE = 30.0
MIB = 1024 * 1024
FLOOD = 32 * MIB
SENDERS = 32
LARGE = bytes(10 * MIB)
HEAD = b"POST /hook HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

FLOODS = [
    ("a header", HEAD + b"X: ", b"x" * MIB),
    ("headers", HEAD, b"X: 1\r\n" * 100_000),
    ("a target", b"POST /", b"x" * MIB),
    ("empty lines", b"", b"\r\n" * 500_000),
    ("a body", HEAD + b"Content-Length: %d\r\n\r\n" % (2 * FLOOD), b"x" * MIB),
    ("small chunks", CHUNKED, b"1\r\n \r\n" * 100_000),
    ("an extension", CHUNKED + b"1;", b"x" * MIB),
    ("trailers", CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: 1\r\n" * 100_000),
]
"""Name, first bytes and repeated bytes of each flood."""

UNFINISHED = [
    ("nothing", b"", b""),
    ("half a line", b"POST /no", b"408"),
    ("half a head", HEAD, b"408"),
    ("no body", HEAD + b"Content-Length: 100\r\n\r\n", b"408"),
    ("half a body", HEAD + b"Content-Length: 100\r\n\r\n{", b"408"),
    ("half a chunk", CHUNKED + b"100\r\n{", b"408"),
]


def address(url: str) -> tuple[str, int]:
    return "127.0.0.1", int(url.rpartition(":")[2])


def flood(url: str, first: bytes, again: bytes) -> None:
    """Send without reading until all is sent, the connection is closed or sending times out."""
    with (
        suppress(ConnectionError, TimeoutError),
        socket.create_connection(address(url), timeout=1) as connection,
    ):
        connection.sendall(first)
        for _ in range(FLOOD // len(again)):
            connection.sendall(again)


def memory(pid: int) -> int:
    """Return the peak resident memory of the process, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found
    return int(found[1]) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_floods_do_not_fill_the_memory() -> None:
    with launched(["-m", "hookproof", "sink", "--port", "0"]) as (url, process):
        for _ in range(50):
            httpx.post(f"{url}/hook", timeout=DEADLINE)
        before = memory(process.pid)
        grown = {}
        for name, first, again in FLOODS:
            flood(url, first, again)
            grown[name] = memory(process.pid) - before
            assert httpx.post(f"{url}/hook", timeout=DEADLINE).status_code == 200
        assert max(grown.values()) < 24 * MIB, grown


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_large_bodies_use_memory_only_for_their_stored_part() -> None:
    with launched(["-m", "hookproof", "sink", "--port", "0"]) as (url, process):
        httpx.post(f"{url}/hook", timeout=DEADLINE)
        before = memory(process.pid)

        def send(_: int) -> int:
            return httpx.post(
                f"{url}/hook", content=LARGE, timeout=DEADLINE, verify=False
            ).status_code

        with ThreadPoolExecutor(SENDERS) as pool:
            assert list(pool.map(send, range(SENDERS))) == [413] * SENDERS
        grown = memory(process.pid) - before
        listed = httpx.get(f"{url}/_hookproof/api/deliveries", timeout=DEADLINE).json()
        assert [one["size"] for one in listed["deliveries"][1:]] == [MIB] * SENDERS
        # Far less than the 320 MiB sent; a body is in memory twice while its parts are joined.
        assert grown < 4 * SENDERS * MIB, grown


@pytest.fixture
def impatient(contract: Contract) -> Iterator[str]:
    """Yield the URL of a sink with a request timeout of 0.5 s."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(contract, store=SqliteStore())
    config: uvicorn.Config = uvicorn_config(app)
    config.http = cast(Any, partial(SinkProtocol, limits=RequestLimits(timeout_s=0.5)))
    with ServerThread(config, listener) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize(("name", "sent", "expected"), UNFINISHED)
def test_an_incomplete_request_times_out(
    impatient: str, name: str, sent: bytes, expected: bytes
) -> None:
    with socket.create_connection(address(impatient), timeout=DEADLINE) as connection:
        connection.sendall(sent)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.partition(b" ")[2][:3] == expected, name
    assert httpx.post(f"{impatient}/hook", timeout=DEADLINE).status_code == 200
