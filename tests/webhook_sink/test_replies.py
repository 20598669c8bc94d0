"""Reply scripts: the responses to a sender, the stored reply, and independent senders."""

import re
import shlex
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from support.processes import launched
from support.sink import RunningSink, StartSink

from webhook_sink.delivery import Delivery
from webhook_sink.replies.script import ReplyInput, parse_reply_scripts

pytestmark = pytest.mark.integration

DEADLINE = 20.0
"""Seconds to wait for an expected response."""
LONG = 300
"""Delay in seconds that no test waits for."""
SHORT = 0.2
"""Read timeout of an impatient sender, in seconds."""
REQUEST = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def connected(client: RunningSink, *paths: bytes) -> Iterator[socket.socket]:
    """Send a delivery to each of `paths` on one connection, pipelined."""
    address = ("127.0.0.1", client.sink.port)
    with socket.create_connection(address, timeout=DEADLINE) as connection:
        connection.sendall(b"".join(REQUEST % path for path in paths))
        yield connection


def until_closed(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def stored(client: RunningSink) -> list[tuple[int, str]]:
    return [(d.status, d.reply) for d in client.sink.deliveries()]


def eventually(true: Callable[[], object]) -> None:
    end = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < end, "it did not come to be in time"
        threading.Event().wait(0.01)


def test_parses_a_list_of_statuses() -> None:
    (script,) = parse_reply_scripts("500,500, 200").scripts
    assert [(step.status, step.text) for step in script.steps] == [(500, ""), (500, ""), (200, "")]
    assert parse_reply_scripts((500, 500, 200)) == parse_reply_scripts(["500, 500, 200"])


def test_parses_every_setting_of_a_step() -> None:
    text = r'503 delay=0.5 Retry-After=2 X-A="a, \"b\"" X-A= body="{\"why\": \"später\"}", hang'
    first, second = parse_reply_scripts(text).scripts[0].steps
    assert (first.kind, first.status, first.delay) == ("response", 503, 0.5)
    assert first.headers == ((b"Retry-After", b"2"), (b"X-A", b'a, "b"'), (b"X-A", b""))
    assert first.body == '{"why": "später"}'.encode()
    assert first.text == text.removesuffix(", hang")
    assert (second.kind, second.status, second.text) == ("hang", 0, "hang")


def test_the_longest_matching_path_has_priority() -> None:
    paths = ["/*: 201", "/a*: 202", "/a: 203", "/a/b*: 204", "/a/b: 205", "206", "/x:1: 207"]
    replies = parse_reply_scripts(paths)
    seen = {
        target: replies.scripts[replies.script_index(target)].step_after(0).status
        for target in ("/", "/a", "/a?b", "/ab", "/a/b", "/a/bc?x", "/x:1", "*")
    }
    assert list(seen.values()) == [201, 203, 203, 202, 205, 204, 207, 206]


REFUSED: dict[str, tuple[ReplyInput, str]] = {
    "nothing": ("", "step 1 of '': '' is neither a status from 200 to 599"),
    "no script at all": ((), "() are not replies: give statuses from 200 to 599"),
    "both kinds": ((500, "hang"), "(500, 'hang') are not replies"),
    "a comma too many": ("500,", "step 2 of '500,': '' is neither"),
    "a status that informs": ("500, 100", "step 2 of '500, 100': '100' is neither a status"),
    "a status in other digits": ("２００", "is neither a status"),
    "a word": (
        "later",
        "'later' is neither a status from 200 to 599, nor hang, reset or forwarded",
    ),
    "a delay too long": ("200 delay=301", "delay=301 is not a number of seconds from 0 to 300"),
    "a delay before": ("200 delay=-1", "delay=-1 is not"),
    "a delay for ever": ("200 delay=inf", "delay=inf is not"),
    "two delays": ("200 delay=1 Delay=2", "delay is given twice"),
    "a delay of what never ends": ("hang delay=1", "hang takes no settings"),
    "a reset that says something": ("reset X=1", "reset takes only a delay"),
    "a body where there is none": ('204 body="x"', "a response with 204 has no body"),
    "a length": ("200 Content-Length=3", "the sink sets the header Content-Length itself"),
    "a framing": ("200 transfer-encoding=chunked", "the sink sets the header transfer-encoding"),
    "a connection": ("200 Connection=close", "the sink sets the header Connection"),
    "a word after a status": ("200 later", "'later' is neither delay=SECONDS"),
    "a name that is none": ("200 a(b)=1", "'a(b)=1' is neither delay=SECONDS"),
    "a value beyond ASCII": ("200 X=ä", "the value 'ä' of X is invalid: a header value"),
    "a value in blanks": ('200 X=" a"', "the value ' a' of X is invalid: a header value"),
    "a line break": ("200 X=a\r\nY: b", "it has unprintable characters"),
    "an open quote": ('200, 201 X="a', "a quote is not closed in '200, 201 X=\"a', step 2"),
    "a quote in a value": ('200 X=a"b"', "must enclose the whole value"),
    "a path without a blank": ("/a:200", "has no ': ' after the path; write /hooks: 500, 200"),
    "a query": ("/a?b: 200", "the path '/a?b' of a reply script is invalid"),
    "a star within": ("/a*b: 200", "the path '/a*b' of a reply script is invalid"),
    "one path twice": (["/a: 200", "/a: 201"], "2 reply scripts are for /a"),
    "steps as scripts": (("503", "hang"), "2 reply scripts are without a path"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_rejects_an_invalid_script_with_one_line(name: str) -> None:
    given, sentence = REFUSED[name]
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        parse_reply_scripts(given)
    assert "\n" not in str(caught.value)


def test_headers_and_body_reach_the_sender(start: StartSink) -> None:
    step = r'503 Retry-After=7 X-A=1 x-a=2 Content-Type=text/plain body="no, \"not\" now"'
    with start(replies=f"{step}, 204 X-B=3, 304") as client:
        first = client.http.post(client.sink.url)
        assert (first.status_code, first.text) == (503, 'no, "not" now')
        assert first.headers.get_list("x-a") == ["1", "2"]
        assert (first.headers["retry-after"], first.headers["content-type"]) == ("7", "text/plain")
        second = client.http.post(client.sink.url)
        assert (second.headers["x-b"], second.headers.get("content-length")) == ("3", None)
        assert client.http.head(client.sink.url).status_code == 304
        assert stored(client) == [(503, step), (204, "204 X-B=3"), (304, "")]


def test_each_script_counts_its_deliveries(start: StartSink) -> None:
    with start(replies=["500, 201", "/a*: 502, 202", "/a/b: 503"]) as client:
        paths = ("/", "/a", "/a/b", "/a?x=1", "/x", "/a/b", "/ab")
        assert [client.post(path=p) for p in paths] == [500, 502, 503, 202, 201, 503, 202]


def test_a_413_or_a_chosen_reply_consumes_no_step(start: StartSink) -> None:
    def chosen(delivery: Any) -> int | None:
        return 418 if delivery.target == "/tea" else None

    with start(replies="500 X-A=1, 202", reply=chosen, max_body_bytes=2) as client:
        assert [client.post(b"xxx"), client.post(path="/tea")] == [413, 418]
        assert [client.post(), client.post()] == [500, 202]
        assert stored(client) == [(413, ""), (418, ""), (500, "500 X-A=1"), (202, "")]


def test_a_hang_ends_when_the_sender_times_out(start: StartSink) -> None:
    with start(replies="hang, 200") as client:
        with pytest.raises(httpx.ReadTimeout):
            client.http.post(client.sink.url, timeout=SHORT)
        client.sink.wait_for()
        assert stored(client) == [(0, "hang")]
        assert client.post() == 200
        eventually(lambda: tasks_of(client) == 0)


def tasks_of(client: RunningSink) -> int:
    """Return the number of requests in progress."""
    return len(client.sink._server.server.server_state.tasks)


def test_requests_behind_a_hang_are_not_read(start: StartSink) -> None:
    asked, told = threading.Event(), threading.Event()

    def held(delivery: Delivery) -> None:
        """Delay the storing of the hanging delivery until the next request has arrived."""
        if delivery.target == "/hang":
            asked.set()
            told.wait(DEADLINE)

    with start(replies=["/hang: hang", "200"], reply=held) as client:
        with connected(client, b"/one", b"/hang") as connection:
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
            assert asked.wait(DEADLINE)
            connection.sendall(REQUEST % b"/two")
            connections = client.sink._server.server.server_state.connections
            eventually(lambda: any(getattr(one, "pipeline", None) for one in connections))
            told.set()
            client.sink.wait_for(where=lambda delivery: delivery.target == "/hang")
            connection.sendall(REQUEST % b"/three" * 1000)
        eventually(lambda: tasks_of(client) == 0)
        assert [d.target for d in client.sink.deliveries()] == ["/one", "/hang"]


def test_a_reset_step_resets_the_connection(start: StartSink) -> None:
    with start(replies="reset, reset delay=0.05, 200") as client:
        for _ in range(2):
            with connected(client, b"/") as connection, pytest.raises(ConnectionResetError):
                until_closed(connection)
        assert client.post() == 200
        assert stored(client) == [(0, "reset"), (0, "reset delay=0.05"), (200, "")]


def test_a_reset_step_resets_a_reused_connection(
    start: StartSink, caplog: pytest.LogCaptureFixture
) -> None:
    with start(replies=["/reset: reset", "200"]) as client:
        with connected(client, b"/one") as connection:
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
            connection.sendall(REQUEST % b"/reset" + REQUEST % b"/never")
            with pytest.raises(ConnectionResetError):
                until_closed(connection)
        assert client.post() == 200
        assert [d.target for d in client.sink.deliveries()] == ["/one", "/reset", "/hook"]
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == []


@pytest.mark.parametrize("reply", [f"reset delay={LONG}", f"503 delay={LONG}", "hang"])
def test_a_lost_sender_ends_its_reply(
    start: StartSink, reply: str, caplog: pytest.LogCaptureFixture
) -> None:
    with start(replies=["/late: " + reply, "200"]) as client:
        with connected(client, b"/late") as connection:
            client.sink.wait_for()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        eventually(lambda: tasks_of(client) == 0)
        assert client.post() == 200
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == []


def test_delayed_replies_do_not_delay_other_senders(start: StartSink) -> None:
    """Start delays of five minutes; later senders still get their responses at once.

    Half of the delayed senders close their half of the connection and still get a response.
    """
    with start(replies=[f"/late: 503 delay={LONG}", "200"]) as client, ExitStack() as opened:
        late = [opened.enter_context(connected(client, b"/late")) for _ in range(20)]
        for connection in late[::2]:
            connection.shutdown(socket.SHUT_WR)
        client.sink.wait_for(where=lambda _: len(client.sink.deliveries()) == len(late))
        assert [client.post(), client.post()] == [200, 200]
        for connection in late:
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)
            connection.settimeout(DEADLINE)
        client.sink._server.server.__exit__()  # ends the delays
        assert all(until_closed(one).startswith(b"HTTP/1.1 503 ") for one in late)


@pytest.mark.parametrize("reply", ["hang", f"reset delay={LONG}", f"503 delay={LONG}"])
def test_a_stopping_sink_does_not_wait_for_delayed_replies(
    start: StartSink, reply: str, caplog: pytest.LogCaptureFixture
) -> None:
    with ExitStack() as opened:
        with start(replies=reply) as client:
            connection = opened.enter_context(connected(client, b"/", b"/behind"))
            client.sink.wait_for()
        # The server logs an error if it stops only after its timeout.
        assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == []
        if reply.startswith("503"):
            assert until_closed(connection).startswith(b"HTTP/1.1 503 ")
        elif reply.startswith("reset"):
            with pytest.raises(ConnectionResetError):
                until_closed(connection)
        else:
            assert until_closed(connection) == b""


def test_the_attempts_of_a_retrying_sender_show_their_replies(start: StartSink) -> None:
    """Use the mock as sender: it retries after 0.5 s and after 1 s."""
    with start(replies="503 X-Why=busy, reset, 200") as client:
        command = ["-m", "hookproof", "mock", "--port", "0", "--webhook-url", client.sink.url]
        with launched(command) as (_, process):
            curl = process.stdout.readline()
            subprocess.run(shlex.split(curl), check=True, capture_output=True, timeout=DEADLINE)
            client.sink.wait_for(where=lambda delivery: delivery.status == 200, timeout=DEADLINE)
        last = client.api("api/deliveries/3").json()
    told = [
        (one["attempt"], one["first_attempt"], one["status"], one["reply"])
        for one in last["attempts"]
    ]
    assert told == [(1, None, 503, "503 X-Why=busy"), (2, 1, 0, "reset"), (3, 1, 200, "")]
