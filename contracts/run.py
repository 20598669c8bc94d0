"""Run: drive every operation, wait for the webhooks, close the ledger."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

from contracts.checks import CHECKS
from contracts.checks.application import apply_check
from contracts.checks.judgement import GroupedFinding
from contracts.execution import saved_cases
from contracts.execution.delivery_intake import DeliveryIntake
from contracts.execution.estimate import estimate_cost
from contracts.execution.linked_resources import LinkedResource
from contracts.execution.operation_session import OperationSession
from contracts.execution.phases import Phase, build_phases, run_phases, run_smoke_test
from contracts.execution.target import Target
from contracts.execution.webhook_retry import DeliveryRejector, try_webhook_retries
from contracts.execution.webhook_source import open_webhook_source
from contracts.generators.credentials import token_expiry
from contracts.ledger.ledger import Ledger
from contracts.live_run import LiveRun, await_webhooks
from contracts.model.correlators import expiry_bounds
from contracts.model.errors import CouldNotJudge
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from openapi.contract import Contract, Json

SMOKE_TEST_WEBHOOK_TIMEOUT_S = 1.0
_WAIT_STEP_S = 2.0
_WAIT_PAUSE_S = 0.2


def find_faults(ledger: Ledger) -> list[GroupedFinding]:
    """Return the findings of every selected check in the closed ledger.

    Raise `CouldNotJudge` if a check crashed and no other one found a violation.
    """
    results = [
        apply_check(name, check, ledger)
        for name, check in CHECKS.items()
        if ledger.settings.selection.judges(name)
    ]
    found = [finding for result in results for finding in result.findings]
    crashes = [result.crash for result in results if result.crash is not None]
    if crashes and not any(one.finding.severity == "violation" for one in found):
        raise CouldNotJudge(crashes[0])
    return found


def run(
    settings: Settings,
    contract: Contract,
    progress: Callable[[str], None],
    watch: Callable[[LiveRun], None] | None = None,
) -> Ledger:
    """Send all requests, receive all webhooks, and return the closed ledger.

    `progress` gets a line at each step, `watch` the live run before its first request. Raise
    `CouldNotJudge`.
    """
    if not (settings.token or settings.dry_run) and any(
        operation.scheme for operation in contract.operations
    ):
        raise CouldNotJudge(
            "no token was given: pass --token or HOOKPROOF_TOKEN (for the mock: hookproof token)"
        )
    bounds = expiry_bounds(contract) if settings.gentle else None
    unique_values = UniqueValues(settings.run_id, settings.seed, datetime.now(UTC), bounds)
    with ExitStack() as stack:
        target = stack.enter_context(
            Target(
                settings.url,
                headers=settings.headers,
                timeout=settings.request_timeout,
                rate_limit=settings.rate_limit,
                verify=settings.tls_verify,
            )
        )
        sessions = [
            OperationSession(contract, operation, settings, target, unique_values, progress)
            for operation in contract.operations
            if operation.response_caused_by("valid-request") and contract.can_request(operation)
        ]
        connect_linked_resources(sessions)
        earlier = _load_saved_cases(settings)
        phases = {session.operation.id: build_phases(session, earlier) for session in sessions}
        if settings.dry_run:
            progress(estimate_cost(sessions, phases).sentence)
            return LiveRun(settings, contract, None, sessions).ledger()
        intake = DeliveryIntake(settings, contract)
        rejector = DeliveryRejector(contract, settings.run_id, intake.is_own)
        sink = open_webhook_source(stack, settings, contract, progress, rejector, intake)
        live_run = LiveRun(settings, contract, sink, sessions, intake=intake)
        if watch is not None:
            watch(live_run)
        _await_service(target, settings.wait)
        for session in sessions:
            if not _is_accepted(live_run, session):
                continue
            if session is sessions[0] and not settings.exit_first:
                # Only now, because a run that cannot judge needs no generated cases.
                progress(estimate_cost(sessions, phases).sentence)
            _run_session(live_run, session, phases[session.operation.id])
            live_run.receive_deliveries()  # so that the end of the run need not judge all of them
        if live_run.has_enough():
            return live_run.ledger()
        rejects = "retry" in settings.extra_phases and settings.selection.sends("retry")
        if sink is not None and rejects:
            live_run.undecided += try_webhook_retries(sessions, sink, rejector, live_run.ledger)
        progress("waiting for webhooks ...")
        return await_webhooks(live_run)


def _is_accepted(live_run: LiveRun, session: OperationSession) -> bool:
    """Return whether a plain valid request got no 5xx; raise if the run cannot judge."""
    reason = run_smoke_test(session)
    if reason is not None:
        raise CouldNotJudge(reason)
    status = session.exchanges[-1].status
    if status is not None and status >= 500:
        # Other cases decide nothing as long as a plain valid request fails.
        live_run.undecided.append(f"the run was cut short: a plain valid request got {status}")
        return False
    return True


def _run_session(live_run: LiveRun, session: OperationSession, phases: Sequence[Phase]) -> None:
    if live_run.settings.exit_first and live_run.sink is not None:
        live_run.sink.wait(after=0, timeout=SMOKE_TEST_WEBHOOK_TIMEOUT_S)
    if not live_run.has_enough():
        live_run.undecided += run_phases(session, phases, live_run.has_enough)
    ends = token_expiry(live_run.settings.token)
    last = session.exchanges[-1]
    if ends is not None and last.started <= ends <= last.ended:
        raise CouldNotJudge("the token expired during the run: pass one that lasts longer")


def _load_saved_cases(settings: Settings) -> Sequence[Mapping[str, Json]]:
    try:
        return saved_cases.load_cases(settings)
    except saved_cases.UnreadableCases as error:
        raise CouldNotJudge(str(error)) from None


def _await_service(target: Target, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if target.responds(min(left, _WAIT_STEP_S)):
            return
        time.sleep(_WAIT_PAUSE_S)


def connect_linked_resources(sessions: Sequence[OperationSession]) -> None:
    """Connect each operation that needs a resource to the operation that creates it."""
    by_id = {session.operation.id: session for session in sessions}
    for session in sessions:
        made = session.contract.find_creator(session.operation)
        if made is not None and made[0].id in by_id:
            maker, link = made
            create = by_id[maker.id].create
            session.linked_resource = LinkedResource(
                create, link, consumes=not session.operation.is_safe
            )
