"""Malformed HTTP: a 4xx or a closed connection, and the mock serves the next request."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from support.mock import RunningMock
from support.raw_http import exchange, request, statuses

pytestmark = pytest.mark.integration

MIB = 1024 * 1024
LENGTH, CODING = b"Content-Length: ", b"Transfer-Encoding: "
Make = Callable[[Any], bytes]


def good(mock: RunningMock, *headers: bytes, last: bool = True) -> bytes:
    """Return a valid request with additional `headers`."""
    return request(mock, json.dumps(mock.body()).encode(), *headers, last=last)


def many(count: int) -> list[bytes]:
    return [b"X-%d: 1" % number for number in range(count)]


def chunked(mock: RunningMock, body: bytes, *headers: bytes) -> bytes:
    return request(mock, body, *headers, CODING + b"chunked")


def line(text: bytes) -> Make:
    """Return a function that builds a request with this first line."""
    return lambda mock: text + b"\r\nHost: mock\r\nConnection: close\r\n\r\n"


def within(mock: RunningMock) -> bytes:
    """Return a request to smuggle: a valid request that would get a 201."""
    return good(mock)


ADMIN_PATH = 5
"""Number of headers that `good` adds."""
REFUSED: list[tuple[str, Make, set[int]]] = [
    ("201 headers", lambda m: good(m, *many(201 - ADMIN_PATH)), {431}),
    ("10,000 headers", lambda m: good(m, *many(10000)), {431}),
    ("a head over 64 KiB", lambda m: good(m, b"X: " + b"x" * 65536), {431}),
    ("one header without end", lambda m: good(m, b"X: " + b"x" * 20 * MIB), {431}),
    ("headers without end", lambda m: good(m, *many(10000) * 100), {431}),
    ("a target without end", lambda m: b"GET /" + b"x" * 20 * MIB, {431}),
    ("a method without end", lambda m: b"P" * 20 * MIB, {400}),
    ("trailers without end", lambda m: chunked(m, b"0\r\n" + b"X: 1\r\n" * 200000), {400, 431}),
    ("a trailer without end", lambda m: chunked(m, b"0\r\nX: " + b"x" * MIB), {400, 431}),
    ("an extension without end", lambda m: chunked(m, b"2;" + b"x" * MIB), {431}),
    ("length, then chunks", lambda m: chunked(m, b"0\r\n\r\n" + within(m), LENGTH + b"5"), {400}),
    ("chunks, then length",
     lambda m: request(m, b"0\r\n\r\n" + within(m), CODING + b"chunked", LENGTH + b"5"), {400}),
    ("two lengths", lambda m: request(m, within(m), LENGTH + b"0", LENGTH + b"9"), {400}),
    ("a list of lengths", lambda m: request(m, b"{}" + within(m), LENGTH + b"2, 2"), {400}),
    ("a length with a sign", lambda m: request(m, b"{}" + within(m), LENGTH + b"+2"), {400}),
    ("a length in hex", lambda m: request(m, b"{}" + within(m), LENGTH + b"0x2"), {400}),
    ("a length beyond 64 bits", lambda m: request(m, b"{}", LENGTH + b"9" * 30), {400}),
    ("chunked before another coding",
     lambda m: request(m, within(m), CODING + b"chunked, identity"), {400}),
    ("chunked that is not", lambda m: request(m, within(m), CODING + b"xchunked"), {400}),
    ("chunked twice",
     lambda m: request(m, within(m), CODING + b"chunked", CODING + b"cow"), {400}),
    ("chunked with a space before the colon",
     lambda m: request(m, within(m), b"Transfer-Encoding : chunked", LENGTH + b"0"), {400}),
    ("a chunk beyond 64 bits", lambda m: chunked(m, b"F" * 17 + b"\r\n{}"), {400}),
    ("a chunk below zero", lambda m: chunked(m, b"-1\r\n{}"), {400}),
    ("a chunk in another notation", lambda m: chunked(m, b"0x2\r\n{}"), {400}),
    ("a chunk longer than it says", lambda m: chunked(m, b"2\r\n{}{}\r\n0\r\n\r\n"), {400}),
    ("bare line feeds", lambda m: good(m).replace(b"\r\n", b"\n"), {400}),
    ("a bare line feed", lambda m: good(m, b"X: 1\nTransfer-Encoding: chunked"), {400}),
    ("a bare carriage return", lambda m: good(m, b"X: 1\rTransfer-Encoding: chunked"), {400}),
    ("a folded header", lambda m: good(m, b"X: 1\r\n 2"), {400}),
    ("a folded first header", lambda m: good(m).replace(b"\r\nHost", b"\r\n Host"), {400}),
    ("a NUL in a header", lambda m: good(m, b"X: \x00"), {400}),
    ("a header without a colon", lambda m: good(m, b"X"), {400}),
    ("a header without a name", lambda m: good(m, b": 1"), {400}),
    ("a space in a name", lambda m: good(m, b"X Y: 1"), {400}),
    ("bytes in a name", lambda m: good(m, b"\xff\xfe: 1"), {400}),
    ("bytes in the target", line(b"POST /\xff\xfe HTTP/1.1"), {400}),
    ("an unknown method", line(b"BREW / HTTP/1.1"), {400}),
    ("a method in lower case", line(b"get / HTTP/1.1"), {400}),
    ("no target", line(b"GET HTTP/1.1"), {400}),
    ("no version", line(b"GET /"), {400, 404}),
    ("another version", line(b"GET / HTTP/3.0"), {400}),
    ("HTTP/2 without asking", lambda m: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}),
    ("TLS", lambda m: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}),
    ("an answer", lambda m: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {400}),
    ("nothing but zeros", lambda m: bytes(1000), {400}),
    ("a tunnel", line(b"CONNECT mock:443 HTTP/1.1"), {400}),
    ("the server as a whole", line(b"OPTIONS * HTTP/1.1"), {400, 404}),
    ("a path of slashes", line(b"GET " + b"/" * 5000 + b" HTTP/1.1"), {404}),
    ("percent signs", line(b"GET /%zz%%%00%ff%fe HTTP/1.1"), {404}),
    ("bytes in the query", line(b"GET /?\xff=%ff HTTP/1.1"), {400, 404}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "allowed"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_rejects_a_malformed_request(
    mock: RunningMock, make: Make, allowed: set[int], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = exchange(mock, make(mock))
    # Exactly one response: no part of the rejected bytes is read as another request.
    assert len(statuses(answer)) == 1, answer[:500]
    assert statuses(answer)[0] in allowed, answer[:300]
    assert set(json.loads(answer.partition(b"\r\n\r\n")[2])) == {"message", "code"}
    assert not caplog.records
    assert mock.post().status_code == 201


OFFER = [b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"]
SERVED: list[tuple[str, Make, list[int]]] = [
    ("200 headers", lambda m: good(m, *many(200 - ADMIN_PATH)), [201]),
    ("a long header", lambda m: good(m, b"X: " + b"x" * 60000), [201]),
    ("an absolute target", lambda m: good(m).replace(b"POST ", b"POST http://mock"), [201]),
    ("HTTP/1.0", lambda m: good(m, last=False).replace(b"HTTP/1.1", b"HTTP/1.0"), [201]),
    ("empty lines before it", lambda m: b"\r\n\r\n" + good(m), [201]),
    ("three at once", lambda m: good(m, last=False) * 2 + good(m), [201, 409, 201]),
    ("rubbish behind it", lambda m: good(m, last=False) + bytes(10), [201]),
    ("too many headers behind it",
     lambda m: good(m, last=False) + good(m, *many(300)), [201]),
    ("leave to send the body", lambda m: good(m, b"Expect: 100-continue"), [100, 201]),
    ("another expectation", lambda m: good(m, b"Expect: a-miracle"), [201]),
    ("trailers", lambda m: chunked(m, b"2\r\n{}\r\n0\r\nX: 1\r\n\r\n"), [400]),
    ("HTTP/2 offered", lambda m: good(m, *OFFER, last=False) + good(m), [201, 201]),
    ("HTTP/2 offered with chunks",
     lambda m: chunked(m, b"2\r\n{}\r\n0\r\n\r\n", *OFFER).replace(b"Connection: close\r\n", b"")
     + good(m), [400, 201]),
    ("HTTP/2 offered often", lambda m: good(m, *OFFER, last=False) * 50 + good(m),
     [201] + [409] * 49 + [201]),
    ("a socket asked for",
     lambda m: b"GET / HTTP/1.1\r\nHost: m\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
     + good(m), [404, 201]),
    ("10 MiB", lambda m: request(m, bytes(10 * MIB), last=False) + good(m), [413, 201]),
    ("10 MiB in chunks",
     lambda m: chunked(m, b"100000\r\n%b\r\n" % bytes(MIB) * 10 + b"0\r\n\r\n").replace(
         b"Connection: close\r\n", b"") + good(m), [413, 201]),
    ("10 MiB and a bad credential",
     lambda m: request(m, bytes(10 * MIB), last=False).replace(b"Bearer ", b"Bearer x") + good(m),
     [401, 201]),
    ("10 MiB in chunks and a bad credential",
     lambda m: chunked(m, b"100000\r\n%b\r\n" % bytes(MIB) * 10 + b"0\r\n\r\n").replace(
         b"Connection: close\r\n", b"").replace(b"Bearer ", b"Bearer x") + good(m), [401, 201]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "wanted"), [case[1:] for case in SERVED], ids=[case[0] for case in SERVED]
)
@pytest.mark.parametrize("end", [False, True], ids=["open", "half-closed"])
def test_serves_an_unusual_but_valid_request(
    mock: RunningMock, make: Make, wanted: list[int], end: bool
) -> None:
    assert statuses(exchange(mock, make(mock), end=end)) == wanted
    assert mock.post().status_code == 201


def test_an_oversized_body_closes_the_connection(mock: RunningMock) -> None:
    answer = exchange(mock, request(mock, bytes(40 * MIB), last=False), good(mock))
    assert set(statuses(answer)) <= {413}
    assert mock.post().status_code == 201


def test_too_many_pipelined_requests_close_the_connection(mock: RunningMock) -> None:
    answers = statuses(exchange(mock, b"GET / HTTP/1.1\r\n\r\n" * 100000))
    assert set(answers) <= {404}
    assert len(answers) < 100000
    assert mock.post().status_code == 201
