"""Mutation score of a selftest: faults by category, and how many the checks caught. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.checks import CHECKS
from hookproof.commands.fault_trial import TrialResult
from mock_server.fault import Fault
from openapi.safe_text import escape_hidden

ALL_CAUGHT, NOT_CAUGHT = 0, 1

KNOWN_IDLE_CHECKS: Mapping[str, str] = {
    "no-response": "the mock neither hangs nor dies",
    "error-detail": "the mock writes every error itself",
    "allowed-rejection": "the mock uses no allowed rejection by default",
    "unknown-resource": "only an operation on a resource of another operation can violate it",
    "read-after-write": "only an operation that reads what another one creates can violate it",
    "deleted-resource": "only an operation that deletes what another one creates can violate it",
    "list-items": "only an operation that lists what another one creates can violate it",
    "list-filter": "only a list with a filter can violate it",
    "list-paging": "only a list with pages can violate it",
    "idempotency-key": "only an operation with an idempotency key can violate it",
    "tenant-isolation": "only an operation that reads what another one creates can violate it",
    "concurrent-duplicates": "the mock handles requests one by one",
    "webhook-single-event": "two deliveries of one event have the same event id",
    "webhook-json": "the mock serialises every body, with a fault too",
    "webhook-time": "the mock writes the time of sending, or no date",
    "webhook-late": "the mock sends immediately or not at all",
}
"""Reasons why a check catches no fault of the mock."""


@dataclass(frozen=True, slots=True)
class FaultOutcome:
    """Fault with the result of its trial."""

    fault: Fault
    result: TrialResult

    @property
    def caught_by(self) -> tuple[str, ...]:
        """Checks that caught the fault; a warning counts if the fault has the severity warning."""
        warned = self.result.warned if self.fault.severity == "warning" else ()
        return (*self.result.violated, *warned)


def exit_code(outcomes: Sequence[FaultOutcome]) -> int:
    """Return 0 if every fault was caught, else 1."""
    return ALL_CAUGHT if all(outcome.caught_by for outcome in outcomes) else NOT_CAUGHT


def format_score(outcomes: Sequence[FaultOutcome], took: float, *, whole: bool) -> Iterator[str]:
    """Yield the table by category and the faults not caught; `whole`: all faults were tried."""
    categories = list(dict.fromkeys(outcome.fault.category for outcome in outcomes))
    yield f"{'category':<12}{'faults':>8}{'caught':>8}{'score':>8}"
    for category in categories:
        yield _row(category, [o for o in outcomes if o.fault.category == category])
    yield _row("all", outcomes)
    yield ""
    missed = [outcome for outcome in outcomes if not outcome.caught_by]
    if missed:
        yield "Not caught:"
        for outcome in missed:
            fault = outcome.fault
            yield (
                f"  - {fault.name} ({fault.severity}): {escape_hidden(fault.description)} "
                f"Found: {escape_hidden(outcome.result.message)}"
            )
        yield ""
    caught = {check for outcome in outcomes for check in outcome.caught_by}
    idle = [name for name in CHECKS if name not in caught]
    if whole and idle:
        yield "Checks that caught nothing:"
        for name in idle:
            yield f"  - {name}: {KNOWN_IDLE_CHECKS.get(name, 'unknown reason; remove the check?')}"
        yield ""
    verdict = "NOT CAUGHT" if missed else "ALL CAUGHT"
    yield f"{verdict}: {len(outcomes) - len(missed)} of {len(outcomes)} faults in {took:.0f} s"


def _row(name: str, outcomes: Sequence[FaultOutcome]) -> str:
    caught = sum(bool(outcome.caught_by) for outcome in outcomes)
    score = 100 * caught // max(len(outcomes), 1)
    return f"{name:<12}{len(outcomes):>8}{caught:>8}{score:>6} %"
