"""One fault on trial: a mock that has it, on a port of its own, and the harness against it."""

import random
import string
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from contracts.checks.judgement import GroupedFinding
from contracts.model.errors import CouldNotJudge
from contracts.model.settings import Settings
from contracts.run import find_faults, run
from hookproof.contract_loading import load_contract_option
from mock_server.running import running_mock
from mock_server.settings import Settings as MockSettings
from mock_server.tokens import mint
from openapi.contract import Contract
from openapi.http.free_port import LOOPBACK, free_port
from openapi.rate import Rate

TRIAL_RATE_LIMIT = Rate(40, 1)
"""What the mock allows where a fault shows only above a limit; the harness asks for more."""
WEBHOOK_DEADLINE_S = 3.0
"""Seconds for a webhook: the mock sends at once."""


@dataclass(frozen=True, slots=True)
class FaultTrial:
    """What is to be tried."""

    contract: Path | None
    fault: str | None
    """None: the mock without any fault."""
    needs_rate_limit: bool
    """Whether the mock has a rate limit, and the harness goes beyond it."""
    warns: bool
    """Whether a warning is all that can be found: then the harness stops at the first one."""
    secret: str
    """Signs tokens and webhooks; hexadecimal, so that it can be decoded where a key must be."""
    seed: int


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What came of a trial: the checks that found something, by its severity."""

    violated: tuple[str, ...]
    warned: tuple[str, ...]
    told: str
    """A finding in words, or why nothing could be judged."""
    judged: bool


def run_trial(trial: FaultTrial) -> TrialResult:
    """Run the harness over HTTP against the mock; nothing of it is printed."""
    contract = _contract(trial.contract)
    port = free_port()
    mock = MockSettings(
        jwt_secret=trial.secret,
        webhook_urls=(f"http://{LOOPBACK}:{port}/webhooks",),
        webhook_secret=_prefixed_secret(contract, trial.secret),
        rate_limit=TRIAL_RATE_LIMIT if trial.needs_rate_limit else None,
        faults=frozenset([trial.fault] if trial.fault else []),
    )
    with running_mock(contract, mock) as url:
        settings = _settings(contract, trial, url, port)
        try:
            ledger = run(settings, contract, _ignore_progress)
        except CouldNotJudge as error:
            return TrialResult((), (), str(error), judged=False)
        found = find_faults(ledger)
    told = found[0].finding.message if found else "nothing was found"
    return TrialResult(_checks(found, "violation"), _checks(found, "warning"), told, judged=True)


def _checks(found: list[GroupedFinding], severity: str) -> tuple[str, ...]:
    made = (one.finding for one in found)
    return tuple(dict.fromkeys(f.check for f in made if f.severity == severity))


def _ignore_progress(_line: str) -> None:
    """Hear of a run's progress and say nothing: many runs go on at once."""


def _prefixed_secret(contract: Contract, secret: str) -> str:
    """Return `secret`, written as the contract's signatures want their key."""
    schemes = (event.signature for event in contract.events)
    return next((s.secret_prefix for s in schemes if s and s.secret_prefix), "") + secret


@lru_cache(maxsize=1)
def _contract(path: Path | None) -> Contract:
    return load_contract_option(path)


def _settings(contract: Contract, trial: FaultTrial, url: str, port: int) -> Settings:
    permissions = [p for operation in contract.operations for p in operation.permissions]
    now = int(time.time())
    letters = random.Random(f"{trial.seed}/{trial.fault}")  # noqa: S311 - a name, no secret
    extra_phases = {"retry", "concurrency"} | ({"rate-limit"} if trial.needs_rate_limit else set())
    return Settings(
        url=url,
        run_id="".join(letters.choices(string.ascii_lowercase + string.digits, k=6)),
        seed=trial.seed,
        contract=trial.contract,
        token=mint(trial.secret, permissions, None),
        token_without_permission=mint(trial.secret, ["another:permission"], None),
        token_expired=mint(trial.secret, permissions, now - 60),
        token_not_yet_valid=mint(trial.secret, permissions, None, not_before=now + 86400),
        webhook_port=port,
        webhook_secret=_prefixed_secret(contract, trial.secret),
        webhook_deadline=WEBHOOK_DEADLINE_S,
        extra_phases=frozenset(extra_phases),
        profile="quick",
        exit_first=True,
        strict=trial.warns,
    )
