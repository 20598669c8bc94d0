"""Raw bytes: the sink stores headers, target, method and body unchanged."""

import pytest
from support.sink import StartSink

pytestmark = pytest.mark.integration

END = b"Connection: close\r\n\r\n"
HEADS = {
    "case, order and repeats": (
        b"Content-TYPE: a/b\r\nx-One: 1\r\nHOST: sink\r\nX-ONE: 2\r\nx-One:\r\n",
        [(b"Content-TYPE", b"a/b"), (b"x-One", b"1"), (b"HOST", b"sink"), (b"X-ONE", b"2")]
        + [(b"x-One", b"")],
    ),
    "white space behind a value": (
        b"Host: x\r\nA: \t 1  2 \r\n",
        [(b"Host", b"x"), (b"A", b"1  2 ")],
    ),
    "bytes that are no ASCII": (
        b"Host: x\r\nA: \xff\xc3\xa9\r\n",
        [(b"Host", b"x"), (b"A", b"\xff\xc3\xa9")],
    ),
    "proxy headers are only headers": (
        b"Host: x\r\nX-Forwarded-For: 192.0.2.1\r\n",
        [(b"Host", b"x"), (b"X-Forwarded-For", b"192.0.2.1")],
    ),
}
TARGETS = [
    "/", "//", "/?", "/a?b=%41&&c#d", "/%2e%2E/./..//%00%0a", "/A%5fb;c=d", "/_hookproof",
    "/_hookproofs/", "/x/_hookproof/", "http://elsewhere.example/a?b", "*", "/a?b?c=/_hookproof/",
    "/'\"<script>`|{}^~",
]  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_stores_headers_unchanged(start: StartSink, name: str) -> None:
    head, expected = HEADS[name]
    with start() as client:
        client.raw(b"POST / HTTP/1.1\r\n" + head + END)
        (delivery,) = client.sink.deliveries()
    *pairs, last = delivery.headers
    assert last == (b"Connection", b"close")
    assert pairs == expected
    assert delivery.remote.startswith("127.0.0.1:")


def test_stores_targets_unchanged(start: StartSink) -> None:
    with start() as client:
        for target in TARGETS:
            answer = client.raw(f"OPTIONS {target} HTTP/1.1\r\nHost: x\r\n".encode() + END)
            assert answer.startswith(b"HTTP/1.1 200 "), target
        assert [delivery.target for delivery in client.sink.deliveries()] == TARGETS


def test_accepts_every_method(start: StartSink) -> None:
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
    with start(replies=(202,)) as client:
        for method in methods:
            answer = client.raw(f"{method} / HTTP/1.1\r\nHost: x\r\n".encode() + END)
            assert answer.startswith(b"HTTP/1.1 202 "), method
            assert answer.endswith(b"\r\n\r\n")
        assert [delivery.method for delivery in client.sink.deliveries()] == methods


def test_stores_bodies_unchanged(start: StartSink) -> None:
    body = bytes(range(256)) * 300
    with start() as client:
        length = f"Content-Length: {len(body)}\r\n".encode()
        client.raw(b"POST / HTTP/1.1\r\nHost: x\r\n" + length + END + body)
        chunks = b"".join(
            b"%x;note=1\r\n%s\r\n" % (len(part), part) for part in (b"{\n", b" ", b"\x00}\r\n")
        )
        chunked = b"Transfer-Encoding: chunked\r\n" + END + chunks + b"0\r\nX-Trailer: 1\r\n\r\n"
        client.raw(b"POST / HTTP/1.1\r\nHost: x\r\n" + chunked)
        whole, joined = client.sink.deliveries()
    assert whole.body == body
    assert joined.body == b"{\n \x00}\r\n"
    assert b"X-Trailer" not in dict(joined.headers)


def test_a_half_closed_connection_gets_a_response(start: StartSink) -> None:
    with start() as client:
        assert b" 200 OK" in client.raw(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n")


def test_pipelined_requests_do_not_mix(start: StartSink) -> None:
    one = b"POST /1 HTTP/1.1\r\nHost: x\r\nA: 1\r\nContent-Length: 3\r\n\r\none"
    two = b"POST /2 HTTP/1.1\r\nhost: x\r\nB: 2\r\nContent-Length: 3\r\n" + END + b"two"
    with start() as client:
        assert client.raw(one + two).count(b"HTTP/1.1 200") == 2
        kept = [(d.target, d.body, d.headers[:2]) for d in client.sink.deliveries()]
    assert kept == [
        ("/1", b"one", ((b"Host", b"x"), (b"A", b"1"))),
        ("/2", b"two", ((b"host", b"x"), (b"B", b"2"))),
    ]


def test_an_incomplete_body_is_no_delivery(start: StartSink) -> None:
    with start() as client:
        broken = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nhalf"
        assert client.raw(broken) == b""
        assert client.post() == 200
        assert [delivery.body for delivery in client.sink.deliveries()] == [b"{}"]
