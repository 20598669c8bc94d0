"""Command line: usage errors are one line on stderr and exit 2; results are on stdout."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from support.processes import JWT_SECRET, hookproof

from openapi.loading.loader import default_contract_path

pytestmark = pytest.mark.integration

BAD = {
    "no command": ([], "Missing command"),
    "an unknown command": (["judge"], "No such command 'judge'; known are mock, sink"),
    "a command with a typing mistake": (["verfy"], "did you mean 'verify'?"),
    "an unknown option": (["mock", "--colour"], "No such option"),
    "an option with a typing mistake": (["mock", "--prot", "1"], "--port"),
    "a port that is none": (["mock", "--port", "99999"], "'99999' is not a port"),
    "a rate that is none": (["mock", "--rate-limit", "fast"], "'fast' is not a rate; write N/s"),
    "an unknown fault": (["mock", "--fault", "nonsense"], "unknown fault 'nonsense'"),
    "a certificate without its key": (
        ["mock", "--tls-cert", __file__],
        "pass --tls-cert and --tls-key",
    ),
    "a URL that is none": (["verify", "localhost:4010"], "'localhost:4010' is not a URL"),
    "statuses that are none": (["sink", "--reply", "500,abc"], "'abc' is neither a status"),
    "two scripts for the same": (
        ["sink", "--reply", "500", "--reply", "hang"],
        "--reply: 2 reply scripts are without a path: join their steps in one script",
    ),
    "a header that is none": (["verify", "http://h", "-H", "nonsense"], "NAME:VALUE"),
    "a header of the run's own": (
        ["verify", "http://h", "-H", "Authorization: Bearer x"],
        "give the token with --token",
    ),
    "an address that is none": (
        ["verify", "http://127.0.0.1:1", "--webhook-listen", "4020"],
        "'4020' is not HOST:PORT",
    ),
    "a token that no header can carry": (
        ["verify", "http://127.0.0.1:1", "--token", "caf\u00e9"],
        "'HOOKPROOF_TOKEN'): the token must be printable ASCII",
    ),
    "a token without its value": (
        ["verify", "http://127.0.0.1:1", "--token", "--strict"],
        "it begins like an option, so its value is missing",
    ),
    "an unknown check": (
        ["verify", "http://127.0.0.1:1", "--only", "webhook-eco"],
        "no check or phase 'webhook-eco'; did you mean 'webhook-echo'?",
    ),
    "an unknown phase": (
        ["verify", "http://127.0.0.1:1", "--skip", "fuzing"],
        "no check or phase 'fuzing'; did you mean 'fuzzing'?",
    ),
    "no check at all": (
        ["verify", "http://127.0.0.1:1", "--only", "webhook-echo", "--skip", "webhooks"],
        "only webhook-echo; without webhooks: no check is left that could judge the service",
    ),
    "an unknown extra phase": (
        ["verify", "http://127.0.0.1:1", "--extra-phase", "418"],
        "'418' is not one of 'rate-limit'",
    ),
    "a contract that is not there": (
        ["mock", "--contract", "nowhere.yaml"],
        "nowhere.yaml: cannot be read",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_usage_error_is_one_line_and_exit_code_2(name: str) -> None:
    arguments, sentence = BAD[name]
    done = hookproof(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("command", ["mock", "sink", "verify"])
def test_an_invalid_contract_is_reported_with_its_place(command: str, tmp_path: Path) -> None:
    text = default_contract_path().read_text(encoding="utf-8")
    text = text.replace("maxLength: 256", "maxLength: 256\n          maxLength: 1")
    (tmp_path / "broken.yaml").write_text(text, encoding="utf-8")
    url = ["http://127.0.0.1:1"] if command == "verify" else []
    options = ["--contract", str(tmp_path / "broken.yaml")]
    options += ["--report-dir", str(tmp_path)] if url else []
    done = hookproof(command, *url, *options)
    assert done.returncode == 2
    # The verdict "could not judge" is a result of `verify`, so it is on stdout.
    told = done.stdout if url else done.stderr
    place = r"broken\.yaml:\d+:\d+ \(/components/"
    assert re.search(rf"{place}.*duplicate key 'maxLength'", told)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["mock", "sink"])
def test_a_port_in_use_is_reported_in_one_line(command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = hookproof(command, "--port", str(port))
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_prints_the_version() -> None:
    assert re.fullmatch(r"hookproof \d+\.\d+\.\d+\n", hookproof("--version").stdout)


def test_prints_only_the_token() -> None:
    token = hookproof("token", "--expires-in", "-60").stdout
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", token)


def test_lists_faults_as_tab_separated_text_and_as_json() -> None:
    rows = [line.split("\t") for line in hookproof("faults").stdout.splitlines()]
    listed = json.loads(hookproof("faults", "--json").stdout)
    assert rows == [
        [row["name"], row["category"], row["description"], row["expected_response"] or "-"]
        for row in listed
    ]
    assert len(rows) >= 20
    assert {row[1] for row in rows} == {"responses", "validation", "auth", "webhooks"}
    expected = {row[3] for row in rows if row[1] == "webhooks"}
    assert expected == {"2xx", "4xx", "2xx or 4xx", "-"}
    assert {row[3] for row in rows if row[1] != "webhooks"} == {"-"}


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["mock", "sink"])
def test_servers_print_a_working_curl_command_and_exit_with_0(command: str, stop: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "hookproof", command, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    curl = next(line for line in lines if line.startswith("curl"))
    answer = subprocess.run(curl, shell=True, capture_output=True, text=True, check=True).stdout
    assert answer.splitlines()[0].split()[1] in ("200", "201")
    process.send_signal(stop)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in err


def test_the_mock_listens_on_loopback_by_default() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "hookproof", "mock", "--port", "0", "--jwt-secret", JWT_SECRET],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    url = first.partition("listening on ")[2].strip()
    assert url.startswith("http://127.0.0.1:")
    assert httpx.get(f"{url}/nowhere").status_code == 404
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert JWT_SECRET not in first + out + err
