"""Refusals: what the sink refuses before there is a request, in one counted line of each kind."""

import asyncio
import logging
import re
import resource
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from time import monotonic

import httpx
import pytest
from starlette.types import Receive, Scope, Send
from support.processes import ServerProcess, launched_with_log
from support.sink import DEADLINE, StartSink

from openapi.http.refusal_log import RefusalLog
from openapi.http.server_thread import ServerThread
from webhook_sink.api.routes import create_router
from webhook_sink.server import uvicorn_config

pytestmark = pytest.mark.integration

MIB = 1024 * 1024
HALF = b"POST /h HTTP/1.1\r\nHost: sink\r\nContent-Length: 1000000\r\n\r\n" + b"x" * (900 * 1024)


@contextmanager
def sink_process(
    folder: Path, descriptors: int | None = None
) -> Iterator[tuple[str, ServerProcess]]:
    """Run a sink with store and log in `folder`; yield its URL and the process."""
    command = ["-m", "hookproof", "sink", "--port", "0", "--store", str(folder / "s.db")]
    with (
        (folder / "log").open("w", encoding="utf-8") as log,
        launched_with_log(command, log) as (url, process),
    ):
        if descriptors is not None:
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (descriptors, descriptors))
        yield url, process


def memory(process: ServerProcess, name: str) -> int:
    """Return `VmRSS`, or its peak `VmHWM`, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def connect(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=DEADLINE)


def read_log(folder: Path) -> list[str]:
    """Return the lines of the log of a sink that has stopped."""
    return (folder / "log").read_text(encoding="utf-8").splitlines()


def counted(lines: list[str], kind: str) -> int:
    """Return the number of refusals of a kind; there are at most two lines of it."""
    found = [line for line in lines if line.startswith(kind)]
    assert 1 <= len(found) <= 2, lines
    more = re.fullmatch(rf"{re.escape(kind)}: (\d+) more, the last from \S+", found[-1])
    return 1 + (int(more[1]) if more else 0)


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def is_answered(client: socket.socket, answers: Counter[int]) -> bool:
    """Return whether a response has come; count its status in `answers`."""
    client.setblocking(False)
    try:
        answers[int(client.recv(4096)[9:12])] += 1
    except BlockingIOError:
        return False
    return True


@pytest.mark.usefixtures("many_descriptors")
def test_a_thousand_half_sent_bodies_fill_no_memory(tmp_path: Path) -> None:
    # A busy machine takes longer than the 5 s of httpx to read a thousand bodies.
    with (
        sink_process(tmp_path, descriptors=4096) as (url, process),
        httpx.Client(timeout=DEADLINE) as http,
    ):
        assert http.post(url, content=b"before").status_code == 200
        begun = memory(process, "VmRSS")
        with ExitStack() as opened:
            clients = [opened.enter_context(connect(url)) for _ in range(1000)]
            for client in clients:
                client.sendall(HALF)
            most = 32 * MIB // (900 * 1024 - 16 * 1024)
            waiting, answers = clients, Counter[int]()
            deadline = monotonic() + DEADLINE
            while len(waiting) > most:
                assert monotonic() < deadline, f"{len(waiting)} clients have no response"
                waiting = [client for client in waiting if not is_answered(client, answers)]
            # An event is accepted at the same time, a large body is not.
            assert http.post(url, content=b"x" * 10_000).status_code == 200
            refused = http.post(url, content=b"x" * 900_000)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            assert set(answers) == {503}
            assert len(waiting) >= 32 * MIB // len(HALF)
            assert memory(process, "VmHWM") <= 200 * MIB
        deadline = monotonic() + DEADLINE
        while memory(process, "VmRSS") > begun + 40 * MIB:
            assert monotonic() < deadline, f"{memory(process, 'VmRSS') // MIB} MiB are resident"
            assert http.get(f"{url}/_hookproof/healthz").status_code == 200
        assert http.post(url, content=b"x" * 900_000).status_code == 200
        listed = http.get(f"{url}/_hookproof/api/deliveries", params={"limit": 1000}).json()
        assert all(one["status"] == 200 for one in listed["deliveries"])
    lines = read_log(tmp_path)
    kind = "a body, because all bodies together are too large, is refused: 503"
    assert counted(lines, kind) == answers[503] + 1
    assert counted(lines, "clients disconnected before the end of their request") == len(waiting)


def test_bodies_with_a_reply_need_no_memory(start: StartSink) -> None:
    with start(max_body_bytes=40 * MIB) as client:
        # More than the limit of 80 MiB one after the other, on one connection.
        for _ in range(4):
            assert client.post(bytes(30 * MIB)) == 200


def test_a_large_body_beyond_the_limit_of_one_is_no_refusal(start: StartSink) -> None:
    with start(max_body_bytes=1000) as client:
        for _ in range(3):
            assert client.post(bytes(70 * MIB)) == 413


def test_each_kind_of_refusal_is_one_counted_line(tmp_path: Path) -> None:
    kinds = {
        "malformed HTTP is refused: 400": b"no HTTP at all\r\n\r\n",
        "TLS is refused: 400": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        "a too large head is refused: 431": b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 300 + b"\r\n",
        "clients disconnected before the end of their request": HALF,
    }
    with sink_process(tmp_path) as (url, _):
        for data in kinds.values():
            for _ in range(25):
                with connect(url) as client:
                    client.sendall(data)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(65536):
                        pass
        assert httpx.get(f"{url}/_hookproof/healthz").status_code == 200
    lines = read_log(tmp_path)
    assert {kind: counted(lines, kind) for kind in kinds} == dict.fromkeys(kinds, 25)
    assert len(lines) == 2 * len(kinds)


def test_a_sink_without_descriptors_refuses_and_accepts_again(tmp_path: Path) -> None:
    with sink_process(tmp_path, descriptors=64) as (url, _):
        with ExitStack() as opened:
            for _ in range(100):
                opened.enter_context(connect(url))
            with connect(url) as refused:
                assert refused.recv(4096).startswith(b"HTTP/1.1 503 ")
        deadline = monotonic() + DEADLINE
        while True:
            try:
                if httpx.post(url, content=b"{}").status_code == 200:
                    break
            except httpx.TransportError:
                assert monotonic() < deadline
        # The first delivery is judged too: its judge loads modules.
        listed = httpx.get(f"{url}/_hookproof/api/deliveries").json()
        assert listed["deliveries"][0]["verdict_kind"] == "violation"
    lines = read_log(tmp_path)
    kind = "connections are refused, few file descriptors are left: 503"
    assert counted(lines, kind) > 50
    assert [line for line in lines if not line.startswith(kind)] == [
        '1 POST "/" no known event: 3 violations; signature missing; replied 200'
    ]


def test_an_error_of_the_sink_is_a_500_and_one_counted_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refusals = RefusalLog(logging.getLogger("hookproof.sink"))

    async def broken(_: Scope, _receive: Receive, _send: Send) -> None:
        raise LookupError("a mistake")

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[dict[str, object]]:
        yield {}
        refusals.close()

    app = create_router(broken, [], None, lifespan, refusals)
    listener = socket.create_server(("127.0.0.1", 0))
    with ServerThread(uvicorn_config(app), listener) as server:
        url = f"http://127.0.0.1:{server.port}/"
        assert [httpx.post(url).status_code for _ in range(5)] == [500] * 5
    lines = [record.getMessage() for record in caplog.records if record.name == "hookproof.sink"]
    assert lines[0].startswith("a request got 500, LookupError at test_refusals.py:")
    assert lines[1:] == [f"{lines[0]}: 4 more"]
    assert "LookupError: a mistake" in caplog.text


def test_a_period_ends_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    async def refuse() -> None:
        refusals = RefusalLog(logging.getLogger("hookproof.sink"), period_s=0.01)
        refusals.record("a kind", "here:1")
        refusals.record("a kind", "here:2")
        async with asyncio.timeout(DEADLINE):
            while len(caplog.records) < 2:
                await asyncio.to_thread(caplog.records.copy)
        refusals.record("another kind")
        refusals.close()

    asyncio.run(refuse())
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["a kind, from here:1", "a kind: 1 more, the last from here:2", "another kind"]
