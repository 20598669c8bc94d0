"""Retry phase: fail some deliveries, and see that they are retried and silence nothing else.

Each round fails the first delivery of one event, in another way, and accepts the event of a further
request with another 2xx status. A last request follows when all failed deliveries were retried.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from contracts.execution.operation_session import OperationSession
from contracts.execution.webhook_source import WebhookSource
from contracts.ledger.ledger import (
    JudgedDelivery,
    Ledger,
    event_deadline_s,
    group_deliveries,
)
from contracts.model.case import RETRY_PHASE, Case
from contracts.model.correlators import MARK_PATTERN, success_events
from contracts.model.errors import RunStopped
from contracts.model.exchange import Exchange
from openapi.contract import Contract, Event
from webhook_sink.delivery import Delivery
from webhook_sink.replies.steps import ReplyStep, parse_reply_step
from webhook_sink.verdicts.recognition import recognize

MAX_SILENCE_S = 2.0
"""Seconds without a reply before the connection is dropped; at most a quarter of the deadline."""
RESET, SILENCE = parse_reply_step("reset"), parse_reply_step(f"reset delay={MAX_SILENCE_S:g}")
"""The connection is lost at once, or after a time without a reply."""


def failing(status: int, retry_after_s: int | None = None) -> ReplyStep:
    """Return the reply with `status`, and with Retry-After if it is given."""
    header = "" if retry_after_s is None else f" Retry-After={retry_after_s}"
    return parse_reply_step(f"{status}{header}")


_USUAL_FAILURES = (failing(500), failing(503), failing(429, 1), failing(400), RESET, SILENCE)
FAILURES = {
    "quick": _USUAL_FAILURES[:1],
    "default": _USUAL_FAILURES,
    "thorough": (
        *_USUAL_FAILURES,
        *(failing(429), failing(503, 2)),
        *map(failing, (401, 404, 408, 422, 502, 504)),
    ),
}
"""Replies that fail a delivery, by profile. No 410: some senders then end a subscription."""
ACCEPTING_STATUSES = (202, 204)
"""Statuses of accepted deliveries, in turn, as far as the contract documents them."""


@dataclass(slots=True)
class PlannedReply:
    """Reply to the first delivery of one request, which may still get its number."""

    step: ReplyStep
    event: Event
    first: int | None
    """Number of the request; None: the payload does not identify it."""
    last: int | None = None
    """Number of the last request that it may be; None as long as it is not sent."""

    def matches(self, delivery: Delivery, contract: Contract, run_id: str) -> bool:
        """Return whether `delivery` is of the event and of the request."""
        possible = recognize(delivery, contract).possible
        if self.first is None:
            return self.event in possible
        if possible and self.event not in possible:
            return False
        marks = MARK_PATTERN.finditer(delivery.body.decode(errors="replace"))
        numbers = [int(mark[2]) for mark in marks if mark[1] == run_id]
        return any(
            self.first <= number and (self.last is None or number <= self.last)
            for number in numbers
        )


class DeliveryRejector:
    """Replies to planned deliveries; each plan is used once. From any thread."""

    def __init__(self, contract: Contract, run_id: str, is_own: Callable[[Delivery], bool]) -> None:
        """Plan nothing. `is_own` says whether a delivery is proven to be the service's."""
        self._contract = contract
        self._run_id = run_id
        self._is_own = is_own
        self._planned: list[PlannedReply] = []
        self._lock = threading.Lock()

    def plan(self, planned: PlannedReply) -> None:
        """Reply to the next delivery that `planned` matches."""
        with self._lock:
            self._planned.append(planned)

    def limit(self, planned: PlannedReply, last: int) -> None:
        """Match no request after the number `last`."""
        with self._lock:
            planned.last = last

    def clear(self) -> None:
        """Forget all plans."""
        with self._lock:
            self._planned.clear()

    def __call__(self, delivery: Delivery) -> ReplyStep | None:
        """Return the planned reply to `delivery`, or None."""
        with self._lock:
            for planned in self._planned:
                # A stranger must not use up a plan: what the contract signs has to be proven.
                if (planned.event.signature is None or self._is_own(delivery)) and planned.matches(
                    delivery, self._contract, self._run_id
                ):
                    self._planned.remove(planned)
                    return planned.step
        return None


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """Replies of the retry phase to the events of one operation."""

    event: Event
    marked: bool
    """Whether the payload identifies its request."""
    failures: tuple[ReplyStep, ...]
    acceptances: tuple[ReplyStep, ...]

    @property
    def request_count(self) -> int:
        """Number of requests: one or two for each failure, and one at the end."""
        return len(self.failures) * (2 if self.marked else 1) + 1


def retry_plan(session: OperationSession) -> RetryPlan | None:
    """Return the plan for an operation whose event the service retries; None for others."""
    triggered = success_events(session.contract, session.operation)
    event = next((event for event in triggered if "retries" in event.trigger), None)
    if event is None:
        return None
    silence = min(MAX_SILENCE_S, event_deadline_s(event, session.settings) / 4)
    bounded = {SILENCE: parse_reply_step(f"reset delay={silence:g}")}
    failures = FAILURES[session.settings.profile]
    documented = set(session.contract.at(event.pointer).get("responses", {}))
    accepting = [s for s in ACCEPTING_STATUSES if documented & {str(s), "2XX", "default"}]
    return RetryPlan(
        event,
        any(place.kind == "unique-string" for place in session.correlators),
        tuple(bounded.get(step, step) for step in failures),
        tuple(ReplyStep("", "response", status) for status in accepting or [200]),
    )


def try_webhook_retries(
    sessions: Sequence[OperationSession],
    sink: WebhookSource,
    rejector: DeliveryRejector,
    current_ledger: Callable[[], Ledger],
) -> list[str]:
    """Fail deliveries of each operation; return a sentence for each without a failed one."""
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
    """Send the requests of the retry phase, and wait for the second attempts until the deadline.

    `current_ledger` returns the ledger so far. Return a sentence if no delivery was rejected.
    """
    plan = retry_plan(session)
    if plan is None:
        return None
    session.progress("webhook retry ...")
    deadline = event_deadline_s(plan.event, session.settings)
    if not plan.marked:
        # The payload does not identify its request: reject the next one after all others arrived.
        _await_pending_events(sink, current_ledger, deadline)
    earlier_deliveries = sink.deliveries()
    before = earlier_deliveries[-1].id if earlier_deliveries else 0
    phase = _RetryPhase(session, sink, rejector, plan, before, deadline)
    try:
        return phase.run()
    except RunStopped as stop:
        return f"no delivery was rejected: {stop}" if not phase.has_rejected() else None
    finally:
        rejector.clear()


class _RetryPhase:
    """Requests of the retry phase for one operation, and the deliveries since its start."""

    def __init__(
        self,
        session: OperationSession,
        sink: WebhookSource,
        rejector: DeliveryRejector,
        plan: RetryPlan,
        before: int,
        deadline: float,
    ) -> None:
        self._session = session
        self._sink = sink
        self._rejector = rejector
        self._plan = plan
        self._before = before
        self._deadline = deadline
        self._seen: list[JudgedDelivery] = []

    def run(self) -> str | None:
        """Run all rounds; return a sentence if no delivery was rejected."""
        for number, failure in enumerate(self._plan.failures):
            sent = self._send(failure, f"its delivery {_failure_label(failure)}")
            if not self._triggers(sent):
                return None if number else _no_event_sentence(sent)
            if self._finish_round(sent, failure, number):
                continue
            if not self._rejected():
                label = sent.request.label()
                return f"no delivery was rejected: none could be matched to {label}"
            break  # an event is missing: the next rounds would tell nothing
        else:
            self._await(self._unretried)
            self._send(None, "created after failed deliveries")
            return None
        self._await(self._unretried)
        return None

    def has_rejected(self) -> bool:
        """Return whether a delivery was rejected."""
        self._read()
        return bool(self._rejected())

    def _send(self, step: ReplyStep | None, label: str) -> Exchange:
        """Send a valid request; reply with `step` to its first delivery."""
        if step is None:
            return self._session.send(self._case(label))
        self._session.prepare()  # so that a resource which it needs is not created after the plan
        first = self._session.last_request_number + 1 if self._plan.marked else None
        planned = PlannedReply(step, self._plan.event, first)
        self._rejector.plan(planned)
        sent = self._session.send(self._case(label))
        self._rejector.limit(planned, sent.request.number)
        return sent

    def _case(self, label: str) -> Case:
        return Case(RETRY_PHASE, label, self._session.base_body())

    def _triggers(self, exchange: Exchange) -> bool:
        contract, status = self._session.contract, exchange.status or 0
        operation = self._session.operation.id
        return self._plan.event in contract.events_triggered_by(operation, status)

    def _finish_round(self, sent: Exchange, failure: ReplyStep, number: int) -> bool:
        """Wait until the delivery failed and a further event arrived; return whether both did."""
        if not self._plan.marked:
            failed = self._await(lambda: self._due([sent], len(self._rejected()) <= number))
            return failed and self._await(self._unretried)
        acceptances = self._plan.acceptances
        step = acceptances[number % len(acceptances)]
        further = self._send(step, f"created while a delivery {_failure_label(failure)}")
        expected = [one for one in (sent, further) if self._triggers(one)]
        return self._await(lambda: self._due(expected, self._missing(expected)))

    def _due(self, sent: Sequence[Exchange], missing: bool) -> float | None:
        """Return the deadline of the events of `sent` if one is missing, or None."""
        return max((e.ended for e in sent), default=0.0) + self._deadline if missing else None

    def _missing(self, sent: Iterable[Exchange]) -> bool:
        bodies = [item.delivery.body.decode(errors="replace") for item in self._seen]
        return any(all(one.request.mark not in body for body in bodies) for one in sent)

    def _rejected(self) -> list[JudgedDelivery]:
        return [i for i in self._seen if not 200 <= i.delivery.status < 300 and not _is_large(i)]

    def _unretried(self) -> float | None:
        """Return the last deadline of a rejected delivery that was not retried, or None."""
        events = group_deliveries(self._seen, self._session.correlators)
        retried = {i.delivery.id for event in events for i in event.attempts[:-1]}
        waiting = [
            item.delivery.received_at
            for item in self._rejected()
            if item.delivery.id not in retried
        ]
        return max(waiting) + self._deadline if waiting else None

    def _read(self) -> None:
        last = self._seen[-1].delivery.id if self._seen else self._before
        for delivery in self._sink.deliveries(after=last):
            self._seen.append(
                JudgedDelivery(delivery, self._sink.judge(delivery, with_reason=False))
            )

    def _await(self, due: Callable[[], float | None]) -> bool:
        """Wait until `due` returns None, at most until the time that it returns."""
        while True:
            self._read()
            until = due()
            if until is None:
                return True
            left = until - time.time()
            if left <= 0:
                return False
            last = self._seen[-1].delivery.id if self._seen else self._before
            self._sink.wait(after=last, timeout=left)


def _failure_label(step: ReplyStep) -> str:
    if step.status:
        return f"gets {step.text or step.status}"
    return "gets no response" if step.delay else "loses its connection"


def _no_event_sentence(sent: Exchange) -> str:
    return f"no delivery was rejected: {sent.request.label()} got {sent.status}"


def _is_large(item: JudgedDelivery) -> bool:
    return item.delivery.truncated


def _await_pending_events(
    sink: WebhookSource, current_ledger: Callable[[], Ledger], deadline: float
) -> None:
    ledger = current_ledger()
    until = max((exchange.ended for exchange in ledger.exchanges), default=0.0) + deadline
    while ledger.reconciliation.without_event and (left := until - time.time()) > 0:
        sink.wait(after=ledger.deliveries[-1].delivery.id if ledger.deliveries else 0, timeout=left)
        ledger = current_ledger()
