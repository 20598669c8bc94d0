"""Command `hookproof verify`: verdicts, exit codes and messages."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from support.processes import (
    JWT_SECRET,
    WEBHOOK_SECRET,
    Run,
    handled,
    hookproof,
    running_mock,
    started,
    token,
    tokens,
    verify,
)

from openapi.http.free_port import free_port

pytestmark = pytest.mark.integration
QUICK = ["--profile", "quick"]
"""Random bodies add nothing to what these tests assert."""
SHORT = [*QUICK, "--max-requests", "40"]
"""Profile of tests that a few requests decide."""


@contextmanager
def answering(status: int) -> Iterator[str]:
    """Send `status` to every request; yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            body = b'{"message": "always the same"}'
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.send_header("retry-after", "0")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with handled(Handler) as url:
        yield url


def check_reports(run: Run, directory: Path) -> None:
    assert run.report["exit_code"] == run.code
    schema = json.loads(files("hookproof.reports").joinpath("report.schema.json").read_text())
    Draft202012Validator(schema).validate(run.report)
    names = {"report.json", "junit.xml", "report.html", "report.sarif"}
    assert {path.name for path in directory.iterdir()} == names
    for secret in (JWT_SECRET, WEBHOOK_SECRET, *tokens().values()):
        for path in directory.iterdir():
            assert secret not in path.read_text(encoding="utf-8")
        assert secret not in run.out + run.err


def test_the_conforming_mock_conforms(port: int, tmp_path: Path) -> None:
    with running_mock(port) as url:
        run = verify(
            url,
            port,
            tmp_path,
            "--require-decided",
            *QUICK,
            "--extra-phase",
            "rate-limit",
            **tokens(),
        )
        undecided = run.report["undecided"]
        run = verify(url, port, tmp_path, **tokens())
    assert undecided != []
    assert (run.code, run.report["verdict"]) == (0, "conforms"), run.out
    assert run.report["findings"] == []
    assert run.report["requests"] >= 300
    assert run.report["statuses"]["201"]["seen"] >= 60
    for status in ("201", "400", "401", "403", "409"):
        assert run.report["statuses"][status]["seen"] > 0
        assert run.report["statuses"][status]["reason"] is None
    webhooks = run.report["webhooks"]
    assert webhooks["judged"] is True
    assert webhooks["expected"] == webhooks["delivered"] == webhooks["verified"]
    assert webhooks["unexpected"] == 0
    check_reports(run, tmp_path)
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
    assert int(suite.attrib["tests"]) >= 25
    assert suite.attrib["failures"] == suite.attrib["errors"] == "0"


def test_an_accepted_finding_fails_the_run_only_once_it_is_resolved(
    port: int, tmp_path: Path
) -> None:
    known = tmp_path / "baseline.toml"
    options = ["--no-webhooks", "--profile", "quick", "--seed", "7"]
    listed = [*options, "--baseline", str(known)]
    silent = ["-m", "hookproof", "mock", "--port", "0"]
    secret = {"HOOKPROOF_JWT_SECRET": JWT_SECRET}
    with started([*silent, "--fault", "signature-ignored"], **secret) as url:
        found = verify(url, port, tmp_path, *options, **tokens()).report["findings"]
        entries = [f'[[accepted]]\nid = "{f["id"]}"\nreason = "ticket 12"\n' for f in found]
        known.write_text("".join(entries), encoding="utf-8")
        run = verify(url, port, tmp_path, *listed, **tokens())
        known.write_text("[[accepted]]\nid = 1\n", encoding="utf-8")
        broken = verify(url, port, tmp_path, *listed, **tokens())
        known.write_text("".join(entries), encoding="utf-8")
    with started(silent, **secret) as url:
        gone = verify(url, port, tmp_path, *listed, **tokens())
    assert entries != []
    assert (run.code, run.report["verdict"]) == (0, "conforms"), run.out
    assert {finding["baseline_reason"] for finding in run.report["findings"]} == {"ticket 12"}
    assert (broken.code, broken.report["requests"]) == (2, 0)
    assert "baseline.toml: entry 1: id must be a non-empty string" in broken.out
    assert (gone.code, gone.report["verdict"], gone.report["findings"]) == (1, "deviates", [])
    assert len(gone.report["baseline"]["resolved"]) == len(entries)


def test_a_dry_run_prints_the_cost_and_sends_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        environment = {**tokens(), "HOOKPROOF_WEBHOOK_SECRET": WEBHOOK_SECRET}
        options = ["verify", url, "--dry-run", "--report-dir", str(tmp_path / "report")]
        told = [
            hookproof(*options, *more.split(), **environment)
            for more in ("--profile quick", "--profile default -x", "--max-requests 9")
        ]
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert [done.returncode for done in told] == [0, 0, 0]
    assert not (tmp_path / "report").exists()
    sentence = r"this run sends at most about (\d+) requests and creates up to (\d+) resources"
    (quick, default) = (re.fullmatch(sentence + "\n", done.stdout) for done in told[:2])
    assert quick is not None
    assert default is not None
    assert int(quick[2]) < int(quick[1]) < int(default[1])
    assert told[2].stdout.endswith(", and stops after 9 requests (--max-requests)\n")
    assert hookproof("verify", url, "--dry-run", HOOKPROOF_TOKEN="").returncode == 0


def test_a_rate_limit_of_the_mock_does_not_fail_the_run(port: int, tmp_path: Path) -> None:
    # A busy machine needs 2 s for the 76 requests of the burst: 60/s would not be exceeded.
    with running_mock(port, "--rate-limit", "60/3s") as url:
        run = verify(url, port, tmp_path, *QUICK, "--extra-phase", "rate-limit", **tokens())
    assert run.code == 0, run.out
    assert run.report["statuses"]["429"]["seen"] > 0


def test_a_fault_is_reported_with_its_place(port: int, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    with running_mock(port, "--fault", "name-truncated") as url:
        run = verify(url, port, tmp_path / "reports", *QUICK, **tokens(), **github)
    assert (run.code, run.report["verdict"]) == (1, "deviates")
    assert run.violated == {"webhook-echo"}
    (finding,) = run.report["findings"]
    assert finding["pointer"].endswith("/x-hookproof-trigger/echoes/0")
    assert finding["instance"] == "/data/name"
    assert finding["provenance"] == "implied"
    assert 0 < finding["count"] <= finding["tried"]
    assert finding["message"] in run.out
    assert run.out.count("::error title=hookproof webhook-echo::") == 1
    assert "hookproof: deviates" in summary.read_text(encoding="utf-8")
    check_reports(run, tmp_path / "reports")
    suite = ElementTree.parse(tmp_path / "reports" / "junit.xml").getroot()[0]
    assert suite.attrib["failures"] == "1"


def test_a_wrong_credential_or_url_is_exit_2(port: int, tmp_path: Path) -> None:
    with running_mock(port) as url:
        cases: dict[str, tuple[dict[str, str], list[str]]] = {
            "no token was given": ({"HOOKPROOF_TOKEN": ""}, []),
            "no webhook secret was given": (
                {**tokens(), "HOOKPROOF_WEBHOOK_SECRET": ""},
                [],
            ),
            "got 401: the service rejects the token": ({"HOOKPROOF_TOKEN": "wrong"}, []),
            "got 403: the token lacks a permission": (
                {"HOOKPROOF_TOKEN": token("--scope", "license:read")},
                [],
            ),
        }
        for sentence, (environment, options) in cases.items():
            run = verify(url, port, tmp_path, *QUICK, *options, **environment)
            assert (run.code, run.report["verdict"]) == (2, "not-judged"), sentence
            assert sentence in run.out
            assert sentence in run.report["reason"]
        run = verify(f"{url}/prefix", port, tmp_path, *QUICK, **tokens())
        assert run.code == 2
        assert "got 404: the service has no such operation" in run.out


@pytest.mark.parametrize("status", [404, 405, 429])
def test_a_service_that_always_sends_404_405_or_429_is_not_judged(
    status: int, port: int, tmp_path: Path
) -> None:
    with answering(status) as url:
        run = verify(url, port, tmp_path, *SHORT, **tokens())
    assert run.code == 2
    assert f"got {status}" in run.out


@pytest.mark.parametrize("status", [200, 202, 500])
def test_a_service_that_always_sends_200_202_or_500_deviates(
    status: int, port: int, tmp_path: Path
) -> None:
    with answering(status) as url:
        run = verify(url, port, tmp_path, *SHORT, **tokens())
    assert run.code == 1
    assert run.violated & {"valid-request", "server-error"}


def test_an_unreachable_service_is_exit_2(port: int, tmp_path: Path) -> None:
    run = verify(f"http://127.0.0.1:{free_port()}", port, tmp_path, *QUICK, **tokens())
    assert run.code == 2
    assert "check that the service runs" in run.out


def test_missing_webhooks_are_reported_with_both_possible_causes(port: int, tmp_path: Path) -> None:
    with running_mock(free_port()) as url:
        run = verify(url, port, tmp_path, *SHORT, "--webhook-deadline", "1", **tokens())
    assert run.code == 1
    assert run.violated == {"webhook-sent"}
    assert "the service sends no webhooks, or sends them to another URL" in run.out
    assert f"http://127.0.0.1:{port}/" in run.out


def test_a_wrong_webhook_secret_is_found(port: int, tmp_path: Path) -> None:
    with running_mock(port) as url:
        known = {**tokens(), "HOOKPROOF_WEBHOOK_SECRET": "not the one"}
        run = verify(url, port, tmp_path, *SHORT, **known)
    assert run.code == 1
    assert run.violated == {"webhook-signature"}


def test_a_partial_run_judges_and_sends_only_its_part(port: int, tmp_path: Path) -> None:
    chosen = ["--only", "webhooks", "--only", "malformed-json", "--skip", "webhook-late"]
    with running_mock(port) as url:
        run = verify(url, port, tmp_path, *chosen, **tokens())
        deviating = verify(url, port, tmp_path, "--only", "invalid-request", **tokens())
    assert run.code == 0, run.out
    assert run.report["partial"] == {
        "only": ["webhooks", "malformed-json"],
        "skip": ["webhook-late"],
        "operation": [],
        "exclude-operation": [],
    }
    assert 1 < run.report["requests"] < 60
    left = {part["name"] for part in run.report["left_out"]}
    assert {"server-error", "webhook-late", "fuzzing", "credentials"} <= left
    assert not left & {"webhook-echo", "malformed-json"}
    statuses = {c["status"] for c in run.report["constraints"] if c["kind"] == "request"}
    assert statuses == {"not exercised"}
    assert "(partial: only webhooks, malformed-json; without webhook-late)" in run.out
    assert (deviating.code, deviating.report["findings"]) == (0, []), deviating.out
    enforced = {c["kind"] for c in deviating.report["constraints"] if c["status"] == "enforced"}
    assert "request" in enforced
    assert "webhook" not in enforced


def test_webhooks_can_be_disabled(port: int, tmp_path: Path) -> None:
    with running_mock(port) as url:
        without = {**tokens(), "HOOKPROOF_WEBHOOK_SECRET": ""}
        run = verify(url, port, tmp_path, *SHORT, "--no-webhooks", **without)
    assert run.code == 0
    assert run.report["webhooks"]["judged"] is False


def test_require_decided_makes_undecided_checks_exit_2(port: int, tmp_path: Path) -> None:
    with running_mock(port) as url:
        alone = {"HOOKPROOF_TOKEN": token()}
        assert verify(url, port, tmp_path, *SHORT, **alone).code == 0
        run = verify(url, port, tmp_path, *QUICK, "--require-decided", **alone)
    assert run.code == 2
    assert "no token without the permission was given" in run.out
    assert run.report["statuses"]["429"] == {
        "seen": 0,
        "reason": "the rate limit was not exceeded: pass --extra-phase rate-limit",
    }


def test_a_webhook_port_in_use_is_exit_2(tmp_path: Path) -> None:
    port = free_port()
    with started(["-m", "hookproof", "sink", "--port", str(port)]):
        run = verify("http://127.0.0.1:1", port, tmp_path, *QUICK, **tokens())
    assert run.code == 2
    assert f"cannot listen for webhooks on 127.0.0.1:{port}" in run.out


def test_an_interrupted_run_is_exit_130_and_writes_the_report(port: int, tmp_path: Path) -> None:
    with running_mock(port) as url:
        process = subprocess.Popen(
            [sys.executable, "-m", "hookproof", "verify", url, *QUICK]
            + ["--webhook-listen", f"127.0.0.1:{port}", "--report-dir", str(tmp_path)],
            env={**os.environ, **tokens(), "HOOKPROOF_WEBHOOK_SECRET": WEBHOOK_SECRET},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        for line in process.stderr:
            if "type confusion" in line:
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["exit_code"], report["verdict"]) == (130, "not-judged")


def test_proxies_and_foreign_configuration_files_have_no_effect(port: int, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n", encoding="utf-8")
    (tmp_path / "schemathesis.toml").write_text("nonsense = 1\n", encoding="utf-8")
    proxies = {"HTTP_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"}
    with running_mock(port) as url:
        known = {**tokens(), **proxies, "PYTEST_ADDOPTS": "--nonsense"}
        known["HOOKPROOF_WEBHOOK_SECRET"] = WEBHOOK_SECRET
        done = subprocess.run(
            [sys.executable, "-m", "hookproof", "verify", url]
            + [*SHORT, "--webhook-listen", f"127.0.0.1:{port}"]
            + ["--report-dir", str(tmp_path / "report")],
            env={**os.environ, **known},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "pytest.ini",
        "report",
        "schemathesis.toml",
    ]
