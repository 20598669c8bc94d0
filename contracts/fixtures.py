"""pytest fixtures of the suite: one run per pytest session, its ledger shared by all checks.

The names have a prefix, because the suite may run beside a user's tests. The caller puts the
settings into the stash of pytest's configuration and reads the outcome from there.
"""

import sys
from collections.abc import Callable

import pytest

from contracts.checks import CHECKS
from contracts.checks.judgement import group_findings
from contracts.checks.secrets import known_secrets
from contracts.ledger.ledger import Ledger
from contracts.model.errors import CouldNotJudge
from contracts.outcome import OUTCOME, SETTINGS, RunOutcome
from contracts.run import run
from openapi.loading.loader import load_contract
from openapi.loading.yaml_source import ContractError
from openapi.redaction import Redaction


@pytest.fixture(scope="session")
def hookproof_ledger(request: pytest.FixtureRequest) -> Ledger:
    """Run against the service once and return the closed ledger."""
    settings = request.config.stash.get(SETTINGS, None)
    if settings is None:
        pytest.fail("no service URL was given: pass --hookproof-url URL", pytrace=False)
    outcome = request.config.stash.setdefault(OUTCOME, RunOutcome())
    try:
        outcome.ledger = run(settings, load_contract(settings.contract), _progress)
    except (CouldNotJudge, ContractError) as error:
        outcome.not_judged = str(error)
        pytest.fail(f"could not judge: {error}", pytrace=False)
    return outcome.ledger


@pytest.fixture(scope="session")
def hookproof_check(
    request: pytest.FixtureRequest, hookproof_ledger: Ledger
) -> Callable[[str], None]:
    """Return a function that applies a check and fails the test on a violation."""
    outcome = request.config.stash[OUTCOME]
    redact = Redaction(known_secrets(hookproof_ledger))

    def apply(check: str) -> None:
        judgements = list(CHECKS[check](hookproof_ledger))
        found = group_findings(check, judgements)
        outcome.judgements.extend(judgements)
        outcome.findings.extend(found)
        outcome.completed_checks.add(check)
        violations = [
            f"VIOLATION {redact(one.finding.message)}"
            for one in found
            if one.finding.severity == "violation"
        ]
        if violations:
            pytest.fail("\n".join(violations), pytrace=False)

    return apply


def _progress(line: str) -> None:
    """Print `line` to stderr; on a terminal the next line replaces one that ends in dots."""
    begin, end = "", "\n"
    if sys.stderr.isatty():
        begin, end = "\r\x1b[K", "" if line.endswith("...") else "\n"
    print(f"{begin}{line}", end=end, file=sys.stderr, flush=True)  # noqa: T201 - progress
