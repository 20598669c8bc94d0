"""Complete responses: their bytes are those of the server, and ordinary ones are one write."""

import asyncio
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import pytest
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openapi.http.complete_response import Headers, send_response
from openapi.http.limits import RequestLimits
from openapi.http.protocol import BoundedProtocol
from openapi.http.server_thread import ServerThread

pytestmark = pytest.mark.integration

DEADLINE = 10.0
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
PLAIN: Headers = ((b"Content-Type", b"text/plain"), (b"x-two", b"1"), (b"x-two", b"2"))
DEFAULT_LIMITS = RequestLimits()
WRITES: list[bytes] = []


class RecordedWrites:
    """Transport that records the data of each write."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        WRITES.append(data)
        self._transport.write(data)


class RecordedProtocol(BoundedProtocol):
    """Protocol whose writes are recorded."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, RecordedWrites(transport)))


@contextmanager
def connected(
    app: ASGIApp, limits: RequestLimits = DEFAULT_LIMITS, keep_alive_s: int = 60
) -> Iterator[socket.socket]:
    """Yield a connection to a server of `app`."""
    WRITES.clear()
    listener = socket.create_server(("127.0.0.1", 0))
    protocol = partial(RecordedProtocol, limits=limits, error_responses={400: b"", 408: b""})
    config = uvicorn.Config(
        app,
        http=cast(Any, protocol),
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=keep_alive_s,
    )
    with (
        ServerThread(config, listener) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE) as connection,
    ):
        yield connection


def responding(status: int, headers: Headers = PLAIN, body: bytes = b"body") -> ASGIApp:
    """Return an application that sends this response."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send_response(send, status, headers, body)

    return app


def by_messages(status: int, headers: Headers = PLAIN, body: bytes = b"body") -> ASGIApp:
    """Return an application that sends this response by the two messages of ASGI."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        length = (b"content-length", str(len(body)).encode())
        start: Message = {"type": "http.response.start", "status": status}
        await send({**start, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": body})

    return app


def received(app: ASGIApp, request: bytes = GET) -> list[bytes]:
    """Return the sorted lines of the head, then the body."""
    closing = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with connected(app) as connection:
        connection.sendall(request + closing)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    lines = answer.partition(b"HTTP/1.1 ")[2].partition(b"\r\nHTTP/1.1 ")[0]
    head, _, body = re.sub(rb"date: [^\r]+", b"date: now", lines).partition(b"\r\n\r\n")
    return [*sorted(head.split(b"\r\n")), body.partition(b"HTTP/1.1 ")[0]]


@pytest.mark.parametrize("status", [200, 201, 299, 409, 503])
@pytest.mark.parametrize("request_bytes", [GET, GET.replace(b"GET", b"HEAD")])
def test_has_the_bytes_of_the_two_messages(status: int, request_bytes: bytes) -> None:
    one, two = responding(status), by_messages(status)
    assert received(one, request_bytes) == received(two, request_bytes)


def test_an_ordinary_response_is_one_write_and_the_connection_stays_open() -> None:
    with connected(responding(200)) as connection:
        for count in (1, 2, 3):
            connection.sendall(GET)
            answer = connection.recv(65536)
            assert answer.endswith(b"content-length: 4\r\n\r\nbody")
            assert len(WRITES) == count


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_without_a_body_ends_after_its_head(status: int) -> None:
    with connected(responding(status)) as connection:
        connection.sendall(GET + GET)
        answer = b""
        while answer.count(b"\r\n\r\n") < 2:
            answer += connection.recv(65536)
    assert answer.count(b"HTTP/1.1 %d " % status) == 2
    assert b"content-length" not in answer
    assert b"body" not in answer


def test_pipelined_responses_stay_in_order() -> None:
    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        await send_response(send, 200, (), scope["path"].encode())

    requests = [GET.replace(b"/ ", b"/%d " % number) for number in range(20)]
    requests[7] = requests[7].replace(b"GET", b"HEAD")  # the server sends its two messages
    requests[19] = requests[19].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with connected(app) as connection:
        connection.sendall(b"".join(requests))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    bodies = re.findall(rb"\r\n\r\n(/\d+)", answer)
    assert bodies == [b"/%d" % number for number in range(20) if number != 7]


@pytest.mark.parametrize("header", [(b"x-bad", b"1\r\nx-more: 2"), (b"x bad", b"1")])
def test_a_header_cannot_end_its_line(header: tuple[bytes, bytes]) -> None:
    with connected(responding(200, (header,))) as connection:
        connection.sendall(GET)
        assert connection.recv(65536) == b""  # the server refuses to send it
    assert WRITES == []


def test_a_connection_header_closes_the_connection() -> None:
    with connected(responding(200, ((b"connection", b"close"),))) as connection:
        connection.sendall(GET)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.endswith(b"\r\n\r\nbody")


def test_a_middleware_gets_the_two_messages() -> None:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    asyncio.run(send_response(send, 201, PLAIN, b"body"))
    start, body = messages
    assert start["status"] == 201
    assert start["headers"] == (*PLAIN, (b"content-length", b"4"))
    assert body["body"] == b"body"


def test_a_connection_without_further_requests_is_closed() -> None:
    limits = RequestLimits(timeout_s=0.4)
    with connected(responding(200), limits, keep_alive_s=1) as connection:
        connection.sendall(GET)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 ") == 1
