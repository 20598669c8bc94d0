"""Resend of a delivery: allowed destinations, and the stored response."""

import json

import httpx
import pytest
from support.receivers import OK, receiving
from support.sink import RunningSink, StartSink

from webhook_sink.destination import NO_FORWARDING, ForwardPolicy, parse_destination, parse_origin

pytestmark = pytest.mark.integration


def resend(client: RunningSink, number: int, value: object) -> httpx.Response:
    url = f"{client.sink.url}/_hookproof/api/deliveries/{number}/resend"
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    answer: httpx.Response = client.http.post(url, content=content)
    return answer


def test_resends_the_same_bytes_and_stores_the_response(start: StartSink) -> None:
    sent = b"POST /a?b HTTP/1.1\r\nHost: x\r\nx-A: 1\r\nX-a: 2\r\nContent-Length: 2\r\n\r\n\xff\n"
    with (
        receiving() as receiver,
        start(forward_policy=ForwardPolicy(allow_loopback=True)) as client,
    ):
        client.raw(sent)
        answer = resend(client, 1, {"url": f"{receiver.url}/hooks?c=secret"})
        host = f"Host: 127.0.0.1:{receiver.port}".encode()
        expected = sent.replace(b"/a?b", b"/hooks?c=secret").replace(b"Host: x", host)
        assert receiver.next() == expected.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        shown = client.api("api/deliveries/1").json()
    passed = answer.json()["outgoing"]
    assert shown["outgoing"] == [passed]
    assert shown["forwarded"] == "200"
    assert (passed["action"], passed["status"], passed["body"]["text"]) == ("resend", 200, "ok")
    assert passed["url"] == f"{receiver.url}/hooks?c=***"


def test_an_unreachable_receiver_is_an_error(start: StartSink, port: int) -> None:
    with start(forward_policy=ForwardPolicy(allow_loopback=True)) as client:
        client.post()
        answer = resend(client, 1, {"url": f"http://127.0.0.1:{port}"})
        assert answer.status_code == 200
        assert answer.json()["outgoing"]["error"] == f"nothing listens on 127.0.0.1:{port}"
        assert client.api("api/deliveries/1").json()["outgoing"] == [answer.json()["outgoing"]]


def test_a_resend_to_the_sink_itself_is_a_new_delivery(start: StartSink) -> None:
    with start(forward_policy=ForwardPolicy(allow_loopback=True)) as client:
        client.post(b"once")
        assert resend(client, 1, {"url": client.sink.url}).json()["outgoing"]["status"] == 200
        bodies = [delivery.body for delivery in client.sink.deliveries()]
        assert bodies == [b"once", b"once"]
        listed = client.api("api/deliveries").json()["deliveries"]
        assert [delivery["first_attempt"] for delivery in listed] == [None, 1]


@pytest.mark.parametrize(
    "passing",
    [
        NO_FORWARDING,
        ForwardPolicy(resend_to=(parse_origin("http://127.0.0.1:1"),)),
        ForwardPolicy(parse_destination("http://localhost:1"), allow_loopback=False),
    ],
)
def test_rejects_a_destination_that_is_not_allowed(
    start: StartSink, passing: ForwardPolicy
) -> None:
    with receiving() as receiver, start(forward_policy=passing) as client:
        client.post()
        before = receiver.waiting
        answer = resend(client, 1, {"url": f"{receiver.url}/hooks?secret"})
        assert answer.status_code == 403
        assert answer.json()["message"] == (
            f"resending to {receiver.url} is not allowed: start the sink with "
            f"--resend-to {receiver.url} to allow it"
        )
        assert receiver.waiting == before == 0
        kept = client.sink._server.store.forward_attempts(1)
    assert all(passed.action == "forward" for passed in kept)


def test_only_localhost_is_a_loopback_name(start: StartSink) -> None:
    with (
        receiving() as receiver,
        start(forward_policy=ForwardPolicy(allow_loopback=True)) as client,
    ):
        client.post()
        for host in ("localhost.", "0.0.0.0", "127.1", "[::ffff:127.0.0.1]", "a.localhost"):
            answer = resend(client, 1, {"url": f"http://{host}:{receiver.port}"})
            assert answer.status_code in (400, 403)
        assert resend(client, 1, {"url": f"http://localhost:{receiver.port}"}).status_code == 200
        assert receiver.next()
        assert receiver.waiting == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *((b"", 400), (b"{", 400), (b"[]", 400), (b'"http://127.0.0.1"', 400), ({}, 400)),
        *(({"url": None}, 400), ({"url": ["http://127.0.0.1"]}, 400), ({"url": ""}, 400)),
        *(({"url": "http://127.0.0.1:1", "x": 1}, 400), ({"url": "http://u:p@127.0.0.1"}, 400)),
        *((b"[" * 100_000, 413), ({"url": "file:///etc/passwd"}, 400)),
    ],
)
def test_rejects_an_invalid_body(start: StartSink, body: object, status: int) -> None:
    with start(forward_policy=ForwardPolicy(allow_loopback=True)) as client:
        client.post()
        answer = resend(client, 1, body)
    assert answer.status_code == status
    assert len(answer.json()["message"]) > 20


def test_rejects_an_unknown_delivery_and_another_origin(start: StartSink) -> None:
    with (
        receiving() as receiver,
        start(forward_policy=ForwardPolicy(allow_loopback=True)) as client,
    ):
        assert resend(client, 1, {"url": receiver.url}).status_code == 404
        client.post()
        url = f"{client.sink.url}/_hookproof/api/deliveries/1/resend"
        foreign = {"Origin": "http://evil.test"}
        answer = client.http.post(url, json={"url": receiver.url}, headers=foreign)
        assert answer.status_code == 403
        assert receiver.waiting == 0


def test_accepts_deliveries_during_a_resend(start: StartSink) -> None:
    waiting: list[int] = []

    def meanwhile(_: bytes) -> bytes:
        waiting.append(client.post(b"meanwhile"))
        return OK

    with (
        receiving(meanwhile) as receiver,
        start(forward_policy=ForwardPolicy(allow_loopback=True)) as client,
    ):
        client.post()
        assert resend(client, 1, {"url": receiver.url}).json()["outgoing"]["status"] == 200
    assert waiting == [200]
