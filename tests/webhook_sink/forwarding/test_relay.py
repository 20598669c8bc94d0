"""Reply `forwarded`: the sender gets the receiver's response."""

import re
import threading
from http import HTTPStatus
from typing import Any

import pytest
from support.processes import hookproof
from support.receivers import OK, receiving
from support.sink import RunningSink, StartSink

from openapi.http.free_port import free_port
from webhook_sink.destination import ForwardPolicy, parse_destination

pytestmark = pytest.mark.integration

PHRASE = HTTPStatus(422).phrase.encode()
"""Reason phrase of the running Python: RFC 9110 renamed it."""
HEAD = b"Host: x\r\nConnection: close\r\nContent-Length: 1"
"""Without `close` the response would depend on whether the sink saw the client's end before."""


def forwarding(url: str) -> dict[str, Any]:
    return {"forward_policy": ForwardPolicy(parse_destination(url)), "replies": "forwarded"}


def asked(client: RunningSink, method: bytes = b"POST") -> tuple[bytes, bytes]:
    """Send a delivery; return head (without the date) and body of the response."""
    answer = client.raw(method + b" /a HTTP/1.1\r\n" + HEAD + b"\r\n\r\n1")
    head, _, body = answer.partition(b"\r\n\r\n")
    return re.sub(rb"\r\ndate: \w{3}, [^\r]* GMT", b"", head), body


def test_the_sender_gets_status_headers_and_body_of_the_receiver(start: StartSink) -> None:
    answer = (
        b"HTTP/1.1 422 Odd\r\nX-B: 1\r\nx-a:  \xff\r\nX-B: 2\r\nDate: today\r\nServer: mine\r\n"
        b"Connection: close, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 1\r\nContent-Encoding: gzip\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n\x1f\xff\r\n0\r\n\r\n"
    )
    with receiving(lambda _: answer) as receiver, start(**forwarding(receiver.url)) as client:
        assert asked(client) == (
            b"HTTP/1.1 422 " + PHRASE + b"\r\nx-b: 1\r\nx-a: \xff\r\nx-b: 2\r\n"
            b"server: mine\r\ncontent-encoding: gzip\r\ncontent-security-policy: sandbox\r\n"
            b"content-length: 2\r\nconnection: close",
            b"\x1f\xff",
        )
        (kept,) = client.sink.deliveries()
        assert (kept.status, kept.reply) == (0, "forwarded")
        assert len(client.sink._server.store.forward_attempts(1)) == receiver.connections == 1


@pytest.mark.parametrize(
    ("method", "answer", "head"),
    [
        (b"POST", b"HTTP/1.1 204 No\r\nX: 1\r\n\r\n", rb"HTTP/1.1 204 No Content\r\nx: 1\r\n"),
        (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", rb"HTTP/1.1 200 OK\r\n"),
        (
            b"POST",
            b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
            rb"HTTP/1.1 302 ",
        ),
        (b"POST", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", rb"HTTP/1.1 502 Bad"),
        (b"POST", b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 70_000, rb"HTTP/1.1 502 Bad"),
        (b"POST", b"HTTP/1.1 700 What\r\nContent-Length: 0\r\n\r\n", rb"HTTP/1.1 502 Bad"),
        (b"POST", b"SMTP\r\n\r\n", rb"HTTP/1.1 502 Bad"),
    ],
)
def test_relays_responses_without_a_body_and_sends_502_for_invalid_ones(
    start: StartSink, method: bytes, answer: bytes, head: bytes
) -> None:
    with receiving(lambda _: answer) as receiver, start(**forwarding(receiver.url)) as client:
        found, body = asked(client, method)
    assert re.match(head, found)
    assert body == b""


def test_an_unreachable_receiver_is_an_error(start: StartSink) -> None:
    with start(**forwarding(f"http://127.0.0.1:{free_port()}")) as client:
        assert client.post() == 502


def test_a_stopping_sink_sends_502_to_a_waiting_sender(start: StartSink) -> None:
    came = threading.Event()
    found: list[int] = []

    def silent(_: bytes) -> None:
        came.set()

    with receiving(silent) as receiver, start(**forwarding(receiver.url)) as client:
        sender = threading.Thread(target=lambda: found.append(client.post()))
        sender.start()
        assert came.wait(20)
        client.sink._server.server.should_exit = True
        sender.join()
    assert found == [502]


def test_each_sender_gets_the_response_to_its_delivery(start: StartSink) -> None:
    def echo(request: bytes) -> bytes:
        return OK.replace(b"ok", request[-2:])

    found: dict[int, str] = {}
    with receiving(echo) as receiver, start(**forwarding(receiver.url)) as client:

        def post(number: int) -> None:
            found[number] = client.http.post(client.sink.url, content=f"{number:02}").text

        senders = [threading.Thread(target=post, args=(number,)) for number in range(40)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
    assert found == {number: f"{number:02}" for number in range(40)}


def test_reply_forwarded_requires_a_receiver(start: StartSink) -> None:
    with pytest.raises(ValueError, match="forward_to"), start(replies="503, forwarded"):
        pass
    done = hookproof("sink", "--port", "0", "--reply", "forwarded")
    assert done.returncode == 2
    assert done.stderr.endswith("forwarded needs a receiver: pass --forward-to URL\n")
