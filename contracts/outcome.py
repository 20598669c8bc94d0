"""Outcome of a run, kept in pytest's configuration. Light to import."""

from dataclasses import dataclass, field

import pytest

from contracts.checks.judgement import GroupedFinding, Judgement
from contracts.ledger.ledger import Ledger
from contracts.model.settings import Settings


@dataclass
class RunOutcome:
    """What a run has come to so far; filled by the session, read by the roof."""

    ledger: Ledger | None = None
    not_judged: str | None = None
    findings: list[GroupedFinding] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    completed_checks: set[str] = field(default_factory=set)
    """The checks that came to an end; a run in which one did not has judged nothing."""


SETTINGS = pytest.StashKey[Settings]()
OUTCOME = pytest.StashKey[RunOutcome]()
