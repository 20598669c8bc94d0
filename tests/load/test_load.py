"""`hookproof load` as a process: a conforming service, faults of few events, workers, an end."""

import csv
import gzip
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from support.processes import (
    MOCK_SECRETS,
    SHARED,
    WEBHOOK_SECRET,
    Run,
    handled,
    hookproof,
    launched,
    running_mock,
    started,
    token,
)

from openapi.http.free_port import free_port

pytestmark = pytest.mark.integration

WORKSHOP = Path(__file__).resolve().parents[1] / "data" / "workshop.yaml"
EVENT = "personalAccessToken.created"


def load(url: str, port: int, directory: Path, *options: str, **environment: str) -> Run:
    """Run `hookproof load` without Locust's page; it receives webhooks on `port`."""
    listen = ["--webhook-listen", f"127.0.0.1:{port}", "--report-dir", str(directory)]
    known = {"HOOKPROOF_WEBHOOK_SECRET": WEBHOOK_SECRET, "HOOKPROOF_TOKEN": token(), **environment}
    done = hookproof("load", url, "--headless", "--only-summary", *listen, *options, **known)
    report = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    return Run(done.returncode, done.stdout, done.stderr, report)


@contextmanager
def mock_behind_relay(sink_port: int, *faults: str) -> Iterator[str]:
    """Run a mock whose webhooks reach `sink_port` through a relay with `faults`; yield its URL."""
    path = f"{SHARED}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    target = f"http://127.0.0.1:{sink_port}"
    command = ["-m", "relay", target, "--secret", WEBHOOK_SECRET, *faults]
    with (
        started(command, PYTHONPATH=path) as relay,
        started(
            ["-m", "hookproof", "mock", "--port", "0", "--webhook-url", f"{relay}/hooks"],
            **MOCK_SECRETS,
        ) as url,
    ):
        yield url


def findings(run: Run) -> dict[str, dict[str, Any]]:
    return {found["check"]: found for found in run.report["findings"]}


@pytest.mark.parametrize("processes", ["2", "-1"])
def test_a_conforming_service_conforms_with_workers(
    processes: str, port: int, tmp_path: Path
) -> None:
    html, prefix = tmp_path / "load.html", tmp_path / "csv" / "load"
    with running_mock(port) as url:
        files = ["--csv", str(prefix), "--html", str(html)]
        run = load(
            url, port, tmp_path, "-u", "6", "-r", "6", "-t", "4s", "--processes", processes, *files
        )
    assert (run.code, run.report["findings"]) == (0, []), run.out + run.err
    webhooks, requests = run.report["webhooks"], run.report["requests"]
    assert requests > 10
    assert webhooks["expected"] == webhooks["delivered"] == webhooks["verified"] == requests
    assert run.report["created"]["count"] == requests
    with prefix.with_name("load_stats.csv").open(encoding="utf-8") as file:
        rows = {row["Name"]: int(row["Request Count"]) for row in csv.DictReader(file)}
    assert rows[EVENT] == rows["/v3/personal-access-tokens"] == requests
    assert EVENT in html.read_text(encoding="utf-8")
    schema = json.loads(
        (Path(__file__).parents[2] / "hookproof/reports/report.schema.json").read_text("utf-8")
    )
    jsonschema_rs.validate(schema, run.report)


def test_lost_doubled_and_broken_events_are_violations(port: int, tmp_path: Path) -> None:
    faults = ["--lose", "6", "--double", "6", "--break", "6"]
    with mock_behind_relay(port, *faults) as url:
        options = ["-u", "4", "-r", "4", "-t", "6s", "--webhook-deadline", "3"]
        run = load(url, port, tmp_path, *options)
    assert run.code == 1, run.out + run.err
    assert run.violated == {"webhook-sent", "webhook-redelivery", "webhook-schema"}
    found = findings(run)
    lost, webhooks = found["webhook-sent"]["count"], run.report["webhooks"]
    assert webhooks["expected"] - webhooks["delivered"] == lost
    assert found["webhook-schema"]["pointer"].endswith("/required")
    assert '"data"' in found["webhook-schema"]["delivery"]["body"]
    assert webhooks["unexpected"] == 0


def test_an_event_after_the_deadline_is_late_and_not_lost(port: int, tmp_path: Path) -> None:
    with running_mock(port, "--latency", "50ms") as url:
        options = ["-t", "2s", "--webhook-deadline", "0.000001"]
        run = load(url, port, tmp_path, *options)
    assert run.code == 0, run.out + run.err
    found = findings(run)
    assert set(found) == {"webhook-late"}
    assert found["webhook-late"]["severity"] == "warning"
    assert "half of all within" in found["webhook-late"]["message"]
    webhooks = run.report["webhooks"]
    assert webhooks["expected"] == webhooks["delivered"]


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("unsigned", "webhook-signature"),
        ("name-truncated", "webhook-echo"),
        ("ok-for-created", "valid-request"),
        ("response-wrapped", "response-schema"),
        ("crash-after-create", "server-error"),
    ],
)
def test_a_fault_of_every_request_has_the_name_that_verify_gives_it(
    fault: str, check: str, port: int, tmp_path: Path
) -> None:
    with running_mock(port, "--fault", fault) as url:
        options = ["-t", "1s", "--webhook-deadline", "2"]
        run = load(url, port, tmp_path, *options)
    assert run.code == 1, run.out + run.err
    assert check in run.violated


def _bytes_of(status: str, headers: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}\r\n".encode() + body


def _two_members(body: bytes) -> bytes:
    both = gzip.compress(body[:20]) + gzip.compress(body[20:])
    return _bytes_of(
        "201 Created", f"Content-Encoding: gzip\r\nContent-Length: {len(both)}\r\n", both
    )


def _chunked(body: bytes) -> bytes:
    parts = (b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:9], body[9:]))
    return _bytes_of(
        "201 Created", "Transfer-Encoding: chunked\r\n", b"".join(parts) + b"0\r\n\r\n"
    )


def _of_length(size: int, begin: bytes) -> bytes:
    return _bytes_of("201 Created", f"Content-Length: {size}\r\n", begin)


RESPONSES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "gzip of two members": (_two_members, ""),
    "chunked": (_chunked, ""),
    "ended by the close": (
        lambda body: _bytes_of("201 Created", "Connection: close\r\n", body),
        "",
    ),
    "early hints": (
        lambda body: b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + _chunked(body),
        "",
    ),
    "half a body": (lambda body: _of_length(len(body), body[:30]), "closed during the response"),
    "not compressed": (
        lambda body: _bytes_of(
            "201 Created", f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n", body
        ),
        "the content encoding is invalid",
    ),
    "half compressed": (lambda body: _two_members(body)[:-15], "closed during the response"),
    "no chunk": (lambda body: _chunked(body).replace(b"\r\n0\r\n", b"\r\nZZ\r\n"), "not HTTP"),
    "no status": (lambda _: b"hello\r\n\r\n", "not HTTP"),
    "too large": (lambda _: _of_length(11 << 20, bytes(11 << 20)), "larger than 10 MiB"),
    "endless": (lambda body: _of_length(100_000, body), "no complete response within 1 s"),
}
"""Name -> what a service sends in place of a response with this body, and what a run says."""


@pytest.mark.parametrize("name", RESPONSES)
def test_every_response_is_read_as_verify_reads_it(name: str, port: int, tmp_path: Path) -> None:
    replaced, said = RESPONSES[name]
    served = count()

    class Relay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            wanted = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
            answer = httpx.post(mock + self.path, content=body, headers=wanted)
            if next(served) % 4 != 3:
                self.wfile.write(_of_length(len(answer.content), answer.content))
                return
            self.wfile.write(replaced(answer.content))
            self.close_connection = name.startswith(("ended", "half", "no "))
            if name == "endless":
                while not select.select([self.connection], [], [], 0.1)[0]:
                    self.wfile.write(b" ")

        def log_message(self, *_: object) -> None:
            pass

    with running_mock(port) as mock, handled(Relay) as url:
        options = ["-u", "2", "-r", "2", "-t", "3s", "--webhook-deadline", "5"]
        run = load(url, port, tmp_path, *options, "--request-timeout", "1")
    assert "Traceback" not in run.err
    if said:
        assert run.code == 1, run.out + run.err
        assert run.violated == {"no-response"}
        (found,) = run.report["findings"]
        assert said in found["message"]
    else:
        assert (run.code, run.report["findings"]) == (0, []), run.out + run.err
    assert run.report["requests"] > 4


def test_a_client_that_cannot_send_is_no_result(port: int, tmp_path: Path) -> None:
    source = """
from geventhttpclient.client import HTTPClient

def fail(*_, **__):
    raise TypeError("as of a release that Locust does not know")

HTTPClient.request = fail
"""
    (tmp_path / "sitecustomize.py").write_text(source, encoding="utf-8")
    path = f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    with running_mock(port) as url:
        options = ["-u", "2", "-r", "2", "-t", "1s"]
        run = load(url, port, tmp_path, *options, PYTHONPATH=path)
    assert run.code == 2
    assert "a user of the load stopped: TypeError: as of a release" in run.report["reason"]
    assert run.err.count("Traceback") == 2


def test_resources_are_created_for_the_operations_that_need_them(port: int, tmp_path: Path) -> None:
    with running_mock(port, "--contract", str(WORKSHOP)) as url:
        # Users choose operations at random: on a busy machine few requests would miss some.
        options = ["--contract", str(WORKSHOP), "-u", "4", "-r", "4", "-t", "10s"]
        run = load(url, port, tmp_path, *options, "--weight", "createCustomer=2")
    assert (run.code, run.report["findings"]) == (0, []), run.out + run.err
    assert run.report["operations"]["judged"] == run.report["operations"]["total"] > 10
    assert run.report["webhooks"]["expected"] == run.report["webhooks"]["delivered"] > 0


def test_a_worker_reports_to_a_master_elsewhere(port: int, tmp_path: Path) -> None:
    master_port = free_port()
    with running_mock(port) as url:
        worker = subprocess.Popen(
            [sys.executable, "-m", "hookproof", "load", url, "--worker"]
            + ["--master-port", str(master_port)],
            env={**os.environ, "HOOKPROOF_TOKEN": token()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            options = ["--master", "--expect-workers", "1", "--master-bind-port", str(master_port)]
            run = load(url, port, tmp_path, *options, "-t", "3s")
            assert worker.wait(30) == 0
        finally:
            worker.kill()
    assert (run.code, run.report["findings"]) == (0, []), run.out + run.err
    assert run.report["webhooks"]["delivered"] == run.report["requests"] > 0


def test_a_master_waits_for_workers_as_long_as_it_is_told(port: int, tmp_path: Path) -> None:
    options = ["--master", "--master-bind-port", str(free_port())]
    with running_mock(port) as url:
        run = load(url, port, tmp_path, *options, "--expect-workers-max-wait", "1", "-t", "1s")
    assert run.code == 2
    assert "Gave up waiting for workers" in run.err
    assert "Locust ended without a result" in run.report["reason"]


def test_an_interrupt_ends_the_load_and_judges_it(port: int, tmp_path: Path) -> None:
    listen = ["--webhook-listen", f"127.0.0.1:{port}", "--report-dir", str(tmp_path)]
    environment = {"HOOKPROOF_WEBHOOK_SECRET": WEBHOOK_SECRET, "HOOKPROOF_TOKEN": token()}
    served = False
    with running_mock(port) as url:
        process = subprocess.Popen(
            [sys.executable, "-m", "hookproof", "load", url, "--headless", *listen],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert process.stdout is not None
            with process.stdout as lines:
                for line in lines:
                    if EVENT in line and not served:
                        served = True
                        process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
        finally:
            process.kill()
    assert served
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["verdict"], report["findings"]) == ("conforms", [])
    assert report["webhooks"]["delivered"] == report["requests"] > 0


def test_no_secret_reaches_the_reports(port: int, tmp_path: Path) -> None:
    with running_mock(port, "--fault", "credential-in-payload") as url:
        run = load(url, port, tmp_path, "-t", "1s", "--html", str(tmp_path / "load.html"))
    assert run.report["requests"] > 0
    written = [path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file()]
    for secret in (token(), WEBHOOK_SECRET):
        assert all(secret not in text for text in (*written, run.out, run.err))


def test_a_service_that_rejects_plain_requests_is_not_judged(port: int, tmp_path: Path) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with handled(Refusing) as url:
        run = load(url, port, tmp_path, "-t", "1s")
    assert run.code == 2
    assert "no operation accepted a plain valid request" in run.report["reason"]


def test_only_this_machine_gets_load_unless_it_is_allowed() -> None:
    done = hookproof("load", "http://203.0.113.7:8080", "--headless", "-t", "1s")
    assert done.returncode == 2
    assert "--allow-host 203.0.113.7" in done.stderr


def test_without_locust_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    source = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'locust' else find(name, *more)\n"
        "from hookproof.cli import main\n"
        "sys.exit(main(['load', 'http://127.0.0.1:9', '--headless', '-t', '1s']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "hookproof: hookproof load needs Locust: pip install 'hookproof[load]'\n"


def test_a_port_in_use_is_one_sentence(port: int, tmp_path: Path) -> None:
    sink = ["-m", "hookproof", "sink", "--port", str(port)]
    with launched(sink), running_mock(port) as url:
        run = load(url, port, tmp_path, "-t", "1s")
    assert run.code == 2
    assert f"127.0.0.1:{port}" in run.report["reason"] or str(port) in run.report["reason"]
