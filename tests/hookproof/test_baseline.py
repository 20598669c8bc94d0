"""Baseline: accepted findings do not fail a run, resolved entries do."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hookproof.baseline import Baseline, BaselineEntry, apply_baseline, read
from hookproof.errors import CommandError

TODAY = date(2026, 3, 1)
ENTRY = BaselineEntry("00c0ffee", "ticket 12")


def finding(**other: str) -> dict[str, Any]:
    usual = {"id": "00c0ffee", "check": "webhook-echo", "severity": "violation", "pointer": "/a"}
    return {**usual, **other}


def report(*findings: dict[str, Any], **other: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "verdict": "deviates",
        "reason": None,
        "undecided": [],
        "constraints": [],
    }
    return {**usual, "findings": list(findings), "exit_code": 1, **other}


def judged(
    data: dict[str, Any],
    *entries: BaselineEntry,
    strict: bool = False,
    require_decided: bool = False,
    whole: bool = True,
    early_end: str = "",
) -> dict[str, Any]:
    baseline = Baseline("baseline.toml", entries)
    return apply_baseline(
        data,
        baseline,
        TODAY,
        strict=strict,
        require_decided=require_decided,
        whole=whole,
        early_end=early_end,
    )


def test_an_accepted_finding_does_not_fail_the_run() -> None:
    data = judged(report(finding()), ENTRY)
    assert (data["exit_code"], data["verdict"]) == (0, "conforms")
    assert data["findings"][0]["baseline_reason"] == "ticket 12"
    assert data["baseline"] == {"file": "baseline.toml", "entries": 1, "resolved": []}


def test_another_finding_still_fails_the_run() -> None:
    data = judged(report(finding(), finding(id="ffffffff")), ENTRY)
    assert (data["exit_code"], data["verdict"]) == (1, "deviates")
    assert [f["baseline_reason"] for f in data["findings"]] == ["ticket 12", None]
    assert judged(report(finding()))["exit_code"] == 1


def test_a_warning_can_be_accepted() -> None:
    warning = report(finding(severity="warning"))
    assert judged(warning, strict=True)["exit_code"] == 1
    assert judged(warning)["exit_code"] == 0
    assert judged(warning, ENTRY, strict=True)["exit_code"] == 0


def test_a_resolved_entry_fails_the_run() -> None:
    data = judged(report(), ENTRY)
    assert (data["exit_code"], data["verdict"]) == (1, "deviates")
    assert data["baseline"]["resolved"] == [{"id": "00c0ffee", "reason": "ticket 12"}]


def test_an_entry_that_the_run_could_not_decide_is_not_resolved() -> None:
    assert judged(report(), ENTRY, whole=False)["baseline"]["resolved"] == []
    undecided = [{"pointer": "/a", "status": "undecided"}]
    entry = BaselineEntry("00c0ffee", "ticket 12", pointer="/a")
    assert judged(report(constraints=undecided), entry)["baseline"]["resolved"] == []
    partly = [*undecided, {"pointer": "/a", "status": "enforced"}]
    assert judged(report(constraints=partly), entry)["exit_code"] == 1
    nothing = report(verdict="not-judged", reason="no answer", exit_code=2)
    assert judged(nothing, ENTRY)["exit_code"] == 2
    assert judged(nothing, ENTRY)["baseline"]["resolved"] == []


def test_a_run_that_ended_early_neither_conforms_nor_resolves_an_entry() -> None:
    reason = "the run was cut short: 5 requests got no response"
    other = BaselineEntry("0badcafe", "ticket 13")
    data = judged(report(finding()), ENTRY, other, early_end=reason)
    assert (data["exit_code"], data["verdict"], data["reason"]) == (2, "not-judged", reason)
    assert data["baseline"]["resolved"] == []
    assert judged(report(finding()), early_end=reason)["exit_code"] == 1


def test_an_expired_entry_no_longer_accepts_its_finding() -> None:
    last = BaselineEntry("00c0ffee", "ticket 12", until=TODAY)
    assert judged(report(finding()), last)["exit_code"] == 0
    past = BaselineEntry("00c0ffee", "ticket 12", until=date(2026, 2, 28))
    data = judged(report(finding()), past)
    assert (data["exit_code"], data["findings"][0]["baseline_reason"]) == (1, None)
    assert data["baseline"]["resolved"] == []
    assert judged(report(), past)["baseline"]["resolved"] != []


def test_check_and_pointer_of_an_entry_must_match() -> None:
    for entry in (
        BaselineEntry("00c0ffee", "r", check="other"),
        BaselineEntry("00c0ffee", "r", pointer="/b"),
    ):
        data = judged(report(finding()), entry)
        assert (data["exit_code"], len(data["baseline"]["resolved"])) == (1, 1)
    agreeing = BaselineEntry("00c0ffee", "r", check="webhook-echo", pointer="/a")
    assert judged(report(finding()), agreeing)["exit_code"] == 0


def test_require_decided_applies_despite_a_baseline() -> None:
    data = report(finding(), undecided=["no token"])
    assert judged(data, ENTRY)["exit_code"] == 0
    data = judged(data, ENTRY, require_decided=True)
    assert (data["exit_code"], data["verdict"]) == (2, "not-judged")


def test_reads_a_baseline_file(tmp_path: Path) -> None:
    path = tmp_path / "baseline.toml"
    path.write_text(
        '[[accepted]]\nid = "00c0ffee"\nreason = "ticket 12"\ncheck = "webhook-echo"\n'
        'pointer = "/a"\nuntil = 2026-03-01\n[[accepted]]\nid = "0badf00d"\nreason = "r"\n',
        encoding="utf-8",
    )
    first, second = read(path).entries
    assert first == BaselineEntry("00c0ffee", "ticket 12", "webhook-echo", "/a", TODAY)
    assert second == BaselineEntry("0badf00d", "r")
    path.write_text("", encoding="utf-8")
    assert read(path) == Baseline(str(path), ())


REFUSED = {
    "accepted = 1": "only [[accepted]] entries are allowed",
    "[[acceptd]]\nid = '00c0ffee'": "only [[accepted]] entries are allowed",
    "accepted = [1]": "entry 1: write an entry as a table [[accepted]]",
    "[[accepted]]\nid = '00c0ffee'": "entry 1: reason must be a non-empty string",
    "[[accepted]]\nid = '00c0ffee'\nreason = ' '": "entry 1: reason must be a non-empty string",
    "[[accepted]]\nreason = 'r'": "entry 1: id must be a non-empty string",
    "[[accepted]]\nid = 'C0FFEE'\nreason = 'r'": "entry 1: 'C0FFEE' is not a finding id: 8 hex",
    "[[accepted]]\nid = 12345678\nreason = 'r'": "entry 1: id must be a non-empty string",
    "[[accepted]]\nid = '00c0ffee'\nreason = 'r'\nreasn = 'r'": "entry 1: unknown key 'reasn'",
    "[[accepted]]\nid = '00c0ffee'\nreason = 'r'\nuntil = '2026-03-01'": "entry 1: until must be",
    "[[accepted]]\nid = '00c0ffee'\nreason = 'r'\nuntil = 2026-03-01T00:00:00": "until must be a",
    "[[accepted]]\nid = '00c0ffee'\nreason = 'r'\n" * 2: "entry 2: 00c0ffee is listed twice",
    "[[accepted": "not TOML in UTF-8",
}


@pytest.mark.parametrize("text", REFUSED)
def test_rejects_an_invalid_baseline(text: str, tmp_path: Path) -> None:
    path = tmp_path / "baseline.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert REFUSED[text] in str(caught.value)


def test_a_crash_of_a_check_resolves_nothing_and_is_not_accepted() -> None:
    crash = {"checks": {"secret-leak": {"cases": 0, "crash": "the check secret-leak crashed"}}}
    data = judged({**report(finding()), **crash}, ENTRY)
    assert (data["exit_code"], data["reason"]) == (2, "the check secret-leak crashed")
    data = judged({**report(), **crash}, ENTRY)
    assert (data["exit_code"], data["baseline"]["resolved"]) == (2, [])
