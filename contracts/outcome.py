"""Outcome of a run, stored in pytest's configuration. Light to import."""

from dataclasses import dataclass, field

import pytest

from contracts.checks.judgement import GroupedFinding, Judgement
from contracts.ledger.ledger import Ledger
from contracts.model.settings import Settings
from openapi.contract import Contract


@dataclass
class RunOutcome:
    """Outcome of a run so far. The fixtures fill it, the caller reads it."""

    ledger: Ledger | None = None
    not_judged: str | None = None
    findings: list[GroupedFinding] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    completed_checks: set[str] = field(default_factory=set)
    """Checks that completed; if one did not, the run is not judged."""


SETTINGS = pytest.StashKey[Settings]()
CONTRACT = pytest.StashKey[Contract]()
OUTCOME = pytest.StashKey[RunOutcome]()
