"""Trial of one fault: run the harness against a mock that has the fault."""

import random
import string
import time
from dataclasses import dataclass, replace
from functools import lru_cache

from contracts.judgement import GroupedFinding
from contracts.model.errors import CouldNotJudge
from contracts.model.selection import EVERYTHING, Selection
from contracts.model.settings import Settings
from contracts.run import find_faults, run
from hookproof.contract_loading import ContractFiles, load_contract_silently
from mock_server.fixed_credentials import accepted_credentials
from mock_server.running import running_mock
from mock_server.settings import Settings as MockSettings
from mock_server.tokens import mint
from openapi.contract import Contract
from openapi.http.free_port import LOOPBACK, free_port
from openapi.operation_selection import EVERY_OPERATION, OperationSelection
from openapi.rate import Rate

TRIAL_RATE_LIMIT = Rate(40, 1)
"""Rate limit of the mock for faults that appear only above a rate limit."""
WEBHOOK_DEADLINE_S = 3.0
"""Short, because the mock sends webhooks immediately."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Part of the contract that a run tests."""

    tested: OperationSelection = EVERY_OPERATION
    """Operations that the harness tests, the first one first."""
    selection: Selection = EVERYTHING
    """Phases of the run."""


@dataclass(frozen=True, slots=True)
class FaultTrial:
    """Parameters of one trial."""

    files: ContractFiles
    fault: str | None
    """Name of the fault; None: no fault."""
    needs_rate_limit: bool
    """Whether the mock has a rate limit and the harness exceeds it."""
    warns: bool
    """Whether the fault causes only warnings; the harness then stops at the first warning."""
    secret: str
    """Secret of tokens and webhooks; hexadecimal, because some schemes decode it into a key."""
    seed: int
    operations: OperationSelection = EVERY_OPERATION
    """Operations of the contract: those of the mock."""
    attempts: tuple[Attempt, ...] = (Attempt(),)
    """Runs, one after another until one has a finding: the quick ones first."""


@dataclass(frozen=True, slots=True)
class TrialResult:
    """Result of a trial: the checks with findings, by severity."""

    violated: tuple[str, ...]
    warned: tuple[str, ...]
    message: str
    """Message of the first finding, or the reason why the run could not judge."""
    judged: bool
    """Whether the mock accepted a valid request, and every check came to an end."""


def run_trial(trial: FaultTrial) -> TrialResult:
    """Run the harness over HTTP against the mock, without output."""
    first, *others = trial.attempts
    result = _run_attempt(trial, first)
    for attempt in others:
        if result.violated or (trial.warns and result.warned):
            break
        result = _run_attempt(trial, attempt)
    return result


def _run_attempt(trial: FaultTrial, attempt: Attempt) -> TrialResult:
    contract = _contract(trial.files, trial.operations)
    tested = _tested_contract(trial.files, trial.operations, attempt.tested)
    port = free_port()
    mock = MockSettings(
        jwt_secret=trial.secret,
        webhook_urls=(f"http://{LOOPBACK}:{port}/webhooks",),
        webhook_secret=_webhook_secret(contract, trial.secret),
        rate_limit=TRIAL_RATE_LIMIT if trial.needs_rate_limit else None,
        faults=frozenset([trial.fault] if trial.fault else []),
    )
    with running_mock(contract, mock) as url:
        settings = replace(_settings(contract, trial, url, port), selection=attempt.selection)
        try:
            ledger = run(settings, tested, _ignore_progress)
            found = find_faults(ledger)
        except CouldNotJudge as error:
            return TrialResult((), (), str(error), judged=False)
    if not found and not any(e.has_status_of("valid-request") for e in ledger.exchanges):
        return TrialResult((), (), "no valid request was accepted", judged=False)
    message = found[0].finding.message if found else "no finding"
    return TrialResult(_checks(found, "violation"), _checks(found, "warning"), message, judged=True)


def _checks(found: list[GroupedFinding], severity: str) -> tuple[str, ...]:
    findings = (one.finding for one in found)
    return tuple(dict.fromkeys(f.check for f in findings if f.severity == severity))


def _ignore_progress(_line: str) -> None:
    """Discard the progress of a run: several trials run in parallel."""


def _webhook_secret(contract: Contract, secret: str) -> str:
    """Return a secret made of `secret` that the contract's signature schemes can use."""
    schemes = (event.signature for event in contract.events)
    return next((scheme.make_secret(secret) for scheme in schemes if scheme), secret)


@lru_cache(maxsize=1)
def _contract(files: ContractFiles, operations: OperationSelection) -> Contract:
    return operations.apply(load_contract_silently(files))


@lru_cache(maxsize=8)
def _tested_contract(
    files: ContractFiles, operations: OperationSelection, tested: OperationSelection
) -> Contract:
    contract = tested.apply(_contract(files, operations))
    if not tested.is_partial:
        return contract
    # The operation of the fault comes first, so that a run which stops early tests no other.
    ordered = sorted(contract.operations, key=lambda operation: tested.only.index(operation.id))
    return replace(contract, operations=tuple(ordered))


def _settings(contract: Contract, trial: FaultTrial, url: str, port: int) -> Settings:
    permissions = [p for operation in contract.operations for p in operation.permissions]
    now = int(time.time())
    letters = random.Random(f"{trial.seed}/{trial.fault}")  # noqa: S311 - a name, no secret
    extra_phases = {"retry", "concurrency"} | ({"rate-limit"} if trial.needs_rate_limit else set())
    return Settings(
        url=f"{url}{contract.base_path}",
        run_id="".join(letters.choices(string.ascii_lowercase + string.digits, k=6)),
        seed=trial.seed,
        token=mint(trial.secret, permissions, None),
        credentials=tuple((s.name, v) for s, v in accepted_credentials(contract).items()),
        # Without permissions in the contract, every token has them all.
        token_without_permission=(
            mint(trial.secret, ["another:permission"], None) if permissions else None
        ),
        other_tenant_token=mint(trial.secret, permissions, None, tenant="other"),
        token_expired=mint(trial.secret, permissions, now - 60),
        token_not_yet_valid=mint(trial.secret, permissions, None, not_before=now + 86400),
        webhook_port=port,
        webhook_secret=_webhook_secret(contract, trial.secret),
        webhook_deadline=WEBHOOK_DEADLINE_S,
        extra_phases=frozenset(extra_phases),
        profile="quick",
        allow_destructive=True,
        exit_first=True,
        strict=trial.warns,
    )
