"""Hostile requests: none gets a 5xx, and the mock serves the next request."""

import json
import logging

import pytest
from support.mock import RunningMock
from support.raw_http import exchange, request, statuses

pytestmark = pytest.mark.integration

MIB = 1024 * 1024


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
def test_a_hostile_body_gets_an_allowed_status(
    mock: RunningMock, content: bytes, allowed: set[int]
) -> None:
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
    ("half a body", [b"Content-Length: 100"], b"{", {0}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "content", "allowed"), [h[1:] for h in HEADERS], ids=[h[0] for h in HEADERS]
)
def test_hostile_headers_get_an_allowed_status(
    mock: RunningMock,
    headers: list[bytes],
    content: bytes,
    allowed: set[int],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = exchange(mock, request(mock, content, *headers), end=True)
    assert (statuses(answer) or [0])[0] in allowed, answer[:300]
    assert not caplog.records
    assert mock.post().status_code == 201


@pytest.mark.parametrize(
    "value", [b"\xe9\xff", b"Bearer \xe9", b"Bearer \x80" * 200, b"Bearer " + b"." * 60000, b"\t"]
)
def test_a_hostile_credential_gets_a_401(mock: RunningMock, value: bytes) -> None:
    answer = exchange(mock, request(mock, b"{}", b"Authorization: " + value, plain=False), end=True)
    assert statuses(answer) == [401]
    assert b"application/json" in answer


def test_an_endless_body_gets_a_413(mock: RunningMock) -> None:
    head = request(mock, b"", b"Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    answer = exchange(mock, head + chunk * 160, end=False)
    assert (statuses(answer) or [413])[0] == 413
    assert mock.post().status_code == 201
