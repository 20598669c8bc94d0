"""Application of one check to a ledger: its judgements and findings, also if it crashes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb

from contracts.checks.consequences import limit_severity
from contracts.judgement import GroupedFinding, Judgement, group_findings
from contracts.ledger.ledger import Ledger

Check = Callable[[Ledger], Iterator[Judgement]]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Result of one check."""

    judgements: tuple[Judgement, ...]
    findings: tuple[GroupedFinding, ...]
    cases: int
    """Number of cases that it decided."""
    crash: str | None
    """Sentence about the crash of the check, or None."""


NOT_APPLIED = CheckResult((), (), 0, None)
"""Result of a check that the run leaves out."""


def apply_check(name: str, check: Check, ledger: Ledger) -> CheckResult:
    """Apply `check` to `ledger`.

    If it crashes, its findings until then count. What passed until then is undecided: the cases
    that it did not reach might have failed.
    """
    judgements: list[Judgement] = []
    crash = None
    try:
        for judgement in check(ledger):
            judgements.append(judgement)
    except Exception as error:  # a fault of a check must not hide what the others find
        crash = _crash_sentence(name, error)
        judgements = [
            judgement
            if judgement.finding is not None
            else judgement.changed(None, judgement.undecided_reason or crash)
            for judgement in judgements
        ]
    judgements = list(limit_severity(name, judgements, ledger))
    decided = {judgement.case_id for judgement in judgements if not judgement.undecided_reason}
    return CheckResult(
        tuple(judgements), tuple(group_findings(name, judgements, ledger)), len(decided), crash
    )


def _crash_sentence(name: str, error: Exception) -> str:
    """Return a sentence without the text of the error, which may contain a secret."""
    frame = extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}, line {frame.lineno}"
    return (
        f"the check {name} crashed ({type(error).__name__} in {place}): report it as a defect "
        "of hookproof"
    )
