"""Option `verify --sink URL`: the harness reads deliveries from a running sink."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.processes import WEBHOOK_SECRET, handled, hookproof, running_mock, started, tokens

from contracts.execution.webhook_source import RemoteSink
from contracts.model.errors import CouldNotJudge
from openapi.contract import Contract
from openapi.http.free_port import free_port
from openapi.loading.loader import load_contract
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

DEADLINE = 20.0
"""Seconds to wait for an expected delivery."""
TOKEN = "a token of the tests"
PAGE: dict[str, Any] = {"deliveries": [], "next": None, "total": 0, "now": 1.0}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


@contextmanager
def serving(answers: dict[str, Any], otherwise: int = 404) -> Iterator[str]:
    """Serve JSON by path, and the status `otherwise` for other paths."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path.partition("?")[0].removeprefix("/_hookproof"))
            body = json.dumps(found).encode() if found is not None else b"nothing here"
            self.send_response(otherwise if found is None else 200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with handled(Handler) as url:
        yield url


def test_reads_unchanged_deliveries_since_its_start(
    contract: Contract,
) -> None:
    with Sink(contract, WEBHOOK_SECRET) as sink:
        httpx.post(f"{sink.url}/before", content=b"{}")
        with RemoteSink(sink.url, contract, WEBHOOK_SECRET, page=3) as remote:
            assert remote.deliveries() == ()
            assert remote.wait(after=0, timeout=0.01) is False
            for number in range(8):
                body = bytes([0xFF, number])
                headers = {"X-Number": str(number), "Webhook-Signature": "nothing"}
                httpx.post(f"{sink.url}/a%20b?n={number}", content=body, headers=headers)
            assert remote.wait(after=0, timeout=DEADLINE) is True
            assert remote.deliveries() == sink.deliveries(after=1)
            assert remote.deliveries(after=8) == sink.deliveries(after=8)
            (last,) = remote.deliveries(after=8)
            assert remote.judge(last) == sink.judge(last)


def test_corrects_the_clock_offset_of_the_sink(contract: Contract) -> None:
    for wrong in (-3600.0, 3600.0):
        there = time.time() + wrong
        summary: dict[str, Any] = {"id": 1, "received_at": there, "target": "/", "reply": ""}
        summary |= {"event": None, "verdict": {}, "attempt": 1}
        whole = {
            **summary,
            "findings": [],
            "attempts": [],
            "outgoing": [],
            "head_received_at": there,
            "version": "1.1",
            "method": "POST",
            "headers": [["A", "b"]],
            "body": {"base64": "e30="},
            "truncated": False,
            "remote": "",
            "status": 200,
        }
        answers: dict[str, Any] = {"/api/deliveries": {**PAGE, "now": there}}
        with serving(answers) as url:
            begun = time.time()
            with RemoteSink(url, contract, None) as remote:
                started_at = time.time()
                answers["/api/deliveries"] = {**PAGE, "deliveries": [summary], "now": there}
                answers["/api/deliveries/1"] = whole
                (delivery,) = remote.deliveries()
        assert begun <= delivery.received_at <= started_at


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"/api/deliveries": []},
        {"/api/deliveries": {"deliveries": []}},
        {"/api/deliveries": {**PAGE, "deliveries": [{"id": "x"}]}},
    ],
    ids=["nothing", "a list", "no time", "no number"],
)
def test_an_invalid_response_is_an_error_that_names_the_sink(
    answers: dict[str, Any], contract: Contract
) -> None:
    with serving(answers) as url, pytest.raises(CouldNotJudge, match="sink"):
        RemoteSink(url, contract, None).__enter__()


def test_a_403_is_an_error_that_suggests_the_ip_address(contract: Contract) -> None:
    with serving({}, 403) as url, pytest.raises(CouldNotJudge, match="use its IP address"):
        RemoteSink(url, contract, None).__enter__()


def test_reads_a_sink_with_a_token(contract: Contract) -> None:
    with Sink(contract, token=TOKEN) as sink:
        httpx.post(f"{sink.url}/before", content=b"{}")
        for wrong in (None, "another"):
            with pytest.raises(CouldNotJudge, match="set HOOKPROOF_SINK_TOKEN") as told:
                RemoteSink(sink.url, contract, None, token=wrong).__enter__()
            assert "another" not in str(told.value)
        with RemoteSink(sink.url, contract, None, token=TOKEN) as remote:
            httpx.post(f"{sink.url}/hook", content=b"{}")
            assert remote.wait(after=0, timeout=DEADLINE) is True
            assert remote.deliveries() == sink.deliveries(after=1)


def test_a_run_reads_the_deliveries_of_a_running_sink(tmp_path: Path) -> None:
    port = free_port()
    known = {**tokens(), "HOOKPROOF_WEBHOOK_SECRET": WEBHOOK_SECRET}
    options = ["--report-dir", str(tmp_path), "--extra-phase", "retry", "--profile", "quick"]
    known["HOOKPROOF_SINK_TOKEN"] = TOKEN
    with started(["-m", "hookproof", "sink", "--port", str(port)], HOOKPROOF_SINK_TOKEN=TOKEN):
        sink = f"http://127.0.0.1:{port}"
        httpx.post(f"{sink}/old", content=b"not of this run")
        with running_mock(port) as url:
            done = hookproof("verify", url, "--sink", sink, *options, **known)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"the sink at {sink} chooses its own replies" in done.stdout
        report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
        assert report["webhooks"]["delivered"] == report["webhooks"]["expected"] > 20
        assert report["webhooks"]["unexpected"] == 0
        with running_mock(port, "--fault", "signature-hex") as url:
            few = [*options, "--max-requests", "40"]
            done = hookproof("verify", url, "--sink", sink, *few, **known)
        assert done.returncode == 1
        assert "its encoding is hex, not base64" in done.stdout
        wrong = f"http://127.0.0.1:{free_port()}"
        done = hookproof("verify", "http://127.0.0.1:1", "--sink", wrong, *options, **known)
    assert done.returncode == 2
    assert "check that it runs, and check --sink" in done.stdout
