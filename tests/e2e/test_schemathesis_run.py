"""Extension of `schemathesis run`: real runs against the mock and the reference service."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.mock import RunningMock, running
from support.processes import WEBHOOK_SECRET
from support.reference_runs import known_permissions, service, token
from support.sink import StartedSink

from hookproof.errors import CommandError
from hookproof.schemathesis_run import SchemathesisRun
from mock_server.settings import DEVELOPMENT_WEBHOOK_SECRET
from openapi.loading.loader import default_contract_path, load_contract
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

TIMEOUT_S = 120
FAULTS = {
    ("webhook-never-sent",): ["webhook-sent: no event arrived within 2 s after the last response"],
    ("unsigned", "name-truncated"): [
        "webhook-signature: delivery 1: there is no Webhook-Signature header",
        "webhook-echo: delivery 1 has",
    ],
    ("id-missing",): ["webhook-schema: delivery 1: /data: 'id' is missing"],
}
"""Faults of the mock -> beginnings of the lines that find them."""


GIVEN = {
    "contract": None,
    "overlay": (),
    "webhook_listen": "127.0.0.1:0",
    "webhook_secret": DEVELOPMENT_WEBHOOK_SECRET,
    "webhook_deadline": None,
    "sink": None,
    "sink_token": None,
    "skip": (),
    "strict": False,
}
"""Options of a run, by name."""


def schemathesis(
    url: str,
    bearer: str,
    folder: Path,
    *options: str,
    document: Path | None = None,
    secret: str = DEVELOPMENT_WEBHOOK_SECRET,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run `schemathesis run` with the extension in `folder`."""
    stated = str(document or default_contract_path())
    command = [sys.executable, "-m", "schemathesis.cli", "run", stated, "--url", url]
    command += ["--header", f"Authorization: Bearer {bearer}", "--no-color", "--seed", "1"]
    known = {**os.environ, "PYTHONUTF8": "1", "HOOKPROOF_WEBHOOK_SECRET": secret}
    known |= {"SCHEMATHESIS_HOOKS": "hookproof.schemathesis", **environment}
    return subprocess.run(
        [*command, *options],
        cwd=folder,
        env={name: value for name, value in known.items() if value},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )


def of_mock(
    folder: Path, port: int, *options: str, faults: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run against a mock that sends its webhooks to `port`."""
    receivers = (f"http://127.0.0.1:{port}/hooks",)
    with running(load_contract(), 0, others=receivers, faults=frozenset(faults)) as mock:
        options = ("--hookproof-webhook-listen", f"127.0.0.1:{port}", *options)
        return schemathesis(host(mock), mock.token, folder, *options)


def host(mock: RunningMock) -> str:
    return f"http://{mock.host}:{mock.port}"


def counts(output: str) -> tuple[int, int]:
    """Return the numbers of responses that trigger a webhook, and of matched events."""
    found = re.search(r"hookproof: (\d+) responses trigger webhooks, (\d+) events matched", output)
    assert found is not None, output
    return int(found[1]), int(found[2])


def test_a_conforming_service_passes_and_each_valid_case_triggers_an_event(
    port: int, tmp_path: Path
) -> None:
    options = ["--max-examples", "5", "--report", "ndjson", "--report-ndjson-path", "run.ndjson"]
    done = of_mock(tmp_path, port, *options)
    assert done.returncode == 0, done.stdout
    triggers, events = counts(done.stdout)
    assert triggers == events
    assert "`hookproof verify http://127.0.0.1" in done.stdout
    assert DEVELOPMENT_WEBHOOK_SECRET not in done.stdout
    recorded = (tmp_path / "run.ndjson").read_text(encoding="utf-8")
    statuses = re.findall(r'"status_code":\s*(\d+)', recorded)
    # Names are unique, so that no case gets 409 in place of its event.
    assert (statuses.count("201"), statuses.count("409")) == (triggers, 0)
    assert triggers > 10


@pytest.mark.parametrize("faults", FAULTS)
def test_a_fault_fails_the_run_with_the_command_of_the_case(
    faults: tuple[str, ...], port: int, tmp_path: Path
) -> None:
    options = ["--phases", "examples", "--hookproof-webhook-deadline", "2"]
    done = of_mock(tmp_path, port, *options, faults=faults)
    assert done.returncode == 1, done.stdout
    _, _, found = done.stdout.partition("Custom check failed: `HookproofWebhooks`")
    assert [line for line in FAULTS[faults] if line not in found] == [], found
    assert re.search(
        r"curl -X POST -H 'Authorization: \[Filtered\]' .*\"name\": \"hp-\w{6}-", found
    )


def test_an_event_after_a_rejection_is_unexpected(port: int, tmp_path: Path) -> None:
    options = ["--phases", "coverage", "--mode", "negative"]
    done = of_mock(tmp_path, port, *options, faults=("webhook-on-rejection",))
    assert done.returncode == 1, done.stdout
    assert re.search(
        r"webhook-unexpected: delivery \d+ belongs to request \d+ .* got 4", done.stdout
    )
    assert re.search(r"webhook-schema: \d+ more findings", done.stdout)


def test_a_warning_does_not_fail_the_run(port: int, tmp_path: Path) -> None:
    done = of_mock(tmp_path, port, "--phases", "examples", faults=("webhook-sent-twice",))
    assert done.returncode == 0, done.stdout
    assert "hookproof: warning webhook-redelivery:" in done.stdout


def test_the_configuration_file_has_hooks_and_options(port: int, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(
        f"""
        hooks = "hookproof.schemathesis"
        [checks.HookproofWebhooks]
        webhook_listen = "127.0.0.1:{port}"
        webhook_deadline = 2
        skip = ["webhook-echo"]
        strict = true
        """,
        encoding="utf-8",
    )
    receivers = (f"http://127.0.0.1:{port}/",)
    faults = frozenset(["name-truncated", "webhook-sent-twice"])
    with running(load_contract(), 0, others=receivers, faults=faults) as mock:
        options = ["--phases", "examples"]
        done = schemathesis(host(mock), mock.token, tmp_path, *options, SCHEMATHESIS_HOOKS="")
    assert done.returncode == 1, done.stdout
    _, _, found = done.stdout.partition("Custom check failed: `HookproofWebhooks`")
    assert "webhook-redelivery: " in found
    assert "webhook-echo" not in found


def test_a_run_without_the_secret_stops_before_the_first_request(tmp_path: Path) -> None:
    done = schemathesis("http://127.0.0.1:9", "token", tmp_path, secret="")
    assert done.returncode == 2, done.stdout
    shown = re.sub(r"\s+", " ", done.stdout)
    assert "the webhooks of the document are signed, and no secret was given: set" in shown


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("webhook_secret", None, "no secret was given: set HOOKPROOF_WEBHOOK_SECRET"),
        ("skip", ["webhook-signatures"], "--hookproof-skip webhook-signatures: no such check"),
        ("webhook_deadline", "soon", "--hookproof-webhook-deadline: "),
        ("webhook_listen", "somewhere", "--hookproof-webhook-listen: "),
        ("sink", "http://127.0.0.1:9", "check --hookproof-sink"),
        ("contract", "missing.yaml", "missing.yaml: "),
        ("contract", "https://example.com/openapi.json", "pass --hookproof-contract FILE"),
    ],
)
def test_an_option_with_which_nothing_can_be_judged_is_an_error(
    name: str, value: object, sentence: str
) -> None:
    given = {**GIVEN, name: value}
    with pytest.raises(CommandError, match=re.escape(sentence)):
        SchemathesisRun(given, str(default_contract_path()), "http://127.0.0.1:9")


def test_a_disabled_check_does_nothing(tmp_path: Path) -> None:
    with running(load_contract(), 0) as mock:
        options = ["--phases", "examples", "--exclude-checks", "HookproofWebhooks"]
        done = schemathesis(host(mock), mock.token, tmp_path, *options, secret="")
    assert done.returncode == 0, done.stdout
    assert "hookproof:" not in done.stdout


def test_a_document_without_webhooks_is_tested_as_usual(tmp_path: Path) -> None:
    document = tmp_path / "openapi.yaml"
    known, _, _ = default_contract_path().read_text(encoding="utf-8").partition("\nwebhooks:")
    _, _, components = (
        default_contract_path().read_text(encoding="utf-8").partition("\ncomponents:")
    )
    document.write_text(f"{known}\ncomponents:{components}", encoding="utf-8")
    with running(load_contract(), 0) as mock:
        options = ["--phases", "examples"]
        done = schemathesis(
            host(mock), mock.token, tmp_path, *options, document=document, secret=""
        )
    assert done.returncode == 0, done.stdout
    assert "hookproof: the document has no webhooks: there is nothing to judge" in done.stdout


def test_a_run_without_a_success_fails(port: int, tmp_path: Path) -> None:
    receivers = (f"http://127.0.0.1:{port}/",)
    options = ["--phases", "examples", "--hookproof-webhook-listen", f"127.0.0.1:{port}"]
    with running(load_contract(), 0, others=receivers) as mock:
        done = schemathesis(host(mock), "wrong", tmp_path, *options)
    assert done.returncode == 1, done.stdout
    assert "no webhook was judged: no response triggers one; the API replied 401" in done.stdout


def test_a_running_sink_is_read(tmp_path: Path) -> None:
    contract = load_contract()
    with StartedSink(Sink(contract, DEVELOPMENT_WEBHOOK_SECRET)) as sink:
        receivers = (f"{sink.sink.url}/hooks",)
        with running(contract, 0, others=receivers) as mock:
            options = ["--phases", "examples", "--hookproof-sink", sink.sink.url]
            done = schemathesis(host(mock), mock.token, tmp_path, *options)
    assert done.returncode == 0, done.stdout
    assert counts(done.stdout) == (2, 2)


def test_legal_variants_of_the_reference_service_pass(port: int, tmp_path: Path) -> None:
    names = "extra-fields nulls date-offset sorted-unique-scopes gzip chunked webhooks-first"
    names += " webhooks-out-of-order webhooks-ascii charset webhooks-chunked trim-name"
    legal = [part for name in names.split() for part in ("--legal", name)]
    with service(port, *legal) as url:
        options = ["--hookproof-webhook-listen", f"127.0.0.1:{port}", "--max-examples", "5"]
        bearer = token(known_permissions())
        done = schemathesis(url, bearer, tmp_path, *options, secret=WEBHOOK_SECRET)
    assert "Custom check failed" not in done.stdout
    triggers, events = counts(done.stdout)
    assert triggers == events > 10


def test_the_options_are_in_the_help(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "run", "--help"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hookproof.schemathesis"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert "Webhook options (hookproof):" in done.stdout
    assert "--hookproof-webhook-listen" in done.stdout
