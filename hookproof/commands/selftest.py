"""`hookproof selftest`: parallel trials of the mock's faults, and the mutation score."""

import logging
import multiprocessing
import os
import random
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from types import SimpleNamespace

from contracts.execution.possible_requests import reason_without_request
from contracts.model.selection import EVERYTHING, Selection, phase_name
from contracts.resource_sequences.run import PHASE
from hookproof.commands.fault_trial import FaultTrial, run_trial
from hookproof.commands.mutation_score import FaultOutcome, exit_code, format_score
from hookproof.commands.verify_settings import set_hypothesis_directory
from hookproof.contract_loading import contract_files, load_contract_option
from hookproof.errors import CommandError
from mock_server.fault import Fault
from mock_server.faults.registry import faults
from openapi.contract import Contract
from openapi.operation_selection import OperationSelection

_PROGRESS_INTERVAL = 20


def run_selftest(options: SimpleNamespace) -> int:
    """Try all faults or a sample and print the score; return 0 if all are caught, else 1."""
    started = time.monotonic()
    files = contract_files(options).fetched
    contract = load_contract_option(files)
    operations = _possible_operations(contract)
    known = list(faults(operations.apply(contract)).values())
    seed = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    chosen = sample_faults(known, options.sample, seed) if options.sample else known
    jobs = options.jobs or max(2, os.cpu_count() or 2)

    def trial(fault: Fault | None, needs_rate_limit: bool) -> FaultTrial:
        name = fault.name if fault else None
        warns = fault is not None and fault.severity == "warning"
        secret = secrets.token_hex(32)
        # Only sequences show a fault of stored resources, and they come last in a run.
        is_of_resources = fault is not None and fault.category == "resources"
        selection = Selection(only=(phase_name(PHASE),)) if is_of_resources else EVERYTHING
        return FaultTrial(files, name, needs_rate_limit, warns, secret, seed, operations, selection)

    _print_progress(f"{len(chosen)} of {len(known)} faults, {jobs} at a time, seed {seed}")
    set_hypothesis_directory()
    # spawn, not fork: each process runs servers in threads.
    processes = multiprocessing.get_context("spawn")
    # No warnings: a mock with a fault logs its failed deliveries.
    with ProcessPoolExecutor(jobs, processes, logging.disable, (logging.WARNING,)) as pool:
        try:
            for needs_rate_limit in sorted({False} | {fault.needs_rate_limit for fault in chosen}):
                _check_conforms(pool, trial(None, needs_rate_limit))
            found = list(_run_trials(pool, trial, chosen))
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


def _check_conforms(pool: ProcessPoolExecutor, trial: FaultTrial) -> None:
    """Run the harness against the mock without a fault; `CommandError` if it has findings."""
    result = pool.submit(run_trial, trial).result()
    if result.violated or result.warned:
        raise CommandError(f"the mock without faults has findings: {result.message}")
    if not result.judged:
        raise CommandError(f"the mock without faults was not judged: {result.message}")
    _print_progress(
        f"the mock without faults conforms{' with a rate limit' if trial.needs_rate_limit else ''}"
    )


def _run_trials(
    pool: ProcessPoolExecutor,
    trial: Callable[[Fault, bool], FaultTrial],
    chosen: Sequence[Fault],
) -> Iterator[FaultOutcome]:
    # Trials with a rate limit take longest, so they start first.
    ordered = sorted(chosen, key=lambda fault: not fault.needs_rate_limit)
    waiting = {
        pool.submit(run_trial, trial(fault, fault.needs_rate_limit)): fault for fault in ordered
    }
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
