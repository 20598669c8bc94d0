"""Crash of a check: it hides no finding of the other checks, and the report names it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.processes import WEBHOOK_SECRET, running_mock, token

from contracts.checks import CHECKS
from contracts.checks.application import Check, apply_check
from contracts.judgement import Judgement
from contracts.ledger.ledger import Ledger
from contracts.model.settings import Settings
from contracts.outcome import RunOutcome
from contracts.reporting.report import report
from contracts.run import run
from hookproof.reports.terminal import format_summary
from openapi.loading.loader import load_contract

pytestmark = pytest.mark.integration

CONTRACT = load_contract()


def crashing_after(check: Check, number: int) -> Check:
    """Return `check` with a crash after its judgement `number`; the error quotes the token."""

    def crashing(ledger: Ledger) -> Iterator[Judgement]:
        for count, judgement in enumerate(check(ledger), 1):
            yield judgement
            if count == number:
                break
        raise ValueError(f"unexpected {ledger.settings.token}")

    return crashing


@pytest.fixture
def judged(port: int) -> Callable[..., tuple[Ledger, dict[str, Any]]]:
    def judge(crash: str, number: int, *options: str) -> tuple[Ledger, dict[str, Any]]:
        with running_mock(port, *options) as url:
            settings = Settings(
                url=url,
                token=token(),
                run_id="tests0",
                seed=1,
                profile="quick",
                webhook_port=port,
                webhook_secret=WEBHOOK_SECRET,
            )
            ledger = run(settings, CONTRACT, lambda _: None)
        outcome = RunOutcome(ledger)
        for name, check in CHECKS.items():
            applied = crashing_after(check, number) if name == crash else check
            outcome.results[name] = apply_check(name, applied, ledger)
        return ledger, report(settings, outcome, 0.0, 1.0)

    return judge


SENTENCE = "the check {} crashed (ValueError in test_crashing_check.py, line "


@pytest.mark.parametrize("check", ["response-schema", "webhook-echo"])
@pytest.mark.parametrize("number", [0, 5])
def test_a_crash_alone_is_not_judged(
    check: str, number: int, judged: Callable[..., tuple[Ledger, dict[str, Any]]]
) -> None:
    ledger, data = judged(check, number)
    assert (data["exit_code"], data["verdict"]) == (2, "not-judged")
    assert data["reason"].startswith(SENTENCE.format(check))
    assert ledger.settings.token not in str(data)
    assert data["checks"][check] == {"cases": 0, "crash": data["reason"]}
    undecided = [c for c in data["constraints"] if c["reason"] == data["reason"]]
    assert undecided
    kinds = {"webhook", "echo", "signature"}
    assert all((c["kind"] in kinds) == (check == "webhook-echo") for c in undecided)
    assert all(c["status"] == "undecided" for c in undecided)
    last = format_summary(data, "reports")[-1]
    assert f"could not judge: the check {check} crashed" in last


def test_a_violation_stands_beside_a_crash(
    judged: Callable[..., tuple[Ledger, dict[str, Any]]],
) -> None:
    _, data = judged("webhook-echo", 1, "--fault", "max-length-ignored")
    assert (data["exit_code"], data["verdict"], data["reason"]) == (1, "deviates", None)
    assert data["findings"]
    assert data["undecided"][0].startswith(SENTENCE.format("webhook-echo"))


def test_findings_before_a_crash_count(
    judged: Callable[..., tuple[Ledger, dict[str, Any]]],
) -> None:
    _, data = judged("invalid-request", 10**6, "--fault", "max-length-ignored")
    assert {f["check"] for f in data["findings"]} == {"invalid-request"}
    assert data["exit_code"] == 1
    assert data["checks"]["invalid-request"]["crash"] is not None


def test_a_check_without_a_case_is_listed(
    judged: Callable[..., tuple[Ledger, dict[str, Any]]],
) -> None:
    _, data = judged("", 0)
    assert data["checks"].keys() == CHECKS.keys()
    idle = [name for name, check in data["checks"].items() if not check["cases"]]
    assert "rate-limit" in idle
    assert "response-schema" not in idle
    assert any(
        line.startswith("Checks") and "rate-limit" in line for line in format_summary(data, "x")
    )
