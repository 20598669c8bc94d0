"""One run: drive every operation, wait for the webhooks, close the books, judge them."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import httpx

from contracts import drive
from contracts.books import Books
from contracts.checks import CHECKS
from contracts.conversation import Conversation
from contracts.correlators import Freshness
from contracts.cost import cost
from contracts.credentials import expiry
from contracts.exchange import Exchange
from contracts.judgements import Found, merged
from contracts.ledger import Balance, Received, balance, occurrences, triggered
from contracts.settings import Settings
from contracts.target import Target
from openapi.document import Contract
from webhook_sink.server import Sink

NOT_AT_ONCE = ("webhook-sent", "webhook-late")
"""Checks that say nothing before the last deadline has passed."""
PILOT_PATIENCE = 1.0
"""Seconds that a run which stops at the first violation waits for the pilot's webhook."""


class CouldNotJudge(Exception):
    """The service could not be judged; the sentence says why and what to do."""


@dataclass
class Run:
    """What is under way: it can be looked at while it goes on."""

    settings: Settings
    contract: Contract
    sink: Sink | None
    talks: list[Conversation]
    undecided: list[str] = field(default_factory=list)
    received: tuple[Received, ...] = ()

    def books(self) -> Books:
        """Return the books as they stand, with every delivery that has come by now."""
        exchanges = tuple(exchange for talk in self.talks for exchange in talk.exchanges)
        places = {talk.operation.id: talk.places for talk in self.talks}
        known = [place for talk in self.talks for place in talk.places]
        empty = Balance((), (), (), ())
        undecided = tuple(dict.fromkeys(self.undecided))
        books = Books(self.contract, self.settings, exchanges, (), empty, undecided, places)
        if self.sink is None:
            return books
        last = self.received[-1].delivery.id if self.received else 0
        came = self.sink.deliveries(after=last)
        self.received += tuple(Received(d, self.sink.judge(d)) for d in came)
        events = occurrences(self.received, known)
        closed = balance(self.contract, exchanges, events, places, self.settings.run_id)
        return replace(books, received=self.received, balance=closed)

    def has_enough(self) -> bool:
        """Say whether the run may stop: it was asked to at the first violation, and has one."""
        if not self.settings.exit_first:
            return False
        books = self.books()
        return any(
            found.finding.severity == "violation"
            for name, check in CHECKS.items()
            if name not in NOT_AT_ONCE
            for found in merged(name, check(books))
        )


def findings(books: Books) -> list[Found]:
    """Return what every check finds in the closed books."""
    return [found for name, check in CHECKS.items() for found in merged(name, check(books))]


def run(settings: Settings, contract: Contract, progress: Callable[[str], None]) -> Books:
    """Judge nothing yet: send all requests, receive all webhooks, and return the closed books.

    `progress` hears a few words at each step. Raises `CouldNotJudge`.
    """
    if not settings.token and any(operation.scheme for operation in contract.operations):
        raise CouldNotJudge(
            "no token was given: pass --token or HOOKPROOF_TOKEN (for the mock: hookproof token)"
        )
    freshness = Freshness(settings.run_id, settings.seed, datetime.now(UTC))
    with ExitStack() as stack:
        target = stack.enter_context(
            Target(
                settings.url,
                headers=settings.headers,
                timeout=settings.request_timeout,
                pace=settings.rate_limit,
            )
        )
        talks = [
            Conversation(contract, operation, settings, target, freshness, progress)
            for operation in contract.operations
            if operation.content and operation.answer_to("valid-request")
        ]
        blocks = {talk.operation.id: drive.blocks(talk) for talk in talks}
        if not settings.exit_first:
            progress(cost(talks, blocks).sentence)
        sink = None
        if not settings.dry_run:
            sink = _sink(stack, settings, contract, progress)
        this = Run(settings, contract, sink, talks)
        if settings.dry_run:
            return this.books()
        _await_service(settings)
        for talk in talks:
            _drive(this, talk, blocks[talk.operation.id])
        if this.has_enough():
            return this.books()
        progress("waiting for the webhooks to end ...")
        return _closed(this)


def _drive(this: Run, talk: Conversation, blocks: Sequence[drive.Block]) -> None:
    reason = drive.pilot(talk)
    if reason is not None:
        raise CouldNotJudge(reason)
    if this.settings.exit_first and this.sink is not None:
        this.sink.wait(after=0, timeout=PILOT_PATIENCE)
    if not this.has_enough():
        this.undecided += drive.run(talk, blocks, this.has_enough)
    ends = expiry(this.settings.token)
    last = talk.exchanges[-1]
    if ends is not None and last.started <= ends <= last.ended:
        raise CouldNotJudge("the token expired during the run: pass one that lasts longer")


def _sink(
    stack: ExitStack, settings: Settings, contract: Contract, progress: Callable[[str], None]
) -> Sink | None:
    if not settings.webhooks:
        return None
    if not settings.webhook_secret and any(event.signature for event in contract.events):
        raise CouldNotJudge(
            "webhooks cannot be judged without their secret: pass --webhook-secret or "
            "HOOKPROOF_WEBHOOK_SECRET, or leave them out with --no-webhooks"
        )
    sink = Sink(
        contract,
        secret=settings.webhook_secret,
        host=settings.webhook_host,
        port=settings.webhook_port,
    )
    try:
        stack.enter_context(sink)
    except OSError as error:
        raise CouldNotJudge(
            f"cannot listen for webhooks on {settings.webhook_host}:{settings.webhook_port} "
            f"({error.strerror}): stop what listens there, or pass --webhook-listen"
        ) from None
    progress(f"listening for webhooks on {sink.url}/ (any path)")
    return sink


def _await_service(settings: Settings) -> None:
    deadline = time.monotonic() + settings.wait
    with httpx.Client(trust_env=False, follow_redirects=False, timeout=2.0) as client:
        while time.monotonic() < deadline:
            try:
                with client.stream("GET", settings.url + "/"):
                    return
            except httpx.HTTPError:
                time.sleep(0.2)


def _closed(this: Run) -> Books:
    """Wait until every success has its event or its deadline has passed; return the closed books.

    And not before the last arrival is a second old, and one and a half times the slowest delivery
    seen has passed since the last answer: what comes uncalled for should still be seen.
    """
    books = this.books()
    if this.sink is None:
        return books
    expected = sorted(e.ended for e in books.exchanges if triggered(books.contract, e))
    last_answer = max((exchange.ended for exchange in books.exchanges), default=time.time())
    overdue = max((_due(books, e) for e in books.exchanges), default=last_answer)
    while True:
        arrivals = sorted(item.delivery.received_at for item in books.received)
        slowest = max((a - e for a, e in zip(arrivals, expected, strict=False)), default=0.0)
        quiet = max(last_answer + 1.5 * slowest, max(arrivals, default=last_answer) + 1.0)
        now = time.time()
        missing = max((_due(books, e) for e in books.balance.missing), default=now)
        if now >= quiet and now >= missing:
            return books
        until = quiet if now < quiet else min(missing, overdue)
        last = this.received[-1].delivery.id if this.received else 0
        this.sink.wait(after=last, timeout=max(until - now, 0.01))
        books = this.books()


def _due(books: Books, exchange: Exchange) -> float:
    event = triggered(books.contract, exchange)
    return exchange.ended + books.deadline(event) if event else 0.0
