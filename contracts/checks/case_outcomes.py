"""Outcome of each case: the exchange that decides it, and allowed rejections."""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.checks.judgement import Judgement, failed, passed
from contracts.expectations.allowed_rejections import permission_statuses
from contracts.expectations.ambiguity import MAX_TRIES, is_ambiguous
from contracts.expectations.expectation import Expectation, expected_response
from contracts.ledger.ledger import Ledger
from contracts.model.exchange import Exchange


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """A case, and the answer that decides it."""

    exchange: Exchange
    expected: Expectation
    status: int
    undecided_reason: str = ""
    """Why the answer decides nothing."""

    @property
    def case_id(self) -> int:
        """The case's number."""
        return self.exchange.request.case_id

    @property
    def answered(self) -> str:
        """What came, in a few words."""
        return f"answered {self.status}"


def case_outcomes(ledger: Ledger, *kinds: str) -> Iterator[CaseOutcome]:
    """Yield each case of these kinds that got an answer which says something.

    A 5xx is judged apart, a 429 was waited out, and permissions that the caller itself does not
    hold may be refused.
    """
    for tries in ledger.exchanges_by_case.values():
        first = tries[0]
        expected = expected_response(ledger.contract, first.request, first.started)
        telling = [e for e in tries if expected.kind in kinds and _is_conclusive(ledger, e)]
        if not telling:
            continue
        firm = next((e for e in telling if not is_ambiguous(ledger.contract, e)), None)
        statuses = {e.status for e in telling}
        settled = len(telling) >= MAX_TRIES and len(statuses) == 1
        exchange = firm or telling[0]
        assert exchange.status is not None
        undecided_reason = f"answered {exchange.status}, which may have another cause"
        yield CaseOutcome(
            exchange, expected, exchange.status, "" if firm or settled else undecided_reason
        )


def _is_conclusive(ledger: Ledger, exchange: Exchange) -> bool:
    status = exchange.status
    if (
        status is None
        or status >= 500
        or status == documented_status(exchange, "rate-limit-exceeded")
    ):
        return False
    correlators = ledger.correlators[exchange.request.operation.id]
    return status not in permission_statuses(ledger.contract, exchange.request, correlators)


def documented_status(exchange: Exchange, provocation: str) -> int | None:
    """Return the status that the operation documents for `provocation`."""
    response_spec = exchange.request.operation.response_caused_by(provocation)
    return int(response_spec.status) if response_spec else None


def judge_allowed_rejection(ledger: Ledger, case: CaseOutcome, what: str) -> Judgement | None:
    """Return what is to be said of an answer that a service may give, or None if it may not."""
    allowed_rejections = case.expected.allowance(case.status)
    if allowed_rejections is None:
        return None
    if allowed_rejections.severity == "none":
        return passed(case.expected.pointer, case.case_id)
    message = (
        f"{case.exchange.request.label()} was answered {case.status}, which a service may do "
        f"({ledger.contract.at(allowed_rejections.pointer)['name']}) and clients will not expect; "
        f"{case.expected.status} {what}"
    )
    return failed(
        ledger,
        allowed_rejections.pointer,
        case.exchange,
        message,
        severity="warning",
        expected=f"{case.expected.status} {what}",
        received=case.answered,
    )
