"""Retry of cases whose rejection is ambiguous, between two plain creates that are accepted."""

from contracts.execution.operation_session import Conversation
from contracts.expectations.ambiguity import MOST, TRIES, in_doubt
from contracts.model.case import BETWEEN, Plan
from contracts.model.exchange import Exchange


class Doubts:
    """Sends cases, and those again whose answer decides nothing."""

    def __init__(self, talk: Conversation) -> None:
        self._talk = talk
        self._tried: dict[int, int] = {}

    def send(self, plan: Plan) -> Exchange:
        """Send `plan`; again, between two accepted creates each time, while it is in doubt."""
        exchange = self._talk.send(plan)
        status = exchange.status or 0
        if not in_doubt(self._talk.contract, exchange) or self._tried.get(status, 0) >= MOST:
            return exchange
        self._tried[status] = self._tried.get(status, 0) + 1
        for _ in range(TRIES - 1):
            if not self._is_accepted():
                break
            exchange = self._talk.send(plan, exchange.request.case)
            if not self._is_accepted() or not in_doubt(self._talk.contract, exchange):
                break
        return exchange

    def _is_accepted(self) -> bool:
        plan = Plan(BETWEEN, "between two tries", self._talk.base(), self._talk.media_type)
        success = self._talk.operation.answer_to("valid-request")
        return success is not None and self._talk.send(plan).status == int(success.status)
