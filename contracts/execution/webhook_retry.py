"""Retry phase: reject one delivery and wait for its second attempt."""

import threading
import time
from collections.abc import Callable, Sequence

from contracts.execution.operation_session import OperationSession
from contracts.execution.webhook_source import WebhookSource
from contracts.ledger.ledger import (
    JudgedDelivery,
    Ledger,
    event_deadline_s,
    group_deliveries,
)
from contracts.model.case import RETRY_PHASE, Case
from contracts.model.correlators import MARK_PATTERN, success_event
from contracts.model.errors import RunStopped
from contracts.model.exchange import Exchange
from openapi.contract import Event
from webhook_sink.delivery import Delivery

REJECTION_STATUS = 500
"""Status of the rejected delivery."""


class DeliveryRejector:
    """Rejector of one delivery after `arm`. The sink calls it from another thread."""

    def __init__(self) -> None:
        """Reject nothing until `arm` is called."""
        self._predicate: Callable[[Delivery], bool] | None = None
        self._lock = threading.Lock()

    def arm(self, predicate: Callable[[Delivery], bool] | None) -> None:
        """Reject the next delivery that satisfies `predicate`; None rejects none."""
        with self._lock:
            self._predicate = predicate

    def __call__(self, delivery: Delivery) -> int | None:
        """Return the status to reject `delivery` with, or None to accept it."""
        with self._lock:
            if self._predicate is None or not self._predicate(delivery):
                return None
            self._predicate = None
            return REJECTION_STATUS


def try_webhook_retries(
    sessions: Sequence[OperationSession],
    sink: WebhookSource,
    rejector: DeliveryRejector,
    current_ledger: Callable[[], Ledger],
) -> list[str]:
    """Reject one delivery of each operation; return a sentence for each without a rejection."""
    remote_url = next((session.settings.sink_url for session in sessions), None)
    if remote_url is not None:
        return [f"no delivery was rejected: the sink at {remote_url} chooses its own replies"]
    reasons = [try_webhook_retry(session, sink, rejector, current_ledger) for session in sessions]
    return [reason for reason in reasons if reason]


def try_webhook_retry(
    session: OperationSession,
    sink: WebhookSource,
    rejector: DeliveryRejector,
    current_ledger: Callable[[], Ledger],
) -> str | None:
    """Send a valid request, reject its first delivery, and wait for the second until the deadline.

    `current_ledger` returns the ledger so far. Return a sentence if no delivery was rejected.
    """
    event = success_event(session.contract, session.operation)
    if event is None or "retries" not in event.trigger:
        return None
    session.progress("webhook retry ...")
    deadline = event_deadline_s(event, session.settings)
    marked = any(place.kind == "unique-string" for place in session.correlators)
    if not marked:
        # The payload does not identify its request: reject the next one after all others arrived.
        _await_pending_events(sink, current_ledger, deadline)
    earlier_deliveries = sink.deliveries()
    before = earlier_deliveries[-1].id if earlier_deliveries else 0
    rejector.arm(
        _matches_later_request(session.settings.run_id, session.last_request_number)
        if marked
        else lambda _: True
    )
    try:
        made = session.send(Case(RETRY_PHASE, "rejected delivery", session.base_body()))
    except RunStopped as stop:
        rejector.arm(None)
        return f"no delivery was rejected: {stop}"
    rejected = None
    if session.contract.event_triggered_by(session.operation.id, made.status or 0) is event:
        rejected = _await_second_attempt(session, sink, made, before, deadline)
    rejector.arm(None)
    return None if rejected else _undecided_sentence(made, event)


def _undecided_sentence(made: Exchange, event: Event) -> str:
    if made.status is None or str(made.status) != event.trigger["status"]:
        return f"no delivery was rejected: {made.request.label()} got {made.status}"
    return f"no delivery was rejected: none could be matched to {made.request.label()}"


def _matches_later_request(run_id: str, number: int) -> Callable[[Delivery], bool]:
    """Return a predicate for deliveries of this run's requests after `number`."""

    def predicate(delivery: Delivery) -> bool:
        marks = MARK_PATTERN.finditer(delivery.body.decode(errors="replace"))
        return any(mark[1] == run_id and int(mark[2]) > number for mark in marks)

    return predicate


def _await_pending_events(
    sink: WebhookSource, current_ledger: Callable[[], Ledger], deadline: float
) -> None:
    ledger = current_ledger()
    until = max((exchange.ended for exchange in ledger.exchanges), default=0.0) + deadline
    while ledger.reconciliation.without_event and (left := until - time.time()) > 0:
        sink.wait(after=ledger.deliveries[-1].delivery.id if ledger.deliveries else 0, timeout=left)
        ledger = current_ledger()


def _await_second_attempt(
    session: OperationSession, sink: WebhookSource, made: Exchange, before: int, deadline: float
) -> JudgedDelivery | None:
    """Wait for the rejected delivery and its retry; return the rejected one or None."""
    rejected: JudgedDelivery | None = None
    seen: list[JudgedDelivery] = []
    until = made.ended + deadline
    while True:
        for delivery in sink.deliveries(after=seen[-1].delivery.id if seen else before):
            seen.append(JudgedDelivery(delivery, sink.judge(delivery)))
            if rejected is None and delivery.status == REJECTION_STATUS:
                rejected, until = seen[-1], delivery.received_at + deadline
        events = group_deliveries(seen, session.correlators) if rejected else []
        if any(rejected in event.attempts[:-1] for event in events):
            return rejected
        left = until - time.time()
        if left <= 0:
            return rejected
        sink.wait(after=seen[-1].delivery.id if seen else before, timeout=left)
