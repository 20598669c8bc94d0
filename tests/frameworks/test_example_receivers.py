"""Receivers in the usual frameworks conform, and `verify-receiver` names mistakes in them."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from framework_receivers import CONTRACT, FRAMEWORKS, SECRET, Framework, Mistake, mistakes
from support.processes import hookproof

from contracts.receivers.properties import PROPERTIES

pytestmark = pytest.mark.integration

StartReceiver = Callable[..., AbstractContextManager[str]]


@dataclass(frozen=True)
class Judged:
    """Result of one run."""

    code: int
    output: str
    report: dict[str, Any]

    def checks(self, severity: str) -> set[str]:
        """Return the properties with a finding of this severity."""
        found = self.report["findings"]
        return {finding["check"] for finding in found if finding["severity"] == severity}


def judge(url: str, folder: Path, *options: str, observe: bool = True) -> Judged:
    """Run the command against the receiver at `url`.

    Without `observe` no side effects are counted; most of the time of a run is spent on them.
    """
    stated = ["--contract", str(CONTRACT), "--webhook-secret", SECRET, "--report-dir", str(folder)]
    observed = ["--observe", f"{url}/effects"] if observe else []
    done = hookproof("verify-receiver", f"{url}/webhooks", *stated, *observed, *options)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return Judged(done.returncode, done.stdout + done.stderr, report)


@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_the_receiver_conforms(
    framework: Framework, start_receiver: StartReceiver, tmp_path: Path
) -> None:
    with start_receiver(framework) as url:
        judged = judge(url, tmp_path / "report")
    assert judged.code == 0, judged.output
    assert judged.checks("violation") == set()
    # The library of Standard Webhooks for Python decodes base64 leniently.
    lenient = {"receiver-weak-signature"} if framework.name == "fastapi" else set()
    assert judged.checks("warning") == lenient, judged.output
    statuses = {one["keyword"]: one["status"] for one in judged.report["constraints"]}
    undecided = {name for name, status in statuses.items() if status == "undecided"}
    assert undecided == {"receiver-retry", "receiver-constant-time"}


@pytest.mark.parametrize("mistake", mistakes(), ids=str)
def test_a_mistake_is_named(
    mistake: Mistake, start_receiver: StartReceiver, tmp_path: Path
) -> None:
    changes = (*mistake.given, *mistake.changes)
    observe = any("observe" in PROPERTIES[name].needs for name in mistake.found)
    options = ("--profile", "quick", *mistake.options)
    with start_receiver(mistake.framework, mistake.file, changes) as url:
        judged = judge(url, tmp_path / "report", *options, observe=observe)
    violated = judged.checks("violation")
    assert set(mistake.found) <= violated | judged.checks("warning"), judged.output
    expected = (1 if violated else 0) if mistake.found else 2
    assert judged.code == expected, judged.output
    assert mistake.said in (judged.report["reason"] or "")


@pytest.mark.parametrize("mistake", [one for one in mistakes() if one.given], ids=str)
def test_what_is_given_is_no_mistake(
    mistake: Mistake, start_receiver: StartReceiver, tmp_path: Path
) -> None:
    with start_receiver(mistake.framework, mistake.file, mistake.given) as url:
        judged = judge(url, tmp_path / "report", "--profile", "quick", *mistake.options)
    assert (judged.code, judged.report["findings"]) == (0, []), judged.output
