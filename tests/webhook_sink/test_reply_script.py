"""Responses to senders, and the log lines of deliveries."""

import asyncio
import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp
from support.signatures import signature_of
from support.sink import StartSink

from openapi.contract import Contract
from webhook_sink.app import create_app
from webhook_sink.storage.sqlite_store import SqliteStore

pytestmark = pytest.mark.integration

SECRET = "a secret that nobody may see"


def test_replies_follow_the_script_and_the_last_repeats(start: StartSink) -> None:
    with start(replies=(500, 404, 204)) as client:
        assert [client.post() for _ in range(5)] == [500, 404, 204, 204, 204]
        assert [d.status for d in client.sink.deliveries()] == [500, 404, 204, 204, 204]


@pytest.mark.parametrize("replies", [(), (199,), (200, 600)])
def test_rejects_invalid_replies(replies: tuple[int, ...], contract: Contract) -> None:
    with (
        closing(SqliteStore()) as store,
        pytest.raises(ValueError, match="from 200 to 599"),
    ):
        create_app(contract, store=store, replies=replies)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_truncated_and_gets_a_413(start: StartSink, chunked: bool) -> None:
    def parts() -> Any:
        yield from (b"1234", b"5678", b"9")

    with start(max_body_bytes=8, replies=(201, 202)) as client:
        url = client.sink.url
        assert client.post(b"12345678") == 201
        large = client.http.post(url, content=parts() if chunked else b"123456789")
        assert large.status_code == 413
        assert client.post(b"") == 202
        kept = [(d.body, d.truncated, d.status) for d in client.sink.deliveries()]
    assert kept == [(b"12345678", False, 201), (b"12345678", True, 413), (b"", False, 202)]


def test_a_body_far_over_the_limit_gets_a_413(start: StartSink) -> None:
    with start(max_body_bytes=1000) as client:
        assert client.post(b"x" * 30_000_000) == 413
        assert client.post(b"small") == 200
        assert [len(d.body) for d in client.sink.deliveries()] == [1000, 5]


def test_expect_100_continue(start: StartSink) -> None:
    with start() as client:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
        answer = client.raw(head + b"Connection: close\r\n\r\nhi")
        assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_a_store_error_is_a_503_until_it_is_over(
    start: StartSink, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "deliveries.db"
    with start(store=path, replies=(201, 202)) as client:
        assert client.post() == 201
        full = sqlite3.connect(path)
        full.execute(
            "CREATE TRIGGER full BEFORE INSERT ON deliveries "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
        assert client.post() == 503
        full.execute("DROP TRIGGER full")
        full.close()
        assert client.post() == 202
        assert [d.status for d in client.sink.deliveries()] == [201, 202]
    errors = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert [r.name for r in errors] == ["hookproof.sink"]
    assert "database or disk is full" in errors[0].getMessage()


def test_stores_many_pipelined_deliveries(start: StartSink, tmp_path: Path) -> None:
    with start(store=tmp_path / "deliveries.db") as client:
        request = b"POST /%d HTTP/1.1\r\nHost: x\r\n\r\n"
        end = b"GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        answers = client.raw(b"".join(request % n for n in range(200)) + end)
        assert answers.count(b"HTTP/1.1 200 OK") == 201
        assert [d.id for d in client.sink.deliveries()] == list(range(1, 202))


def test_logs_one_line_per_delivery_without_secrets(
    start: StartSink, contract: Contract, caplog: pytest.LogCaptureFixture
) -> None:
    event = contract.events[0]
    assert event.signature is not None
    body = b'{"event": "personalAccessToken.created", "note": "in the body"}'
    signature = signature_of(event.signature, body, SECRET)
    headers = {event.signature.header: signature, "X": "in a header"}
    with caplog.at_level(logging.INFO, "hookproof.sink"), start(secret=SECRET) as client:
        client.post(body, path="/a?b=1", **headers)
    lines = [r.getMessage() for r in caplog.records if r.name == "hookproof.sink"]
    assert len(lines) == 1
    assert lines[0].startswith('1 POST "/a?b=1" personalAccessToken.created: ')
    assert lines[0].endswith("; signature valid; replied 200")
    for hidden in (SECRET, signature, "in the body", "in a header"):
        assert hidden not in caplog.text


def test_the_log_redacts_a_secret_in_the_target(
    start: StartSink, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "hookproof.sink"), start(secret="hush-hush") as client:
        client.post(path="/hook?secret=hush-hush")
    assert "hush-hush" not in caplog.text
    assert '"/hook?secret=***"' in caplog.text


def test_rejects_a_server_that_lower_cases_headers(contract: Contract) -> None:
    async def call(app: ASGIApp) -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
            await client.post("http://sink/")

    with closing(SqliteStore()) as store, pytest.raises(RuntimeError, match="uvicorn_config"):
        asyncio.run(call(create_app(contract, store=store)))
