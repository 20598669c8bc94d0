"""`hookproof verify-receiver`: mistakes are found and named, legal differences conform."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from receivers.launching import (
    SECRET,
    Running,
    program,
    running,
    running_difference,
    running_mistake,
)
from receivers.table import LANGUAGES, Entry, differences, mistakes
from support.processes import hookproof, launched, started
from support.receivers import receiving
from support.sampling import some

from contracts.receivers.properties import PROPERTIES
from openapi.http.free_port import free_port
from openapi.signatures.registry import SCHEMES

pytestmark = pytest.mark.integration

CONTRACT = Path(__file__).resolve().parents[1] / "data" / "receiver.yaml"
SOME_MISTAKES, SOME_DIFFERENCES = 16, 4
"""Distance between the mistakes, and between the differences, that get a run otherwise."""
ROWS: dict[str, set[int]] = {
    "receiver-conforming": {1, 6, 21, 22, 23},
    "receiver-header-form": {11},
    "receiver-id-form": {20},
    "receiver-rotation": {10},
    "receiver-unsigned": {2, 4},
    "receiver-wrong-secret": {3},
    "receiver-changed-body": {3, 7},
    "receiver-used-signature": {3, 4, 9},
    "receiver-changed-id": {4},
    "receiver-changed-timestamp": {4, 9},
    "receiver-weak-signature": {3, 5, 9},
    "receiver-forged-effect": {2, 3},
    "receiver-forged-form": {3},
    "receiver-used-connection": {2, 3},
    "receiver-old": {8},
    "receiver-future": {8},
    "receiver-timestamp-form": {4, 8, 20},
    "receiver-recent": {1, 8},
    "receiver-new-timestamp": {9},
    "receiver-json-form": {1, 6},
    "receiver-other-bytes": {7},
    "receiver-duplicate": {12},
    "receiver-replay": {12, 15},
    "receiver-simultaneous": {13},
    "receiver-order": {16},
    "receiver-one-effect": {14},
    "receiver-replay-effect": {15},
    "receiver-newest-state": {16},
    "receiver-unknown-event": {17},
    "receiver-unknown-property": {18},
    "receiver-invalid-payload": {19},
    "receiver-malformed-body": {20},
    "receiver-body-in-string": {19, 20},
    "receiver-media-type": set(),
    "receiver-size": {22},
    "receiver-chunked": {22},
    "receiver-pieces": {22},
    "receiver-expect-continue": {22},
    "receiver-other-method": {24},
    "receiver-at-once": {13, 21},
    "receiver-overload": {13, 21, 25},
    "receiver-retry": {25, 27},
    "receiver-deadline": {21},
    "receiver-redirect": {23},
    "receiver-disclosure": {26},
    "receiver-constant-time": {28},
}
"""Properties of the table of mistakes that a check judges."""


@dataclass(frozen=True)
class Judged:
    """Result of one run."""

    code: int
    output: str
    report: dict[str, Any]

    def checks(self, severity: str) -> set[str]:
        found = self.report["findings"]
        return {finding["check"] for finding in found if finding["severity"] == severity}


def judge(url: str, folder: Path, *options: str, secret: str | None = SECRET) -> Judged:
    """Run the command in its report folder."""
    given = ["--webhook-secret", secret] if secret else []
    chosen = ["--contract", str(CONTRACT), "--report-dir", str(folder), *given]
    done = hookproof("verify-receiver", url, *chosen, *options)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return Judged(done.returncode, done.stdout + done.stderr, report)


def needs(language: str) -> None:
    """Skip a test whose language is missing; in CI it fails instead."""
    if program(language) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{language} is missing")
        pytest.skip(f"{language} is missing")


def observing(receiver: Running, entry: Entry) -> list[str]:
    """Return the option that counts side effects, for a mistake that only they show."""
    return ["--observe", receiver.effects_url] if entry.observe or 27 in entry.rows else []


def test_each_property_is_one_of_the_table() -> None:
    assert ROWS.keys() == PROPERTIES.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_correct_receiver_conforms(language: str, tmp_path: Path) -> None:
    needs(language)
    with running(language) as receiver:
        judged = judge(receiver.url, tmp_path, "--observe", receiver.effects_url)
    assert judged.code == 0, judged.output
    assert judged.checks("violation") == set()
    assert judged.checks("warning") <= {"receiver-media-type"}
    statuses = {one["keyword"]: one["status"] for one in judged.report["constraints"]}
    undecided = {name for name, status in statuses.items() if status == "undecided"}
    assert undecided <= {"receiver-retry", "receiver-constant-time"}
    assert judged.report["requests"] < 250


@pytest.mark.parametrize("entry", some(mistakes(), SOME_MISTAKES), ids=str)
def test_finds_and_names_a_mistake(entry: Entry, tmp_path: Path) -> None:
    needs(entry.language)
    with running_mistake(entry) as receiver:
        options = ["--deadline", "3", *observing(receiver, entry)]
        judged = judge(receiver.url, tmp_path, *options)
    found = judged.checks("violation") | judged.checks("warning") - {"receiver-media-type"}
    assert any(ROWS[check] & set(entry.rows) for check in found), judged.output
    assert judged.code == 1 or not judged.checks("violation")


@pytest.mark.parametrize("entry", some(differences(), SOME_DIFFERENCES), ids=str)
def test_a_legal_difference_conforms(entry: Entry, tmp_path: Path) -> None:
    needs(entry.language)
    with running_difference(entry) as receiver:
        judged = judge(receiver.url, tmp_path, "--observe", receiver.effects_url)
    assert judged.code == 0, judged.output
    assert judged.checks("violation") == set()


@pytest.fixture
def sink_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Run the sink with the options of the parameter."""
    port = free_port()
    options = ["--port", str(port), "--contract", str(CONTRACT), *request.param]
    command = ["-m", "hookproof", "sink", *options, "--store", str(tmp_path / "store.sqlite")]
    with launched(command, HOOKPROOF_WEBHOOK_SECRET=SECRET):
        yield f"http://127.0.0.1:{port}/hooks"


@pytest.mark.parametrize("sink_url", [[]], indirect=True, ids=["accepts everything"])
def test_the_sink_accepts_what_is_forged(sink_url: str, tmp_path: Path) -> None:
    judged = judge(sink_url, tmp_path / "report")
    assert judged.code == 1
    assert {
        "receiver-unsigned",
        "receiver-wrong-secret",
        "receiver-changed-body",
        "receiver-changed-id",
        "receiver-weak-signature",
        "receiver-old",
        "receiver-new-timestamp",
        "receiver-other-bytes",
    } <= judged.checks("violation")


@pytest.mark.parametrize("sink_url", [["--verify"]], indirect=True, ids=["verifies"])
def test_the_sink_that_verifies_refuses_what_is_forged(sink_url: str, tmp_path: Path) -> None:
    judged = judge(sink_url, tmp_path / "report")
    assert judged.code == 0, judged.output
    # A sink records every request and every content on purpose.
    assert judged.checks("warning") == {
        "receiver-body-in-string",
        "receiver-media-type",
        "receiver-other-method",
    }


@pytest.mark.parametrize("name", SCHEMES)
def test_a_receiver_of_each_scheme_conforms(name: str, tmp_path: Path) -> None:
    secret = SCHEMES[name].make_secret("0123456789abcdef0123456789abcdef")
    scheme = ["--contract", str(CONTRACT), "--signature", name]
    command = ["-m", "hookproof", "sink", "--port", "0", "--verify", *scheme]
    with started(command, HOOKPROOF_WEBHOOK_SECRET=secret) as url:
        options = ["--signature", name, "--profile", "quick"]
        judged = judge(f"{url}/hooks", tmp_path, *options, secret=secret)
    assert judged.code == 0, judged.output
    assert judged.checks("violation") == set()
    assert secret not in judged.output
    for path in tmp_path.glob("re*.*"):
        assert secret not in path.read_text(encoding="utf-8"), path.name


def test_an_unreachable_receiver_is_not_judged(tmp_path: Path) -> None:
    judged = judge(f"http://127.0.0.1:{free_port()}/hooks", tmp_path)
    assert judged.code == 2
    assert "the receiver cannot be reached" in judged.report["reason"]
    assert judged.report["findings"] == []


def test_a_wrong_secret_is_not_judged(tmp_path: Path) -> None:
    with running("python") as receiver:
        other = judge(receiver.url, tmp_path, secret="whsec_" + "b3RoZXIgc2VjcmV0IG9mIHRlc3Rz")
        none = judge(receiver.url, tmp_path, secret=None)
    assert other.code == none.code == 2
    assert "check that it has the secret of --webhook-secret" in other.report["reason"]
    assert "pass its secret with --webhook-secret" in none.report["reason"]


def test_a_secret_of_another_form_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    judged = judge("http://127.0.0.1:9/hooks", tmp_path, secret="text")
    assert judged.code == 2
    assert "'whsec_' and after it a key in base64" in judged.report["reason"]


def test_a_redirect_is_a_violation(tmp_path: Path) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"
    with receiving(lambda _: moved) as receiver:
        judged = judge(f"{receiver.url}/hooks", tmp_path)
    assert judged.code == 1
    assert judged.checks("violation") == {"receiver-conforming", "receiver-redirect"}
    assert "got the redirect 302 to /login; senders do not follow redirects" in judged.output


def test_another_host_must_be_allowed() -> None:
    done = hookproof("verify-receiver", "http://192.0.2.1/hooks")
    assert done.returncode == 2
    assert done.stderr.endswith("pass --allow-host 192.0.2.1 if it is a test instance\n")


def test_stops_when_it_is_asked_to(tmp_path: Path) -> None:
    with receiving(lambda _: None) as receiver:
        options = ["--contract", str(CONTRACT), "--report-dir", str(tmp_path)]
        command = ["-m", "hookproof", "verify-receiver", f"{receiver.url}/x", *options]
        known = {**os.environ, "HOOKPROOF_WEBHOOK_SECRET": SECRET}
        with subprocess.Popen([sys.executable, *command], env=known) as process:
            receiver.next()
            process.send_signal(signal.SIGINT)
        assert process.returncode == 130
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["reason"] == "the run was interrupted"


def test_limits_and_selects(tmp_path: Path) -> None:
    with running("python") as receiver:
        few = judge(receiver.url, tmp_path / "few", "--max-deliveries", "10")
        one = judge(receiver.url, tmp_path / "one", "--only", "receiver-unsigned")
    assert few.code == 2
    assert few.report["requests"] == 10
    assert "after 10 deliveries (--max-deliveries)" in few.report["reason"]
    assert one.code == 0
    assert set(one.report["checks"]) == {"receiver-unsigned"}
    unknown = hookproof("verify-receiver", receiver.url, "--only", "receiver-unsign")
    assert unknown.returncode == 2
    assert "did you mean 'receiver-unsigned'?" in unknown.stderr


def test_a_baseline_accepts_a_finding_and_tells_a_resolved_one(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.toml"
    entry = next(e for e in mistakes() if e.name == "compares-prefix")
    with running_mistake(entry) as receiver:
        found = judge(receiver.url, tmp_path / "found").report["findings"]
        (violation,) = (f for f in found if f["severity"] == "violation")
        assert f"--contract {CONTRACT} --seed" in violation["curl"]
        assert violation["curl"].endswith("--only receiver-weak-signature")
        text = f'[[accepted]]\nid = "{violation["id"]}"\nreason = "known"\n'
        baseline.write_text(text, encoding="utf-8")
        accepted = judge(receiver.url, tmp_path / "accepted", "--baseline", str(baseline))
    assert accepted.code == 0
    with running("python") as receiver:
        resolved = judge(receiver.url, tmp_path / "resolved", "--baseline", str(baseline))
    assert resolved.code == 1
    assert "is resolved, remove it from the baseline" in resolved.output


def test_no_report_contains_the_secret(tmp_path: Path) -> None:
    entry = next(e for e in mistakes() if e.name == "shows-secret")
    with running_mistake(entry) as receiver:
        judged = judge(receiver.url, tmp_path)
    assert "receiver-disclosure" in judged.checks("violation")
    texts = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()]
    assert len(texts) == 4
    for text in (*texts, judged.output):
        assert SECRET not in text
        assert SECRET.removeprefix("whsec_") not in text
