"""Hostile requests as data: none gets a 5xx, none hangs the mock, and the next one is answered."""

import json
import logging
import socket
from typing import Any

import pytest

DEADLINE = 10.0
MIB = 1024 * 1024


def exchange(mock: Any, raw: bytes, *, end: bool = False) -> bytes:
    """Send bytes as they are and return what comes back until the connection rests or closes."""
    with socket.create_connection((mock.host, mock.port), timeout=DEADLINE) as connection:
        received = b""
        try:
            connection.sendall(raw)
            if end:
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass  # a closed connection is an answer, too
        return received


def request(mock: Any, body: bytes = b"", *headers: bytes, plain: bool = True) -> bytes:
    """Return a request that closes its connection; `headers` stand as they are."""
    head = [
        f"POST {mock.path} HTTP/1.1".encode(),
        b"Host: mock",
        b"Connection: close",
        *([f"Authorization: Bearer {mock.token}".encode()] if plain else []),
        *([b"Content-Type: application/json"] if plain else []),
        *headers,
    ]
    if not any(h.lower().startswith((b"content-length", b"transfer-encoding")) for h in headers):
        head.append(f"Content-Length: {len(body)}".encode())
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


BODIES: list[tuple[str, bytes, set[int]]] = [
    ("lone surrogate", b'{"name": "\\ud800 1", "scopes": ["\\udfff"]}', {201}),
    ("lone surrogate as a key", b'{"name": "s2", "scopes": [], "\\ud800": 1}', {201}),
    ("surrogate bytes", b'{"name": "\xed\xa0\x80", "scopes": []}', {400}),
    ("escaped quotes", b'[["' + b'\\"' * 500000, {400}),
    ("NUL", b'{"name": "\\u0000 1", "scopes": ["\\u0000"]}', {201}),
    ("raw NUL", b'{"name": "\x00", "scopes": []}', {400}),
    ("NaN", b'{"name": "x", "scopes": [], "n": NaN}', {400}),
    ("Infinity", b'{"name": "x", "scopes": [], "n": -Infinity}', {400}),
    ("overflow", b'{"name": "n1", "scopes": [], "n": 1e999}', {201, 400}),
    ("huge integer", b'{"name": "n2", "scopes": [], "n": ' + b"9" * 4000 + b"}", {201, 400}),
    ("huger integer", b'{"name": "x", "scopes": [], "n": ' + b"9" * 100000 + b"}", {400}),
    ("huge integer as a name", b'{"scopes": [], "name": ' + b"9" * 4000 + b"}", {400}),
    ("arrays in arrays", b"[" * 100000 + b"]" * 100000, {400}),
    ("arrays left open", b"[" * 100000, {400}),
    ("objects in objects", b'{"a":' * 100000 + b"1" + b"}" * 100000, {400}),
    ("deep in a name", b'{"name": ' + b"[" * 900 + b"]" * 900 + b', "scopes": []}', {400}),
    (
        "deep elsewhere",
        b'{"name": "d1", "scopes": [], "x": ' + b"[" * 900 + b"]" * 900 + b"}",
        {201, 400},
    ),
    ("latin-1", '{"name": "\u00fc", "scopes": []}'.encode("latin-1"), {400}),
    ("UTF-16", '{"name": "x", "scopes": []}'.encode("utf-16"), {400}),
    ("byte order mark", b'\xef\xbb\xbf{"name": "b1", "scopes": []}', {201, 400}),
    ("duplicate keys", b'{"name": 1, "name": "k1", "scopes": []}', {201, 400}),
    ("many scopes", json.dumps({"name": "m1", "scopes": ["a:read"] * 50000}).encode(), {201}),
    ("many mistakes", b'{"name": "x", "scopes": [' + b"1," * 500000 + b"1]}", {400}),
    ("long name", json.dumps({"name": "x" * 900000, "scopes": []}).encode(), {400}),
    ("white space", b" " * 1000000, {400}),
    ("two values", b'{"name": "x", "scopes": []} {}', {400}),
    ("over the limit", b'{"name": "x", "scopes": [], "x": "' + b"x" * MIB + b'"}', {413}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "allowed"), [b[1:] for b in BODIES], ids=[b[0] for b in BODIES]
)
def test_a_hostile_body(mock: Any, content: bytes, allowed: set[int]) -> None:
    answer = mock.post(content)
    assert answer.status_code in allowed, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert mock.post().status_code == 201


HEADERS: list[tuple[str, list[bytes], bytes, set[int]]] = [
    ("two media types", [b"Content-Type: text/plain"], b"{}", {415}),
    ("two equal media types", [b"Content-Type: application/json"], b"{}", {415}),
    ("two credentials", [b"Authorization: Bearer x"], b"{}", {401}),
    ("latin-1 header", [b"X-Odd: \xe9\xff\x80"], b"{}", {400}),
    ("bad length", [b"Content-Length: ten"], b"{}", {400}),
    ("negative length", [b"Content-Length: -1"], b"{}", {400}),
    ("short length", [b"Content-Length: 1"], b"{}", {400}),
    ("two lengths", [b"Content-Length: 2", b"Content-Length: 3"], b"{}", {400}),
    (
        "length and chunks",
        [b"Content-Length: 2", b"Transfer-Encoding: chunked"],
        b"0\r\n\r\n",
        {400},
    ),
    ("odd coding", [b"Transfer-Encoding: gzip, chunked"], b"2\r\n{}\r\n0\r\n\r\n", {400}),
    ("bad chunk", [b"Transfer-Encoding: chunked"], b"zz\r\n{}", {400, 0}),
    ("huge length", [b"Content-Length: 99999999999"], b"{}", {413}),
    (
        "huge chunks",
        [b"Transfer-Encoding: chunked"],
        b"100000\r\n" + b"x" * MIB + b"\r\n1\r\nx\r\n0\r\n\r\n",
        {413, 0},
    ),
    ("half a body", [b"Content-Length: 100"], b"{", {400, 0}),
    ("long header", [b"X-Long: " + b"x" * 70000], b"{}", {400, 431}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "content", "allowed"), [h[1:] for h in HEADERS], ids=[h[0] for h in HEADERS]
)
def test_hostile_headers(
    mock: Any,
    headers: list[bytes],
    content: bytes,
    allowed: set[int],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = exchange(mock, request(mock, content, *headers), end=True)
    assert status(answer) in allowed, answer[:300]
    assert not caplog.records
    assert mock.post().status_code == 201


@pytest.mark.parametrize(
    "value", [b"\xe9\xff", b"Bearer \xe9", b"Bearer \x80" * 200, b"Bearer " + b"." * 60000, b"\t"]
)
def test_a_hostile_credential(mock: Any, value: bytes) -> None:
    answer = exchange(mock, request(mock, b"{}", b"Authorization: " + value, plain=False), end=True)
    assert status(answer) == 401
    assert b"application/json" in answer


@pytest.mark.parametrize(
    "line", [b"POST /\xff HTTP/1.1", b"BREW / HTTP/1.1", b"GET", b"\x16\x03\x01\x02\x00"]
)
def test_a_hostile_request_line(mock: Any, line: bytes) -> None:
    answer = exchange(mock, line + b"\r\nHost: mock\r\nConnection: close\r\n\r\n", end=True)
    assert status(answer) in (400, 404, 405, 0)
    assert mock.post().status_code == 201


def test_a_body_without_end_is_cut_off(mock: Any) -> None:
    head = request(mock, b"", b"Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    answer = exchange(mock, head + chunk * 160, end=False)
    assert status(answer) in (413, 0)
    assert mock.post().status_code == 201
