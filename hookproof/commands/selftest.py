"""`hookproof selftest`: parallel trials of the mock's faults, and the mutation score."""

import logging
import multiprocessing
import os
import random
import secrets
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from types import SimpleNamespace

from contracts.execution.possible_requests import reason_without_request
from contracts.model.selection import Selection, phase_name
from contracts.resource_sequences.run import PHASE
from hookproof.commands.fault_trial import Attempt, FaultTrial, run_trial
from hookproof.commands.mutation_score import FaultOutcome, exit_code, format_score
from hookproof.commands.verify_settings import set_hypothesis_directory
from hookproof.contract_loading import contract_files, load_contract_option
from hookproof.errors import CommandError
from mock_server.fault import Fault
from mock_server.faults.registry import faults
from openapi.contract import Contract
from openapi.operation_selection import EVERY_OPERATION, OperationSelection
from openapi.resources.derivation import resources_by_operation

_PROGRESS_INTERVAL = 20


def run_selftest(options: SimpleNamespace) -> int:
    """Try all faults or a sample and print the score; return 0 if all are caught, else 1."""
    started = time.monotonic()
    files = contract_files(options).fetched
    contract = load_contract_option(files)
    operations = _possible_operations(contract)
    possible = operations.apply(contract)
    known = list(faults(possible).values())
    seed = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    chosen = sample_faults(known, options.sample, seed) if options.sample else known
    jobs = options.jobs or max(2, os.cpu_count() or 2)

    def trial(fault: Fault) -> FaultTrial:
        return FaultTrial(
            files,
            fault.name,
            fault.needs_rate_limit,
            fault.severity == "warning",
            secrets.token_hex(32),
            seed,
            operations,
            tuple(_attempts(possible, fault)),
        )

    _print_progress(f"{len(chosen)} of {len(known)} faults, {jobs} at a time, seed {seed}")
    set_hypothesis_directory()
    # spawn, not fork: each process runs servers in threads.
    processes = multiprocessing.get_context("spawn")
    # No warnings: a mock with a fault logs its failed deliveries.
    with ProcessPoolExecutor(jobs, processes, logging.disable, (logging.WARNING,)) as pool:
        try:
            trials = [(fault, trial(fault)) for fault in chosen]
            _check_conforms(pool, [one for _, one in trials])
            found = list(_run_trials(pool, trials))
        except BrokenProcessPool:
            raise CommandError("a process of the selftest died: try again with --jobs 1") from None
        finally:
            pool.shutdown(cancel_futures=True)
    order = {fault.name: number for number, fault in enumerate(chosen)}
    found.sort(key=lambda outcome: order[outcome.fault.name])
    whole = len(chosen) == len(known)
    print("\n".join(format_score(found, time.monotonic() - started, whole=whole)), flush=True)
    return exit_code(found)


def sample_faults(known: Sequence[Fault], size: int, seed: int) -> list[Fault]:
    """Return `size` faults, spread over the categories; equal seeds give equal faults."""
    draw = random.Random(seed)  # noqa: S311 - a choice, no secret
    by_category: dict[str, list[Fault]] = {}
    for fault in draw.sample(known, len(known)):
        by_category.setdefault(fault.category, []).append(fault)
    chosen: list[Fault] = []
    while len(chosen) < min(size, len(known)):
        chosen += [faults.pop() for faults in by_category.values() if faults]
    return chosen[:size]


def _possible_operations(contract: Contract) -> OperationSelection:
    """Return the operations to which a valid request can be made; the others are never tested."""
    reasons = {o.id: reason_without_request(contract, o) for o in contract.operations}
    impossible = {name: reason for name, reason in reasons.items() if reason is not None}
    if len(impossible) == len(reasons):
        name, reason = next(iter(impossible.items()))
        raise CommandError(f"no operation has a valid request; {name}: {reason}")
    for name, reason in impossible.items():
        _print_progress(f"{name} is left out: {reason}")
    return OperationSelection(excluded=tuple(impossible))


def _attempts(contract: Contract, fault: Fault) -> Iterator[Attempt]:
    """Yield runs that show `fault`: the quick ones first, the last one with the whole contract.

    A run with a few of many operations takes a small part of the time. The sequences of a resource
    take less than the other phases of one operation, and alone show what follows a deletion.
    """
    only_sequences = Selection(only=(phase_name(PHASE),))
    if fault.category == "resources":
        yield Attempt(EVERY_OPERATION, only_sequences)
    first = list(_first_operations(contract, fault))
    tested = _with_creators(contract, first)
    # Most faults of requests are shown by the other phases.
    phases = [Attempt(tested)] if tested.is_partial else []
    resource = resources_by_operation(contract).get(fault.operation_id or "")
    if resource is not None:
        operations = [*first, *(operation.id for operation in resource.operations)]
        sequences = Attempt(_with_creators(contract, operations), only_sequences)
        phases.insert(0 if fault.category == "responses" else 1, sequences)
    yield from phases
    yield Attempt()


def _with_creators(contract: Contract, operations: Iterable[str]) -> OperationSelection:
    """Return `operations`, and those that create the resources that they need."""
    waiting = [contract.operation(name) for name in operations]
    ids: list[str] = []
    for operation in waiting:  # grows
        if operation.id not in ids:
            ids.append(operation.id)
            made = contract.find_creator(operation)
            waiting += [made[0]] if made else []
    is_part = len(ids) < len(contract.operations)
    return OperationSelection(only=tuple(ids)) if is_part else EVERY_OPERATION


def _first_operations(contract: Contract, fault: Fault) -> Iterable[str]:
    """Return the ids of the operations that show `fault`, or that show most faults."""
    if fault.operation_id:
        return [fault.operation_id]
    triggers = dict.fromkeys(event.operation for event in contract.triggered_events)
    if fault.category == "webhooks" and triggers:
        return triggers
    with_body = (o.id for o in contract.operations if o.body is not None)
    return [next(iter(triggers), None) or next(with_body, contract.operations[0].id)]


def _check_conforms(pool: ProcessPoolExecutor, trials: Sequence[FaultTrial]) -> None:
    """Run the harness against the mock without a fault, with all operations and as in `trials`.

    Raise `CommandError` if it has findings.
    """
    used = [(one, trial.needs_rate_limit) for trial in trials for one in trial.attempts]
    without_fault = [
        replace(trials[0], fault=None, warns=False, needs_rate_limit=limited, attempts=(attempt,))
        for attempt, limited in dict.fromkeys([(Attempt(), False), *used])
    ]
    results = pool.map(run_trial, without_fault)
    for result in results:
        if result.violated or result.warned:
            raise CommandError(f"the mock without faults has findings: {result.message}")
        if not result.judged:
            raise CommandError(f"the mock without faults was not judged: {result.message}")
    with_limit = any(trial.needs_rate_limit for trial in trials)
    _print_progress(f"the mock without faults conforms{' with a rate limit' if with_limit else ''}")


def _run_trials(
    pool: ProcessPoolExecutor, trials: Sequence[tuple[Fault, FaultTrial]]
) -> Iterator[FaultOutcome]:
    # Trials with a rate limit take longest, so they start first.
    ordered = sorted(trials, key=lambda pair: not pair[0].needs_rate_limit)
    waiting = {pool.submit(run_trial, trial): fault for fault, trial in ordered}
    missed = 0
    for number, done in enumerate(as_completed(waiting), start=1):
        outcome = FaultOutcome(waiting[done], done.result())
        missed += not outcome.caught_by
        if number % _PROGRESS_INTERVAL == 0 or not outcome.caught_by:
            name = "" if outcome.caught_by else f": {outcome.fault.name}"
            _print_progress(f"{number} of {len(waiting)} tried, {missed} not caught{name}")
        yield outcome


def _print_progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
