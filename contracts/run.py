"""Run: drive every operation, wait for the webhooks, close the ledger."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

from contracts.checks import CHECKS
from contracts.checks.application import apply_check
from contracts.execution import saved_cases
from contracts.execution.access import (
    find_not_tested,
    nothing_tested_sentence,
    unsupported_sentences,
)
from contracts.execution.budget import Budget
from contracts.execution.delivery_intake import DeliveryIntake
from contracts.execution.estimate import (
    MAX_OPERATIONS,
    RunEstimate,
    estimate_cost,
    format_limits,
)
from contracts.execution.linked_resources import LinkedResource
from contracts.execution.operation_session import OperationSession
from contracts.execution.phases import Phase, build_phases
from contracts.execution.target import Target
from contracts.execution.webhook_retry import DeliveryRejector, try_webhook_retries
from contracts.execution.webhook_source import open_webhook_source
from contracts.judgement import GroupedFinding
from contracts.ledger.ledger import Ledger
from contracts.live_run import LiveRun, await_webhooks, stopped_ledger
from contracts.model.correlators import expiry_bounds
from contracts.model.errors import CouldNotJudge
from contracts.model.own_targets import OwnTargets
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from contracts.operations import MAX_REASONS, run_operations
from contracts.resource_sequences.run import PHASE, estimate_sequences, send_sequences
from openapi.contract import Contract, Json

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
    not_tested = find_not_tested(contract, settings)
    untested_ids = {one.id for one in not_tested}
    own_targets = OwnTargets(
        contract, frozenset(untested_ids), allow_destructive=settings.allow_destructive
    )
    refused = own_targets.refused()
    untested_ids |= {one.id for one in refused}
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
        budget = Budget(settings.max_requests, settings.max_time)
        sessions = [
            OperationSession(contract, operation, settings, target, unique_values, progress, budget)
            for operation in contract.operations
            if operation.accepts_valid_requests and operation.id not in untested_ids
        ]
        if not_tested and not sessions:
            raise CouldNotJudge(nothing_tested_sentence(contract, settings))
        if refused and not sessions:
            raise CouldNotJudge("; ".join(one.sentence for one in refused[:MAX_REASONS]))
        connect_linked_resources(sessions, own_targets)
        earlier = _load_saved_cases(settings, contract, progress)
        # Of many operations the cases are generated in turn, because they take memory and time.
        is_small = len(sessions) <= MAX_OPERATIONS
        possible = [
            session
            for session in sessions
            if not (is_small or settings.dry_run) or session.lacking_request is None
        ]
        few = possible if is_small and not settings.dry_run else []
        built = {session.operation.id: build_phases(session, earlier) for session in few}

        def phases_of(session: OperationSession) -> Sequence[Phase]:
            return built.get(session.operation.id) or build_phases(session, earlier)

        def estimate() -> RunEstimate:
            cost = estimate_cost(possible, phases_of)
            more = estimate_sequences(contract, possible)
            return replace(cost, operations=(*cost.operations, *more))

        if settings.dry_run:
            _show_estimate(estimate(), progress)
            return LiveRun(settings, contract, None, sessions).ledger()
        intake = DeliveryIntake(settings, contract)
        rejector = DeliveryRejector(contract, settings.run_id, intake.is_own)
        sink = open_webhook_source(stack, settings, contract, progress, rejector, intake)
        untested = (*not_tested, *refused)
        live_run = LiveRun(settings, contract, sink, sessions, incomplete=untested, intake=intake)
        live_run.undecided += [one.sentence for one in not_tested]
        live_run.undecided += unsupported_sentences(sessions)
        if watch is not None:
            watch(live_run)
        await_service(target, settings.wait)
        budget.start()

        def announce() -> None:
            if built:
                progress(estimate().sentence)
            else:
                count = f"{len(sessions)} operations in turn"
                progress(f"this run tests {count}{format_limits(settings)}")

        goes_on = run_operations(live_run, sessions, phases_of, budget, announce)
        budget.share_rest()
        if goes_on:
            _send_last_phases(live_run, sessions, rejector, progress)
        return _closed_ledger(live_run, progress)


def _closed_ledger(live_run: LiveRun, progress: Callable[[str], None]) -> Ledger:
    """Wait for the webhooks, unless the run has enough; return the ledger."""
    if live_run.has_enough():
        return stopped_ledger(live_run)
    progress("waiting for webhooks ...")
    return await_webhooks(live_run)


def _send_last_phases(
    live_run: LiveRun,
    sessions: Sequence[OperationSession],
    rejector: DeliveryRejector,
    progress: Callable[[str], None],
) -> None:
    """Send the sequences on resources, and fail some deliveries, unless the run has enough."""
    settings = live_run.settings
    if settings.selection.sends(PHASE) and not live_run.has_enough():
        live_run.undecided += send_sequences(live_run.contract, sessions, progress)
    rejects = "retry" in settings.extra_phases and settings.selection.sends("retry")
    if live_run.sink is not None and rejects and not live_run.has_enough():
        tested = [session for session in sessions if session.is_tested]
        live_run.undecided += try_webhook_retries(tested, live_run.sink, rejector, live_run.ledger)


def _show_estimate(estimate: RunEstimate, progress: Callable[[str], None]) -> None:
    """Show the estimate of each operation, if there are several, and of the run."""
    if len(estimate.operations) > 1:
        for operation in estimate.operations:
            progress(operation.sentence)
    progress(estimate.sentence)


def _load_saved_cases(
    settings: Settings, contract: Contract, progress: Callable[[str], None]
) -> Sequence[Mapping[str, Json]]:
    """Return the saved cases that fit the contract; show a sentence about the others."""
    try:
        loaded = saved_cases.load_cases(settings)
    except saved_cases.UnreadableCases as error:
        raise CouldNotJudge(str(error)) from None
    fitting, reasons = saved_cases.fitting_cases(contract, loaded)
    if reasons and not settings.dry_run:
        count = len(loaded) - len(fitting)
        cases = f"{count} saved case{'' if count == 1 else 's'}"
        progress(f"dropped {cases} that the contract no longer allows: {'; '.join(reasons)}")
    return fitting


def await_service(target: Target, seconds: float) -> None:
    """Wait until the service answers, at most `seconds`."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if target.responds(min(left, _WAIT_STEP_S)):
            return
        time.sleep(_WAIT_PAUSE_S)


def connect_linked_resources(sessions: Sequence[OperationSession], own_targets: OwnTargets) -> None:
    """Connect each operation that needs a resource to the operation that creates it."""
    by_id = {session.operation.id: session for session in sessions}
    for session in sessions:
        session.has_own_target = own_targets.creates(session.operation)
        made = session.contract.find_creator(session.operation)
        if made is None or made[0].id not in by_id:
            continue
        maker, link = made
        creator = by_id[maker.id]
        # A selection of operations may leave a cycle of links without its first creator.
        if session in creator.creators:
            continue
        session.creator = creator
        session.linked_resource = LinkedResource(
            creator.create,
            link,
            consumes=not session.operation.is_safe,
            must_be_own=session.needs_own_target,
        )
