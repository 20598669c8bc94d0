"""Forwarding: deliveries are sent unchanged and in order, and responses are stored."""

import asyncio
import gzip
import logging
import ssl
import threading
from dataclasses import replace
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import pytest
import trustme
from support.receivers import DEADLINE, OK, hasty, receiving
from support.sink import RunningSink, StartSink

from openapi.http.free_port import free_port
from webhook_sink.delivery import Delivery, ForwardAttempt
from webhook_sink.destination import ForwardPolicy, parse_destination
from webhook_sink.forwarding import forwarder, http_client
from webhook_sink.forwarding.forwarder import MAX_CONCURRENT_FORWARDS
from webhook_sink.notifications import ChangeFeed, SequenceNotifier
from webhook_sink.storage.sqlite_store import SqliteStore

pytestmark = pytest.mark.integration


def to(url: str) -> ForwardPolicy:
    return ForwardPolicy(parse_destination(url))


def passed(client: RunningSink, number: int) -> dict[str, Any]:
    """Wait for the first forward attempt of a delivery; return it."""
    found: list[dict[str, Any]] = []
    # The stream reports every forward attempt.
    with client.http.stream(
        "GET", f"{client.sink.url}/_hookproof/api/deliveries/stream"
    ) as changes:
        for _ in changes.iter_lines():
            found = client.api(f"api/deliveries/{number}").json().get("outgoing", [])
            if found:
                return found[0]
    raise AssertionError(f"delivery {number} was not passed on")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (  # header order, case, repeats and non-ASCII bytes are kept
            b"POST /a%20b/../c?x=1&x=%2F&&y HTTP/1.1\r\nhost: sink.test\r\nX-B: 2\r\nx-a:\r\n"
            b"X-A:  a, \xff\xe9 \r\nX-B: 1\r\nContent-LENGTH: 4\r\nWebhook-Signature: c2ln\r\n"
            b"Cookie: a=1\r\nCookie: b=2\r\nUser-Agent: one\r\nAuthorization: Basic eDp5\r\n\r\n"
            b"\x00\r\n\xff",
            b"POST /a%20b/../c?x=1&x=%2F&&y HTTP/1.1\r\nhost: {host}\r\nX-B: 2\r\nx-a: \r\n"
            b"X-A: a, \xff\xe9 \r\nX-B: 1\r\nContent-LENGTH: 4\r\nWebhook-Signature: c2ln\r\n"
            b"Cookie: a=1\r\nCookie: b=2\r\nUser-Agent: one\r\nAuthorization: Basic eDp5\r\n"
            b"Connection: close\r\n\r\n\x00\r\n\xff",
        ),
        (  # hop-by-hop headers are removed
            b"PUT / HTTP/1.1\r\nX-Mine: 1\r\nHost: sink.test\r\nConnection: keep-alive, X-Mine\r\n"
            b"Keep-Alive: timeout=5\r\nTransfer-Encoding: chunked\r\nProxy-Authorization: x\r\n"
            b"Proxy-Connection: x\r\nTE: trailers\r\nTrailer: X-Sum\r\nExpect: 100-continue\r\n"
            b"Upgrade: h2c\r\nX-Last: 1\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n",
            b"PUT / HTTP/1.1\r\nHost: {host}\r\nX-Last: 1\r\nContent-Length: 5\r\n"
            b"Connection: close\r\n\r\nabcde",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ),
        (  # no Content-Length is added without a body; an empty body keeps it
            b"GET /?q HTTP/1.0\r\n\r\n",
            b"GET /?q HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
        ),
        (
            b"DELETE http://sink.test:4020/a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
            b"DELETE /a?b HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n"
            b"Connection: close\r\n\r\n",
        ),
        (
            b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
            b"OPTIONS * HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
        ),
    ],
)
def test_forwards_the_same_bytes(start: StartSink, sent: bytes, expected: bytes) -> None:
    with receiving() as receiver, start(forward_policy=to(receiver.url)) as client:
        assert b"HTTP/1.1 200 " in client.raw(sent)
        host = f"127.0.0.1:{receiver.port}".encode()
        assert receiver.next() == expected.replace(b"{host}", host)


@pytest.mark.parametrize(
    ("url", "target", "line"),
    [
        ("", "/a?b=1", "/a?b=1"),
        ("/", "/a?b=1", "/a?b=1"),
        ("/hooks", "/a?b=1", "/hooks?b=1"),
        ("/hooks/?c", "/a?b=1", "/hooks/?c"),
        ("?c=2", "/a?b=1", "/a?c=2"),
        ("/hooks", "/", "/hooks"),
    ],
)
def test_joins_the_url_and_the_target(start: StartSink, url: str, target: str, line: str) -> None:
    with receiving() as receiver, start(forward_policy=to(receiver.url + url)) as client:
        client.post(path=target)
        assert receiver.next().startswith(f"POST {line} HTTP/1.1\r\n".encode())


def test_the_response_is_stored_and_shown(start: StartSink) -> None:
    body = gzip.compress(b"as it came")
    head = (
        b"HTTP/1.1 422 No\r\nX-A: 1\r\nx-a: \xff\r\nContent-Encoding: gzip\r\nLocation: /b\r\n\r\n"
    )
    early = b"HTTP/1.1 103 Early\r\n\r\n"
    with (
        receiving(lambda _: early + head + body) as receiver,
        start(forward_policy=to(f"{receiver.url}/hooks?token=secret")) as client,
    ):
        client.post(b"{}", "/hook?a=1")
        shown = passed(client, 1)
        summary = client.api("api/deliveries").json()["deliveries"][0]
        (kept,) = client.sink._server.store.forward_attempts(1)
    assert kept.headers[:2] == ((b"X-A", b"1"), (b"x-a", b"\xff"))
    assert (kept.status, kept.body, kept.truncated, kept.error) == (422, body, False, None)
    assert summary["forwarded"] == "422"
    assert (shown["action"], shown["status"], shown["error"]) == ("forward", 422, None)
    assert shown["url"] == f"{receiver.url}/hooks?token=***"
    assert shown["at"] > 1790000000
    assert 0 <= shown["seconds"] < DEADLINE


@pytest.mark.parametrize(
    ("answer", "status", "size", "truncated", "error"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 70_000, 200, 65536, True, None),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + b"x" * 65536,
            200,
            65536,
            False,
            None,
        ),
        (b"HTTP/1.1 204 No\r\n\r\n", 204, 0, False, None),
        (b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", 302, 0, False, None),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
            *(200, 4, True, "the connection ended before the response was complete"),
        ),
        (b"", None, 0, False, "the connection ended before the response was complete"),
        (
            b"SMTP\r\n\r\n",
            *(
                None,
                0,
                False,
                "the response is not HTTP/1.1: illegal status line: bytearray(b'SMTP')",
            ),
        ),
        (
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
            *(None, 0, False, "the response is not HTTP/1.1: Receive buffer too long"),
        ),
    ],
)
def test_stores_complete_and_broken_responses(
    start: StartSink,
    answer: bytes,
    status: int | None,
    size: int,
    truncated: bool,
    error: str | None,
) -> None:
    with receiving(lambda _: answer) as receiver, start(forward_policy=to(receiver.url)) as client:
        client.post()
        passed(client, 1)
        (kept,) = client.sink._server.store.forward_attempts(1)
    assert (kept.status, len(kept.body), kept.truncated) == (status, size, truncated)
    assert kept.error == error


def test_the_response_to_head_has_no_body(start: StartSink) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    with receiving(lambda _: answer) as receiver, start(forward_policy=to(receiver.url)) as client:
        client.raw(b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n")
        shown = passed(client, 1)
    assert (shown["status"], shown["truncated"], shown["error"]) == (200, False, None)


def test_a_connection_error_is_stored(start: StartSink, monkeypatch: pytest.MonkeyPatch) -> None:
    # A proxy from the environment would receive all of these requests.
    with receiving() as proxy, hasty(b"HTTP/1.1 400 What\r\n\r\n") as plain:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        refused, reason = f"127.0.0.1:{free_port()}", "WRONG_VERSION_NUMBER"
        expected = {
            f"http://{refused}": f"nothing listens on {refused}",
            "http://hookproof.invalid": "the host name hookproof.invalid cannot be resolved",
            f"https://127.0.0.1:{plain}": f"TLS with 127.0.0.1:{plain} failed: {reason}",
        }
        for url, error in expected.items():
            with start(forward_policy=to(f"{url}/?secret=abc")) as client:
                client.post()
                shown = passed(client, 1)
                summary = client.api("api/deliveries").json()["deliveries"][0]
            assert (shown["status"], shown["error"]) == (None, error)
            assert summary["forwarded"] == error
        assert proxy.waiting == 0


@pytest.mark.parametrize("trusted", [True, False])
def test_verifies_certificates(
    start: StartSink, trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    if trusted:
        authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with (
        hasty(OK, context) as port,
        start(forward_policy=to(f"https://127.0.0.1:{port}")) as client,
    ):
        client.post()
        shown = passed(client, 1)
    if trusted:
        assert (shown["status"], shown["error"]) == (200, None)
    else:
        words = f"the certificate of 127.0.0.1:{port} is not trusted: "
        assert shown["error"].startswith(words)


def test_a_forward_times_out(start: StartSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "EXCHANGE_TIMEOUT_S", 0.2)
    with receiving(lambda _: None) as receiver, start(forward_policy=to(receiver.url)) as client:
        client.post()
        shown = passed(client, 1)
    assert shown["error"] == f"no complete response from 127.0.0.1:{receiver.port} within 0.2 s"
    assert shown["seconds"] < DEADLINE


def test_a_truncated_delivery_is_not_forwarded(start: StartSink) -> None:
    with (
        receiving() as receiver,
        start(forward_policy=to(receiver.url), max_body_bytes=3) as client,
    ):
        assert client.post(b"1234") == 413
        assert client.post(b"123") == 200
        assert receiver.next().endswith(b"\r\n\r\n123")
        shown = passed(client, 1)
    assert shown["error"] == "not sent: it exceeds the size limit, so its body is incomplete"


def test_accepts_a_response_before_the_body_is_sent(start: StartSink) -> None:
    size = 8_000_000
    answer = b"HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n"
    with (
        hasty(answer) as port,
        start(forward_policy=to(f"http://127.0.0.1:{port}"), max_body_bytes=size) as client,
    ):
        client.post(b"x" * size)
        assert passed(client, 1)["status"] == 413


def test_forwards_in_order_with_limited_concurrency(start: StartSink) -> None:
    answer, count = threading.Event(), 60

    def late(_: bytes) -> bytes:
        assert answer.wait(DEADLINE)
        return OK

    with receiving(late) as receiver, start(forward_policy=to(receiver.url)) as client:
        for number in range(count):
            assert client.post(f"{number}".encode()) == 200
        for _ in range(MAX_CONCURRENT_FORWARDS):
            receiver.next()
        assert len(client.sink.deliveries()) == count
        assert (
            receiver.connections == MAX_CONCURRENT_FORWARDS
        )  # the others wait for a response to one of these
        answer.set()
        for _ in range(count - MAX_CONCURRENT_FORWARDS):
            receiver.next()
        assert passed(client, count)["status"] == 200
    bodies = [request.rpartition(b"\n")[2] for request in receiver.by_connection()]
    assert bodies == [str(number).encode() for number in range(count)]


def test_the_stream_reports_a_response(start: StartSink) -> None:
    with receiving() as receiver, start(forward_policy=to(receiver.url)) as client:
        url = f"{client.sink.url}/_hookproof/api/deliveries/stream"
        with client.http.stream("GET", url) as told:
            client.post()
            lines = told.iter_lines()
            seen = list(takewhile(lambda line: line != "event: changed", islice(lines, 20)))
            assert len(seen) < 20
            assert next(lines) == 'data: {"id": 1}'


def test_old_deliveries_are_not_forwarded(start: StartSink, tmp_path: Path) -> None:
    path = tmp_path / "deliveries.db"
    with start(store=path) as client:
        client.post(b"before")
    with receiving() as receiver, start(store=path, forward_policy=to(receiver.url)) as client:
        client.post(b"after")
        assert receiver.next().endswith(b"after")
        passed(client, 2)
        assert client.api("api/deliveries/1").json()["outgoing"] == []


def test_a_stopping_sink_stores_an_error_for_unfinished_forwards(
    start: StartSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarder, "SHUTDOWN_GRACE_S", 0.1)
    path = tmp_path / "deliveries.db"
    with (
        receiving(lambda _: None) as receiver,
        start(store=path, forward_policy=to(receiver.url)) as client,
    ):
        for _ in range(MAX_CONCURRENT_FORWARDS + 2):
            client.post()
    store = SqliteStore(path)
    errors = [
        store.forward_attempts(number)[0].error for number in range(1, MAX_CONCURRENT_FORWARDS + 3)
    ]
    store.close()
    assert (
        errors[:MAX_CONCURRENT_FORWARDS]
        == ["the sink stopped before the receiver responded"] * MAX_CONCURRENT_FORWARDS
    )
    assert errors[MAX_CONCURRENT_FORWARDS:] == ["the sink stopped before it sent the delivery"] * 2


def test_a_stopping_sink_forwards_pending_deliveries(start: StartSink, tmp_path: Path) -> None:
    path = tmp_path / "deliveries.db"
    with receiving() as receiver, start(store=path, forward_policy=to(receiver.url)) as client:
        for _ in range(50):
            client.post()
    store = SqliteStore(path)
    assert [[p.status for p in store.forward_attempts(n)] for n in range(1, 51)] == [[200]] * 50
    store.close()


def test_removed_deliveries_are_not_forwarded_but_logged(
    start: StartSink, caplog: pytest.LogCaptureFixture
) -> None:
    def late(request: bytes) -> bytes | None:
        return OK if request.endswith(b"after") else None

    with receiving(late) as receiver, start(forward_policy=to(receiver.url)) as client:
        for _ in range(MAX_CONCURRENT_FORWARDS + 3):
            client.post()
        for _ in range(MAX_CONCURRENT_FORWARDS):
            receiver.next()
        client.http.delete(f"{client.sink.url}/_hookproof/api/deliveries")
        receiver.close()
        client.post(b"after")
        passed(client, MAX_CONCURRENT_FORWARDS + 4)
    assert "3 deliveries were removed before they were forwarded" in caplog.text


def test_the_log_contains_no_secret_of_the_url(
    start: StartSink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "hookproof.sink")
    secret = "/s3cret-path?token=s3cret"
    with receiving() as receiver, start(forward_policy=to(receiver.url + secret)) as client:
        client.post()
        passed(client, 1)
    assert f"1 forwarded to {receiver.url}: 200" in caplog.text
    assert "s3cret" not in caplog.text


def test_each_waiting_caller_gets_the_response_to_its_delivery(draft: Delivery) -> None:
    store, arrivals = SqliteStore(), SequenceNotifier()
    with receiving(lambda request: OK.replace(b"ok", request[-2:])) as receiver:
        forward = forwarder.Forwarder(
            store, arrivals, ChangeFeed(), parse_destination(receiver.url)
        )
        forward.start()
        kept = store.append(
            [replace(draft, target="/a", headers=(), body=body) for body in (b"first", b"second")]
        )

        async def both() -> list[ForwardAttempt]:
            waits = [asyncio.create_task(forward.wait_for_attempt(delivery)) for delivery in kept]
            arrivals.announce(kept[-1].id)
            async with asyncio.timeout(DEADLINE):
                found = [*await asyncio.gather(*waits), await forward.wait_for_attempt(kept[0])]
            assert len(store.forward_attempts(kept[0].id)) == 1
            return found

        try:
            found = asyncio.run(both())
        finally:
            forward.close()
            store.close()
    assert [(p.delivery_id, p.status, p.body) for p in found[:2]] == [
        (1, 200, b"st"),
        (2, 200, b"nd"),
    ]
    assert found[2].body == b"st"
