"""Outcome of each case: the deciding exchange, and allowed rejections."""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.expectations.allowed_rejections import permission_statuses
from contracts.expectations.ambiguity import MAX_TRIES, is_ambiguous
from contracts.expectations.conversion import is_converted
from contracts.expectations.expectation import Expectation, expected_response
from contracts.judgement import Judgement, failed, passed
from contracts.ledger.ledger import Ledger
from contracts.model.exchange import Exchange
from openapi.statuses.contradictions import undecided_reason


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """A case and the response that decides it."""

    exchange: Exchange
    expected: Expectation
    status: int
    undecided_reason: str = ""
    """Reason why the response decides nothing, or empty."""

    @property
    def case_id(self) -> int:
        """Number of the case."""
        return self.exchange.request.case_id

    @property
    def is_as_expected(self) -> bool:
        """Whether the contract documents the status for the request."""
        return self.expected.accepts(self.status)

    @property
    def pointer(self) -> str:
        """Pointer of the constraint that the response is about."""
        return self.expected.pointer_for(self.status)

    def has_status_of(self, cause: str) -> bool:
        """Return whether the contract documents the status for `cause`."""
        return self.exchange.request.operation.allows_cause(cause, self.status)

    @property
    def received(self) -> str:
        """Short description of the response."""
        return f"status {self.status}"


def case_outcomes(ledger: Ledger, *kinds: str) -> Iterator[CaseOutcome]:
    """Yield each case of these kinds that got a conclusive response.

    Not conclusive are a 5xx (`server-error` judges it), a 429 (the run waits and retries), and the
    rejection of a permission that the run's credential lacks.
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
        undecided_reason = f"status {exchange.status} may have another cause"
        if is_tolerated(exchange, expected):
            undecided_reason = f"status {exchange.status} may reject {first.request.description}"
        elif firm or settled:
            undecided_reason = _default_cause_reason(ledger, exchange, expected)
        yield CaseOutcome(exchange, expected, exchange.status, undecided_reason)


def _default_cause_reason(ledger: Ledger, exchange: Exchange, expected: Expectation) -> str:
    """Return why the response decides nothing by a document without stated causes, or empty."""
    status = exchange.status or 0
    if not expected.operation.has_default_causes or expected.accepts(status):
        return ""
    reason = undecided_reason(
        expected.cause,
        status,
        documents_success=expected.operation.response_caused_by("valid-request") is not None,
    )
    if reason or expected.kind != "invalid":
        return reason
    if exchange.request.json.has_non_finite_numbers:
        return "a service may read NaN and Infinity, as many parsers do"
    if expected.problem is None and is_converted(
        ledger.contract, exchange.request, expected.violations
    ):
        return "a service may convert such a value"
    return ""


def is_tolerated(exchange: Exchange, expected: Expectation) -> bool:
    """Return whether HTTP or the value lets a service reject the request: nothing is decided."""
    return (
        not expected.accepts(exchange.status)
        and expected.allowance(exchange.status) is None
        and exchange.request.tolerated.get(exchange.status or 0) == "none"
    )


def _is_conclusive(ledger: Ledger, exchange: Exchange) -> bool:
    status = exchange.status
    if status is None or status >= 500 or exchange.has_status_of("rate-limit-exceeded"):
        return False
    correlators = ledger.correlators[exchange.request.operation.id]
    return status not in permission_statuses(ledger.contract, exchange.request, correlators)


def judge_allowed_rejection(ledger: Ledger, case: CaseOutcome) -> Judgement | None:
    """Return the judgement of a status that an allowed rejection covers, or None without one."""
    allowed_rejections = case.expected.allowance(case.status)
    if allowed_rejections is None:
        return None
    if allowed_rejections.severity == "none":
        return passed(case.pointer, case.case_id)
    message = (
        f"{case.exchange.request.label()} got {case.status}; the contract allows it "
        f"({ledger.contract.at(allowed_rejections.pointer)['name']}), but clients expect "
        f"{case.expected.wanted}"
    )
    return failed(
        ledger,
        allowed_rejections.pointer,
        case.exchange,
        message,
        severity="warning",
        expected=case.expected.wanted,
        received=case.received,
    )
