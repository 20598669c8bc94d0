"""Requests to the target: no local settings apply, and no response hangs a run."""

import gzip
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from select import select

import pytest

from contracts.execution.response_body import MAX_BODY_BYTES
from contracts.execution.target import Target, retry_delay
from contracts.model.exchange import Credential, Exchange, ReceivedResponse, Request
from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration

OPERATION = load_contract().operations[0]
REQUEST = Request(
    case_id=1,
    number=1,
    operation=OPERATION,
    method="POST",
    phase="test",
    description="a test",
    credential=Credential("valid", "accepted", "Bearer token"),
    media_type="application/json",
    body=b'{"name": "x"}',
    correlator_values={},
    mark="hp-test00-0001",
    correlators=(),
    target=OPERATION.path,
    parameter_readings={},
)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def read(connection: socket.socket) -> bytes:
    """Read one request with its body, which may arrive after the head."""
    received = b""
    while not received.endswith(REQUEST.body):
        more = connection.recv(65536)
        if not more:
            return received
        received += more
    return received


@contextmanager
def serving(*answers: bytes | Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """Send the next of `answers` on each connection; yield URL and received requests."""
    seen: list[bytes] = []
    stop = threading.Event()

    def serve(listener: socket.socket) -> None:
        for answer in answers:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                seen.append(read(connection))
                if callable(answer):
                    answer(connection)
                else:
                    connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
        stop.set()


def send(url: str, *, timeout: float = 10.0) -> Exchange:
    with Target(url, timeout=timeout) as target:
        return target.send(REQUEST)


def test_sends_the_request_of_the_case() -> None:
    with serving(OK) as (url, seen):
        exchange = send(f"{url}/prefix")
    assert exchange.status == 200
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == f"post /prefix{OPERATION.path} http/1.1"
    assert "authorization: bearer token" in lines
    assert "content-type: application/json" in lines
    assert body == REQUEST.body


def test_does_not_follow_redirects_or_use_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setitem(os.environ, "ALL_PROXY", "http://127.0.0.1:1")
    moved = b"HTTP/1.1 307 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    with serving(moved) as (url, seen):
        assert send(url).status == 307
    assert len(seen) == 1


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 201 Created\r\n\r\n")
    try:
        while True:
            connection.sendall(b" " * 65536)
    except OSError:
        return


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")
    connection.recv(1)


def drip_head(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 201 Created\r\nX: ")
    while not select([connection], [], [], 0.1)[0]:  # until the client closes the connection
        connection.sendall(b"x")


def silence(connection: socket.socket) -> None:
    connection.recv(1)


def bomb(connection: socket.socket) -> None:
    packed = gzip.compress(b"0" * (MAX_BODY_BYTES + 1))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    connection.sendall(head.encode() + packed)


MISLABELLED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize(
    ("answer", "kind", "begun"),
    [
        (endless, "too large", 201),
        (bomb, "too large", 200),
        (drip, "timeout", 201),
        (drip_head, "timeout", None),
        (silence, "timeout", None),
        (b"", "lost", None),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "malformed", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "malformed", 200),
        (MISLABELLED, "malformed", 200),
    ],
)  # fmt: skip
def test_a_bad_response_is_a_failure_and_does_not_hang(
    answer: bytes | Callable[[socket.socket], None], kind: str, begun: int | None
) -> None:
    with serving(answer) as (url, _):
        exchange = send(url, timeout=1.0 if kind == "timeout" else 10.0)
    assert exchange.response is None
    assert exchange.failure is not None
    assert (exchange.failure.kind, exchange.failure.status) == (kind, begun)
    assert exchange.retried is (kind == "lost")


def test_a_closed_port_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    failure = send(url).failure
    assert failure is not None
    assert failure.kind == "unreachable"


def test_retries_after_losing_a_reused_connection() -> None:
    def once(connection: socket.socket) -> None:
        connection.sendall(OK)
        read(connection)  # read the next request and close without a response

    with serving(once, OK) as (url, _), Target(url) as target:
        first, second, third = (target.send(REQUEST) for _ in range(3))
    assert first.status == 200
    assert second.retried
    assert third.status == 200


NOW = datetime(2027, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("header", "attempt", "seconds"),
    [
        ("7", 0, 7.0),
        ("0", 0, 0.0),
        ("0", 3, 4.0),
        ("3", 2, 3.0),
        ("3600", 0, 60.0),
        (format_datetime(datetime(2027, 1, 1, 0, 0, 9, tzinfo=UTC), usegmt=True), 0, 10.0),
        (format_datetime(datetime(2026, 1, 1, tzinfo=UTC), usegmt=True), 0, 1.0),
        ("soon", 0, 1.0),
        ("-5", 2, 4.0),
        (None, 3, 8.0),
        (None, 60, 60.0),
    ],
)
def test_waits_for_retry_after_or_backs_off_after_a_429(
    header: str | None, attempt: int, seconds: float
) -> None:
    headers = (("Retry-After", header),) if header is not None else ()
    assert retry_delay(ReceivedResponse(429, headers, b""), attempt, NOW) == seconds


def test_requests_with_the_same_content_are_not_equal() -> None:
    assert replace(REQUEST) != REQUEST
