"""Retry of cases with an ambiguous rejection, between two plain valid requests that succeed."""

from contracts.execution.operation_session import OperationSession
from contracts.expectations.ambiguity import MAX_RETRIED_CASES, MAX_TRIES, is_ambiguous
from contracts.model.case import INTERMEDIATE_PHASE, Case
from contracts.model.exchange import Exchange


class AmbiguousCaseRetrier:
    """Sender of cases that retries those with an ambiguous rejection."""

    def __init__(self, session: OperationSession) -> None:
        self._session = session
        self._tried: dict[int, int] = {}

    def send(self, case: Case) -> Exchange:
        """Send `case`; retry it between valid requests while its rejection is ambiguous."""
        exchange = self._session.send(case)
        status = exchange.status or 0
        if (
            not is_ambiguous(self._session.contract, exchange)
            or self._tried.get(status, 0) >= MAX_RETRIED_CASES
        ):
            return exchange
        self._tried[status] = self._tried.get(status, 0) + 1
        for _ in range(MAX_TRIES - 1):
            if not self._is_accepted():
                break
            exchange = self._session.send(case, exchange.request.case_id)
            if not self._is_accepted() or not is_ambiguous(self._session.contract, exchange):
                break
        return exchange

    def _is_accepted(self) -> bool:
        case = Case(INTERMEDIATE_PHASE, "between two tries", self._session.base_body())
        return self._session.send(case).has_status_of("valid-request")
