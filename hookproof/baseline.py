"""Baseline: findings that a team accepts, each with a reason and an end date. Pure except `read`.

An entry without a matching finding fails the run, because it would hide a regression.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from contracts.reporting.run_data import EXIT_CONFORMS, EXIT_DEVIATES, EXIT_NOT_JUDGED
from hookproof.errors import CommandError
from openapi.contract import Json

_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class BaselineEntry:
    """One accepted finding."""

    id: str
    """Id of the finding, from the report."""
    reason: str
    check: str | None = None
    """Check of the finding; None allows any, and so does `pointer`."""
    pointer: str | None = None
    until: date | None = None
    """Last day on which the finding is accepted."""

    def means(self, finding: Mapping[str, Json]) -> bool:
        """Return whether this entry names `finding`, regardless of the date."""
        return (
            finding.get("id") == self.id
            and self.check in (None, finding["check"])
            and self.pointer in (None, finding["pointer"])
        )


@dataclass(frozen=True, slots=True)
class Baseline:
    """Accepted findings of one file."""

    file: str
    entries: tuple[BaselineEntry, ...]


def read(path: Path) -> Baseline:
    """Return the baseline in the file at `path`; `CommandError` if it is invalid."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # not UTF-8, or not TOML
        raise CommandError(f"{path}: not TOML in UTF-8: {error}") from None
    listed = data.pop("accepted", [])
    if data or not isinstance(listed, list):
        raise CommandError(f"{path}: only [[accepted]] entries are allowed")
    entries = tuple(_entry(f"{path}: entry {n}", item) for n, item in enumerate(listed, 1))
    ids = [entry.id for entry in entries]
    for number, name in enumerate(ids, 1):
        if name in ids[: number - 1]:
            raise CommandError(f"{path}: entry {number}: {name} is listed twice")
    return Baseline(str(path), entries)


def _entry(where: str, item: object) -> BaselineEntry:
    if not isinstance(item, dict):
        raise CommandError(f"{where}: write an entry as a table [[accepted]]")
    understood = [field.name for field in fields(BaselineEntry)]
    for key in item:
        if key not in understood:
            names = ", ".join(understood)
            raise CommandError(f"{where}: unknown key {key!r}; known are {names}")
    text: dict[str, Any] = {"id": "", "reason": "", **item}
    for key in (key for key in text if key != "until"):
        if not isinstance(text[key], str) or not text[key].strip():
            raise CommandError(f"{where}: {key} must be a non-empty string")
    if not _ID.fullmatch(text["id"]):
        raise CommandError(
            f"{where}: {text['id']!r} is not a finding id: 8 hex digits, as in the report"
        )
    until = text.get("until")
    if until is not None and (not isinstance(until, date) or isinstance(until, datetime)):
        raise CommandError(f"{where}: until must be a date without quotes, such as 2030-12-31")
    return BaselineEntry(text["id"], text["reason"], text.get("check"), text.get("pointer"), until)


def apply_baseline(
    data: Mapping[str, Json],
    baseline: Baseline,
    today: date,
    *,
    strict: bool,
    require_decided: bool,
    whole: bool,
    early_end: str = "",
) -> dict[str, Json]:
    """Return the report `data` with the findings of `baseline` accepted, and the new verdict.

    An entry counts as resolved only if the run was `whole`, decided the entry's constraint, and no
    check crashed. `early_end` says why the run ended before it had seen everything, if it did:
    then nothing is resolved, and without a violation there is no verdict.
    """
    summary = {"file": baseline.file, "entries": len(baseline.entries), "resolved": []}
    if data["reason"] is not None:
        return {**data, "baseline": summary}
    findings = [
        {**f, "baseline_reason": _accepted_reason(f, baseline.entries, today)}
        for f in data["findings"]
    ]
    checks = data.get("checks", {})
    crashes = [check["crash"] for check in checks.values() if check["crash"]]
    failures = [*crashes, early_end] if early_end else crashes
    resolved = [
        {"id": entry.id, "reason": entry.reason}
        for entry in baseline.entries
        if whole
        and not failures
        and not any(entry.means(finding) for finding in findings)
        and not _undecided(data, entry.pointer)
    ]
    counting = [f for f in findings if f["baseline_reason"] is None]
    if resolved or any(strict or f["severity"] == "violation" for f in counting):
        code, verdict = EXIT_DEVIATES, "deviates"
    elif failures or (require_decided and data["undecided"]):
        code, verdict = EXIT_NOT_JUDGED, "not-judged"
    else:
        code, verdict = EXIT_CONFORMS, "conforms"
    judged = {"findings": findings, "exit_code": code, "verdict": verdict}
    if failures and verdict == "not-judged":
        judged["reason"] = "; ".join(failures)
    return {**data, **judged, "baseline": {**summary, "resolved": resolved}}


def _accepted_reason(
    finding: Mapping[str, Json], entries: Sequence[BaselineEntry], today: date
) -> str | None:
    for entry in entries:
        if entry.means(finding) and today <= (entry.until or date.max):
            return entry.reason
    return None


def _undecided(data: Mapping[str, Json], pointer: str | None) -> bool:
    statuses = {c["status"] for c in data.get("constraints", []) if c["pointer"] == pointer}
    return bool(statuses) and statuses <= {"undecided", "not exercised"}
