"""pytest fixtures of the suite: one run per pytest session, its ledger shared by all checks.

The names have a prefix, because the suite may run beside a user's tests. The caller puts the
settings and the contract into the stash of pytest's configuration and reads the outcome from there.
"""

import sys
from collections.abc import Callable

import pytest

from contracts.checks import CHECKS
from contracts.checks.application import NOT_APPLIED, apply_check
from contracts.checks.secrets import redaction
from contracts.ledger.ledger import Ledger
from contracts.model.errors import CouldNotJudge
from contracts.model.settings import Settings
from contracts.outcome import CONTRACT, OUTCOME, SETTINGS, RunOutcome
from contracts.run import run
from openapi.contract import Contract
from openapi.terminal import terminal_console


@pytest.fixture(scope="session")
def hookproof_ledger(request: pytest.FixtureRequest) -> Ledger:
    """Run against the service once and return the closed ledger."""
    settings = request.config.stash.get(SETTINGS, None)
    if settings is None:
        pytest.fail("no service URL was given: pass --hookproof-url URL", pytrace=False)
    outcome = request.config.stash.setdefault(OUTCOME, RunOutcome())
    try:
        outcome.ledger = _run_with_progress(settings, request.config.stash[CONTRACT])
    except CouldNotJudge as error:
        outcome.not_judged = str(error)
        pytest.fail(f"could not judge: {error}", pytrace=False)
    return outcome.ledger


@pytest.fixture(scope="session")
def hookproof_check(
    request: pytest.FixtureRequest, hookproof_ledger: Ledger
) -> Callable[[str], None]:
    """Return a function that applies a check and fails the test on a violation or a crash."""
    outcome = request.config.stash[OUTCOME]
    redact = redaction(hookproof_ledger)

    def apply(check: str) -> None:
        selection = hookproof_ledger.settings.selection
        if not selection.judges(check):
            outcome.results[check] = NOT_APPLIED
            pytest.skip(f"left out: {selection.sentence}")
        result = outcome.results[check] = apply_check(check, CHECKS[check], hookproof_ledger)
        failures = [
            f"VIOLATION {redact(one.finding.located_message)}"
            for one in result.findings
            if one.finding.severity == "violation"
        ]
        if result.crash is not None:
            failures.append(result.crash)
        if failures:
            pytest.fail("\n".join(failures), pytrace=False)

    return apply


def _run_with_progress(settings: Settings, contract: Contract) -> Ledger:
    console = terminal_console(sys.stderr)
    if console is None:
        return run(settings, contract, _print_line)
    from contracts.terminal_progress import TerminalProgress  # noqa: PLC0415 - it loads rich

    progress = TerminalProgress(console)
    with progress.live:
        return run(settings, contract, progress.show, progress.watch)


def _print_line(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - progress
