"""Command `hookproof mock`: start screen, TLS, log and control token."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx
import pytest
import trustme
from support.command_line import parse_command_line
from support.many_operations import numbered, write_contract
from support.processes import JWT_SECRET, TESTS, hookproof, launched

from hookproof.commands.mock import MAX_SHOWN_OPERATIONS
from hookproof.errors import CommandError
from hookproof.serving.tls import tls_from_options
from mock_server.tokens import DEVELOPMENT_SECRET, mint

pytestmark = pytest.mark.integration

PARCELS = str(TESTS / "data" / "parcels.yaml")
CONTROL = "a control token of the tests"


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@contextmanager
def mock(*options: str, **environment: str) -> Iterator[tuple[str, list[str]]]:
    """Run the mock; yield its URL and the following lines of its start screen."""
    command = ["-m", "hookproof", "mock", "--port", "0", *options]
    with launched(command, **environment) as (url, process):
        last = "curl --" if "--tls" in options else "requests, "
        lines: list[str] = []
        while not (lines and lines[-1].startswith(last)):
            lines.append(process.stdout.readline().rstrip("\n"))
            assert lines[-1], lines
        yield url, lines


def pasted(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line in a shell."""
    plain = {"PATH": os.environ["PATH"], "NO_PROXY": "*"}
    return subprocess.run(
        line, shell=True, capture_output=True, text=True, check=False, env=plain, timeout=30
    )


CASES: dict[str, tuple[list[str], dict[str, str]]] = {
    "a secret of its own": ([], {"HOOKPROOF_JWT_SECRET": JWT_SECRET}),
    "https by name": (["--tls", "--host", "localhost"], {}),
    "several operations, reached by anybody": (
        ["--host", "0.0.0.0", "--tls", "--contract", PARCELS],
        {},
    ),
    "IPv6 and workers": (["--host", "::1", "--tls", "--workers", "2"], {}),
    "IPv6, reached by anybody": (["--host", "::"], {}),
}


@pytest.mark.parametrize("name", CASES)
def test_every_curl_command_of_the_start_screen_works(name: str) -> None:
    options, environment = CASES[name]
    if "IPv6" in name and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    with mock(*options, **environment) as (url, lines):
        calls = [line for line in lines if line.startswith("curl")]
        answers = [pasted(line) for line in calls]
        assert f"documentation on {url}/docs" in lines
    assert [answer.returncode for answer in answers] == [0] * len(calls)
    if "--tls" in options:
        assert answers.pop().stdout == '{"status":"ok"}'
    statuses = [answer.stdout.split()[1] for answer in answers]
    assert statuses[0] in ("200", "201")
    assert set(statuses) <= {"200", "201", "404"}  # 404: no parcel has the id of the example
    assert len(answers) == (5 if PARCELS in options else 1)
    assert all(JWT_SECRET not in line for line in lines)


def test_the_start_screen_of_a_large_contract_is_short(tmp_path: Path) -> None:
    contract = tmp_path / "many.json"
    write_contract(contract, numbered(MAX_SHOWN_OPERATIONS + 1200))
    with mock("--contract", str(contract)) as (url, lines):
        assert len([line for line in lines if line.startswith("curl")]) == MAX_SHOWN_OPERATIONS
        assert f"1200 more operations: see {url}/docs" in lines
    assert len(lines) < MAX_SHOWN_OPERATIONS + 10


def test_serves_a_given_certificate(tmp_path: Path) -> None:
    authority = trustme.CA()
    made = authority.issue_cert("127.0.0.1")
    chain, key, trusted = (tmp_path / name for name in ("chain.pem", "key.pem", "ca.pem"))
    chain.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    made.private_key_pem.write_to_path(str(key))
    authority.cert_pem.write_to_path(str(trusted))
    with mock("--tls-cert", str(chain), "--tls-key", str(key)) as (url, lines):
        assert pasted(lines[0]).stdout.startswith("HTTP/1.1 201")
        judged = hookproof(
            "verify", url, "--tls-verify", str(trusted), "--no-webhooks", "--profile", "quick",
            "--max-requests", "40", "--extra-phase", "none", "--report-dir", str(tmp_path),
            "--no-saved-cases", "--wait", "10",
            HOOKPROOF_TOKEN=mint(DEVELOPMENT_SECRET, ["personalAccessToken:write"], None),
        )  # fmt: skip
        assert judged.returncode == 0, judged.stdout + judged.stderr
        untrusted = hookproof(
            "verify", url, "--no-webhooks", "--report-dir", str(tmp_path),
            HOOKPROOF_TOKEN="any",
        )  # fmt: skip
    assert untrusted.returncode == 2
    assert "trust it with --tls-verify FILE" in untrusted.stdout


def test_tls_says_which_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)  # as in an installation without the extra
    with (
        pytest.raises(
            CommandError, match=r"--tls needs the package trustme: install hookproof\[tls"
        ),
        tls_from_options(parse_command_line(["mock", "--tls"])),
    ):
        pass


def test_rejects_unusable_tls_files(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    empty, missing = str(tmp_path / "empty.pem"), str(tmp_path / "missing.pem")
    wrong = {
        "pass --tls-cert and --tls-key": ["--tls-cert", empty],
        "pass either --tls": ["--tls", "--tls-cert", empty, "--tls-key", empty],
        "missing.pem: no such file": ["--tls-cert", missing, "--tls-key", empty],
        "a PEM certificate and its key": ["--tls-cert", empty, "--tls-key", empty],
    }
    for sentence, options in wrong.items():
        with (
            pytest.raises(CommandError, match=sentence),
            tls_from_options(parse_command_line(["mock", *options])),
        ):
            pass


def test_warns_about_a_reachable_mock_and_prints_its_control_token() -> None:
    here = run_until_ready(HOOKPROOF_CONTROL_TOKEN="")
    everywhere = run_until_ready("--host", "0.0.0.0", HOOKPROOF_CONTROL_TOKEN="")
    known = run_until_ready("--host", "0.0.0.0", HOOKPROOF_CONTROL_TOKEN=CONTROL)
    for (out, err), warned, told in (
        (here, False, False),
        (everywhere, True, True),
        (known, True, False),
    ):
        assert ("other machines can reach" in err) == warned
        assert ("control token of the admin API" in out) == told
        assert CONTROL not in out + err
    made = re.search(r"of the admin API: (\S+)$", everywhere[0], re.MULTILINE)
    assert made
    assert len(made[1]) >= 32
    assert made[1] not in everywhere[1]


def run_until_ready(*options: str, ask: str = "", **environment: str) -> tuple[str, str]:
    """Start the mock, request the path `ask`, stop the mock; return stdout and stderr."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hookproof", "mock", "--port", "0", *options],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stdout as out, process.stderr as err:
        first = out.readline()
        if ask:
            httpx.get(first.rpartition("listening on ")[2].strip() + ask)
        process.terminate()
        return first + out.read(), err.read()


def test_json_log_has_one_object_per_request_and_delivery() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        receiver = f"http://127.0.0.1:{closed.getsockname()[1]}"
    options = ["--log-format", "json", "--log-requests", "--webhook-url", f"{receiver}/hooks"]
    process = subprocess.Popen(
        [sys.executable, "-m", "hookproof", "mock", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    url = process.stdout.readline().partition("listening on ")[2].strip()
    curl = process.stdout.readline()
    token = re.search(r"Bearer (\S+)'", curl)
    assert token
    httpx.get(f"{url}/a%1Bb?__code=7&key={token[1]}&c=%1b")
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as connection:
        connection.sendall(b"\x00\r\n\r\n")
        connection.recv(1000)
    assert pasted(curl).stdout.startswith("HTTP/1.1 201")
    lines = [json.loads(process.stderr.readline()) for _ in range(4)]
    process.terminate()
    lines += [json.loads(line) for line in process.stderr]
    process.communicate(timeout=30)
    assert token[1] not in json.dumps(lines)
    assert {datetime.fromisoformat(line["time"]).utcoffset() is not None for line in lines} == {
        True
    }
    assert {line["level"] for line in lines} == {"info", "warning"}
    refused, broken, created = (line for line in lines if "status" in line)
    assert (refused["method"], refused["status"]) == ("GET", 404)
    assert refused["target"] == "/a%1Bb?__code=7&key=***&c=***"
    assert "NOT_FOUND" in refused["response"]
    assert broken["status"] == 400
    assert (created["status"], "response" in created, created["ms"] > 0) == (201, False, True)
    attempt = next(line for line in lines if "delivery" in line)
    assert (attempt["delivery"], attempt["attempt"], attempt["outcome"]) == (1, 1, "ConnectError")
    assert attempt["receiver"] == receiver


def test_requests_are_logged_only_with_log_requests() -> None:
    assert run_until_ready(ask="/nowhere")[1] == ""
    log = run_until_ready("--log-requests", ask="/nowhere?a=b")[1]
    assert re.fullmatch(r"GET /nowhere\?a=\*\*\* 404 [\d.]+ ms \{.*NOT_FOUND.*\}\n", log)


def test_shows_how_to_send_each_credential(tmp_path: Path) -> None:
    contract = str(TESTS / "data" / "turnstiles.yaml")
    text = Path(contract).read_text(encoding="utf-8")
    sealed = tmp_path / "sealed.yaml"
    stated = "Staff: {type: http, scheme: Basic"
    sealed.write_text(text.replace(stated, stated.replace("Basic", "Digest")), encoding="utf-8")
    own = {"HOOKPROOF_CREDENTIAL": "QueryKey=a-key-of-the-tests"}
    with mock("--contract", contract, **own) as (_, lines):
        calls = [line for line in lines if line.startswith("curl")]
        assert len(calls) == 9
        for line in calls:
            command = line.replace("$CREDENTIAL_QUERYKEY", "a-key-of-the-tests")
            assert pasted(command).stdout.split()[1] in ("200", "201"), line
        assert "credential for HeaderKey (apiKey in header X-Gate-Key): " in lines[9]
        assert "credential for QueryKey (apiKey in query gate_key): as configured" in lines
        assert not any("a-key-of-the-tests" in line for line in lines)
    with mock("--contract", str(sealed)) as (_, lines):
        assert "the mock does not check Staff (HTTP Digest)" in lines
