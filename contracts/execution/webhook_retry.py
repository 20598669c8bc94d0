"""A delivery that is refused on purpose: does it come again, and as what?"""

import threading
import time
from collections.abc import Callable, Sequence

from contracts.execution.operation_session import Conversation
from contracts.execution.webhook_source import Deliveries
from contracts.ledger.ledger import Books, Received, occurrences
from contracts.model.case import RETRY, Plan
from contracts.model.correlators import ANY_MARK
from contracts.model.errors import Stopped
from contracts.model.exchange import Exchange
from openapi.contract import Event
from webhook_sink.delivery import Delivery

REFUSED = 500
"""What it is answered."""


class Refusal:
    """Refuses one delivery once it is armed. The sink asks it from a thread of its own."""

    def __init__(self) -> None:
        """Refuse nothing yet."""
        self._where: Callable[[Delivery], bool] | None = None
        self._lock = threading.Lock()

    def arm(self, where: Callable[[Delivery], bool] | None) -> None:
        """Refuse the next delivery that satisfies `where`; None refuses none."""
        with self._lock:
            self._where = where

    def __call__(self, delivery: Delivery) -> int | None:
        """Return the status for `delivery`, or None where it is not to be refused."""
        with self._lock:
            if self._where is None or not self._where(delivery):
                return None
            self._where = None
            return REFUSED


def retries(
    talks: Sequence[Conversation], sink: Deliveries, refusal: Refusal, look: Callable[[], Books]
) -> list[str]:
    """Refuse a delivery of every operation in turn; return a sentence for each that was not."""
    elsewhere = look().settings.sink_url
    if elsewhere is not None:
        return [f"no delivery was refused: the sink at {elsewhere} answers as it was told"]
    reasons = [provoke(talk, sink, refusal, look) for talk in talks]
    return [reason for reason in reasons if reason]


def provoke(
    talk: Conversation, sink: Deliveries, refusal: Refusal, look: Callable[[], Books]
) -> str | None:
    """Create once more, refuse the first delivery of it, and wait for the second until a deadline.

    `look` returns the books as they stand. Return a sentence if no delivery could be refused.
    """
    success = talk.operation.answer_to("valid-request")
    event = talk.contract.triggered_by(talk.operation.id, int(success.status)) if success else None
    if event is None or "retries" not in event.trigger:
        return None
    talk.progress("refusing one delivery, to see it sent again ...")
    books = look()
    deadline = books.deadline(event)
    marked = any(place.kind == "mark" for place in talk.places)
    if not marked:
        # The payload tells requests not apart: it is the next one after all others have come.
        _await_others(books, sink, look, deadline)
    came = sink.deliveries()
    before = came[-1].id if came else 0
    last = max((exchange.request.number for exchange in books.exchanges), default=0)
    refusal.arm(_later_than(talk.settings.run_id, last) if marked else lambda _: True)
    try:
        made = talk.send(Plan(RETRY, "its delivery is refused", talk.base(), talk.media_type))
    except Stopped as stop:
        refusal.arm(None)
        return f"no delivery was refused: {stop}"
    refused = None
    if talk.contract.triggered_by(talk.operation.id, made.status or 0) is event:
        refused = _await_second(talk, sink, made, before, deadline)
    refusal.arm(None)
    return None if refused else _undecided(made, event)


def _undecided(made: Exchange, event: Event) -> str:
    if made.status is None or str(made.status) != event.trigger["status"]:
        return f"no delivery was refused: {made.request.named()} was answered {made.status}"
    return f"no delivery was refused: none could be told to be that of {made.request.named()}"


def _later_than(run_id: str, number: int) -> Callable[[Delivery], bool]:
    """Return what recognises deliveries of requests of this run after the one with `number`."""

    def where(delivery: Delivery) -> bool:
        marks = ANY_MARK.finditer(delivery.body.decode(errors="replace"))
        return any(mark[1] == run_id and int(mark[2]) > number for mark in marks)

    return where


def _await_others(
    books: Books, sink: Deliveries, look: Callable[[], Books], deadline: float
) -> None:
    until = max((exchange.ended for exchange in books.exchanges), default=0.0) + deadline
    while books.balance.missing and (left := until - time.time()) > 0:
        sink.wait(after=books.received[-1].delivery.id if books.received else 0, timeout=left)
        books = look()


def _await_second(
    talk: Conversation, sink: Deliveries, made: Exchange, before: int, deadline: float
) -> Received | None:
    """Wait for the refused delivery and then for the same event; return the refused one."""
    refused: Received | None = None
    seen: list[Received] = []
    until = made.ended + deadline
    while True:
        for delivery in sink.deliveries(after=seen[-1].delivery.id if seen else before):
            seen.append(Received(delivery, sink.judge(delivery)))
            if refused is None and delivery.status == REFUSED:
                refused, until = seen[-1], delivery.received_at + deadline
        events = occurrences(seen, talk.places) if refused else []
        if any(refused in event.attempts[:-1] for event in events):
            return refused
        left = until - time.time()
        if left <= 0:
            return refused
        sink.wait(after=seen[-1].delivery.id if seen else before, timeout=left)
