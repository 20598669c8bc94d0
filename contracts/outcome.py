"""Outcome of a run, stored in pytest's configuration. Light to import."""

from dataclasses import dataclass, field

import pytest

from contracts.checks.application import CheckResult
from contracts.judgement import GroupedFinding, Judgement
from contracts.ledger.ledger import Ledger
from contracts.model.settings import Settings
from openapi.contract import Contract


@dataclass
class RunOutcome:
    """Outcome of a run so far. The fixtures fill it, the caller reads it."""

    ledger: Ledger | None = None
    not_judged: str | None = None
    results: dict[str, CheckResult] = field(default_factory=dict)
    """Result of each check that was applied; if one is missing, the run is not judged."""

    @property
    def judgements(self) -> list[Judgement]:
        """All judgements, in the order of the checks."""
        return [one for result in self.results.values() for one in result.judgements]

    @property
    def findings(self) -> list[GroupedFinding]:
        """All findings, in the order of the checks."""
        return [one for result in self.results.values() for one in result.findings]

    @property
    def crashes(self) -> dict[str, str]:
        """Name of each check that crashed, and a sentence about it."""
        found = {name: result.crash for name, result in self.results.items()}
        return {name: crash for name, crash in found.items() if crash is not None}


SETTINGS = pytest.StashKey[Settings]()
CONTRACT = pytest.StashKey[Contract]()
OUTCOME = pytest.StashKey[RunOutcome]()
