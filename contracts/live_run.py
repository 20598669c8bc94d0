"""A run under way: its books can be looked at while it goes on, and are closed at its end."""

import time
from dataclasses import dataclass, field, replace

from contracts.checks import CHECKS
from contracts.checks.judgement import merged
from contracts.execution.operation_session import Conversation
from contracts.execution.webhook_source import Deliveries
from contracts.ledger.ledger import Balance, Books, Received, occurrences, triggered
from contracts.ledger.matching import balance
from contracts.model.exchange import Exchange
from contracts.model.settings import PROFILES, Settings
from openapi.contract import Contract

NOT_AT_ONCE = ("webhook-sent", "webhook-late")
"""Checks that say nothing before the last deadline has passed."""


@dataclass
class Run:
    """What is under way: it can be looked at while it goes on."""

    settings: Settings
    contract: Contract
    sink: Deliveries | None
    talks: list[Conversation]
    undecided: list[str] = field(default_factory=list)
    received: tuple[Received, ...] = ()

    def books(self) -> Books:
        """Return the books as they stand, with every delivery that has come by now."""
        exchanges = tuple(exchange for talk in self.talks for exchange in talk.exchanges)
        places = {talk.operation.id: talk.places for talk in self.talks}
        known = [place for talk in self.talks for place in talk.places]
        empty = Balance((), (), (), ())
        cut = next((talk.cut_short for talk in self.talks if talk.cut_short), None)
        undecided = tuple(dict.fromkeys(self.undecided))
        books = Books(self.contract, self.settings, exchanges, (), empty, undecided, cut, places)
        if self.sink is None:
            return books
        last = self.received[-1].delivery.id if self.received else 0
        came = self.sink.deliveries(after=last)
        self.received += tuple(Received(d, self.sink.judge(d)) for d in came)
        events = occurrences(self.received, known)
        closed = balance(self.contract, exchanges, events, places, self.settings.run_id)
        return replace(books, received=self.received, balance=closed)

    def has_enough(self) -> bool:
        """Say whether the run may stop: it was asked to at the first violation, and has one.

        Where the run is strict a warning counts as one.
        """
        if not self.settings.exit_first:
            return False
        books = self.books()
        return any(
            found.finding.severity == "violation" or self.settings.strict
            for name, check in CHECKS.items()
            if name not in NOT_AT_ONCE
            for found in merged(name, check(books))
        )


def closed(this: Run) -> Books:
    """Wait until every success has its event or its deadline has passed; return the closed books.

    And not before the last new event is as old as the profile asks for, and one and a half times
    the slowest delivery seen has passed since the last answer: what comes uncalled for should still
    be seen.
    """
    books = this.books()
    if this.sink is None:
        return books
    expected = sorted(e.ended for e in books.exchanges if triggered(books.contract, e))
    calm = PROFILES[this.settings.profile].quiet
    last_answer = max((exchange.ended for exchange in books.exchanges), default=time.time())
    overdue = max((_due(books, e) for e in books.exchanges), default=last_answer)
    while True:
        arrivals = sorted(first.delivery.received_at for first in _first_ones(books))
        slowest = max((a - e for a, e in zip(arrivals, expected, strict=False)), default=0.0)
        quiet = max(last_answer + 1.5 * slowest, max(arrivals, default=last_answer) + calm)
        now = time.time()
        missing = max((_due(books, e) for e in books.balance.missing), default=now)
        if now >= quiet and now >= missing:
            return books
        until = quiet if now < quiet else min(missing, overdue)
        last = this.received[-1].delivery.id if this.received else 0
        this.sink.wait(after=last, timeout=max(until - now, 0.01))
        books = this.books()


def _first_ones(books: Books) -> list[Received]:
    """Return the first delivery of every event."""
    told = [occurrence for _, occurrence in books.balance.pairs]
    return [event.first for event in (*told, *books.balance.foreign, *books.balance.earlier)]


def _due(books: Books, exchange: Exchange) -> float:
    event = triggered(books.contract, exchange)
    return exchange.ended + books.deadline(event) if event else 0.0
