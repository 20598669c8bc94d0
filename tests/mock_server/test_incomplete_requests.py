"""Incomplete requests time out; a request whose response takes long does not."""

import asyncio
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from support.mock import RunningMock, Serve, StartMock
from support.raw_http import DEADLINE, exchange, request, statuses

from mock_server.server import DEFAULT_LIMITS, uvicorn_config
from openapi.contract import Contract
from openapi.http.limits import RequestLimits

pytestmark = pytest.mark.integration

MIB = 1024 * 1024
SHORT = RequestLimits(timeout_s=0.5)
CONTENT = b"GET /nowhere HTTP/1.1\r\nHost: mock\r\n"
Make = Callable[[Any], bytes]


def half(mock: RunningMock) -> bytes:
    return request(mock, b"{", b"Content-Length: 100")


def chunks(mock: RunningMock, body: bytes) -> bytes:
    return request(mock, body, b"Transfer-Encoding: chunked")


def refused(mock: RunningMock) -> bytes:
    """Return a request that is rejected before its body arrives."""
    return half(mock).replace(b"Bearer ", b"Bearer x").replace(b"Connection: close\r\n", b"")


UNFINISHED: list[tuple[str, Make, bytes, list[int]]] = [
    ("nothing at all", lambda m: b"", b"", []),
    ("empty lines, and more of them", lambda m: b"\r\n", b"\r\n", [408]),
    ("half a line", lambda m: b"GET /no", b"", [408]),
    ("half a head", lambda m: CONTENT, b"", [408]),
    ("a head that drips", lambda m: CONTENT + b"X: ", b"x", [408]),
    ("a target that drips", lambda m: b"GET /", b"x", [408]),
    ("no body", lambda m: request(m, b"", b"Content-Length: 100"), b"", [408]),
    ("half a body", half, b"", [408]),
    ("a body that drips", half, b" ", [408]),
    ("half a chunk", lambda m: chunks(m, b"100\r\n{"), b"", [408]),
    ("chunks that drip", lambda m: chunks(m, b"1\r\n{\r\n"), b"1\r\n \r\n", [408]),
    ("an extension that drips", lambda m: chunks(m, b"1;"), b"x", [408]),
    ("trailers that drip", lambda m: chunks(m, b"2\r\n{}\r\n0\r\n"), b"X: 1\r\n", [408]),
    ("a refused body that never comes", refused, b"", [401]),
    ("a refused body that drips", refused, b" ", [401]),
    ("half a request behind a whole one", lambda m: CONTENT + b"\r\n" + CONTENT, b"", [404, 408]),
    ("empty lines behind a whole one", lambda m: CONTENT + b"\r\n\r\n", b"\r\n", [404]),
    ("leave to send a body, and none", lambda m: request(
        m, b"", b"Content-Length: 100", b"Expect: 100-continue"), b"", [100, 408]),
    ("HTTP/2 offered, and half a body", lambda m: half(m).replace(
        b"Connection: close", b"Connection: Upgrade\r\nUpgrade: h2c"), b"", [408]),
]  # fmt: skip


@pytest.fixture(scope="module")
def hasty(start: StartMock) -> Iterator[RunningMock]:
    """Yield a mock with a short timeout."""
    with start(receivers=0, limits=SHORT) as world:
        yield world


def test_a_connection_with_an_incomplete_request_is_closed(hasty: RunningMock) -> None:
    """Send all requests at once to save time; later bytes must not keep a connection open."""
    answers: dict[str, bytes] = {}
    with selectors.DefaultSelector() as waiting:
        for name, make, drip, _ in UNFINISHED:
            connection = socket.create_connection((hasty.host, hasty.port), timeout=DEADLINE)
            waiting.register(connection, selectors.EVENT_READ, (name, drip))
            connection.sendall(make(hasty))
            answers[name] = b""
        end = time.monotonic() + DEADLINE
        while waiting.get_map() and time.monotonic() < end:
            for key, _ in waiting.select(0.05):
                listen(key.fileobj, waiting, answers, key.data[0])
            for key in list(waiting.get_map().values()):
                drop(key.fileobj, key.data[1])
        left = [key.data[0] for key in waiting.get_map().values()]
    assert left == []
    told = {name: statuses(answer) for name, answer in answers.items()}
    assert told == {name: wanted for name, _, _, wanted in UNFINISHED}
    assert hasty.post().status_code == 201


def listen(
    connection: Any, waiting: selectors.BaseSelector, answers: dict[str, bytes], name: str
) -> None:
    """Append received bytes; unregister a closed connection."""
    try:
        received = connection.recv(65536)
    except OSError:
        received = b""
    answers[name] += received
    if not received:
        waiting.unregister(connection)
        connection.close()


def drop(connection: Any, drip: bytes) -> None:
    """Send a few more bytes if the connection is open."""
    try:
        connection.sendall(drip)
    except OSError:
        return


def test_the_default_timeout_is_below_half_a_minute() -> None:
    assert DEFAULT_LIMITS.timeout_s * (1 + 1 / 8) < 30


@contextmanager
def serving(app: ASGIApp, contract: Contract, serve: Serve) -> Iterator["Address"]:
    with serve(uvicorn_config(app, contract, SHORT)) as port:
        yield Address("127.0.0.1", port)


class Address:
    """Address of a server."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port

    def let_time_pass(self, times: int = 3) -> None:
        """Wait for `times` timeouts of the server."""
        for _ in range(times):
            assert exchange(self) == b""


def test_a_slow_handler_does_not_time_out(contract: Contract, serve: Serve) -> None:
    goes_on: list[Callable[[], object]] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/slow":
            event, loop = asyncio.Event(), asyncio.get_running_loop()
            goes_on.append(lambda: loop.call_soon_threadsafe(event.set))
            await event.wait()
        while (await receive()).get("more_body"):
            pass
        length = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body"})

    with (
        serving(slow, contract, serve) as there,
        socket.create_connection((there.host, there.port), timeout=DEADLINE) as connection,
    ):
        # The server reads the body of the second request only after the first response.
        second = b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\n"
        connection.sendall(b"GET /slow HTTP/1.1\r\n\r\n" + second)
        there.let_time_pass()
        goes_on[0]()
        connection.sendall(bytes(1000000))
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    assert statuses(received) == [200, 200]


def test_a_client_that_reads_no_responses_is_disconnected(
    contract: Contract, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def generous(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        length = [(b"content-length", b"%d" % (10 * MIB))]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": bytes(10 * MIB)})

    with (
        serving(generous, contract, serve) as there,
        socket.create_connection((there.host, there.port), timeout=DEADLINE) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10)
        there.let_time_pass()
        received = 0
        while chunk := connection.recv(MIB):
            received += len(chunk)
        assert received < 10 * 10 * MIB
    assert not caplog.records
