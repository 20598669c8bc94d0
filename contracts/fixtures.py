"""The fixtures of the suite: one session drives all exchanges and closes the books.

The roof puts the settings into the configuration's stash, and reads the outcome from it.
"""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from contracts import drive
from contracts.books import Books, merged
from contracts.checks import CHECKS
from contracts.checks.secrets import known_secrets, without
from contracts.conversation import Conversation
from contracts.correlators import Freshness
from contracts.exchange import Exchange
from contracts.ledger import Balance, Received, balance, occurrences, triggered
from contracts.outcome import OUTCOME, SETTINGS, Outcome
from contracts.settings import Settings
from contracts.target import Target
from openapi.document import Contract
from openapi.loading import load
from openapi.reading import ContractError
from webhook_sink.server import Sink


class CouldNotJudge(Exception):
    """The service could not be judged; the sentence says why and what to do."""


@pytest.fixture(scope="session")
def books(request: pytest.FixtureRequest) -> Books:
    """Drive the service once, close the ledger, and return the books."""
    settings = request.config.stash.get(SETTINGS, None)
    if settings is None:
        pytest.exit("no service was named: pass --hookproof-url URL", returncode=2)
    outcome = request.config.stash.setdefault(OUTCOME, Outcome())
    try:
        outcome.books = run(settings, load(settings.contract))
    except (CouldNotJudge, ContractError) as error:
        outcome.not_judged = str(error)
        pytest.exit(f"could not judge: {error}", returncode=2)
    return outcome.books


@pytest.fixture
def judge(request: pytest.FixtureRequest, books: Books) -> Callable[[str], None]:
    """Return what applies one check to the books and fails the test on a violation."""
    outcome = request.config.stash[OUTCOME]
    secrets = known_secrets(books)

    def apply(check: str) -> None:
        found = [without(secrets, finding) for finding in merged(check, CHECKS[check](books))]
        outcome.findings.extend(found)
        outcome.applied.add(check)
        violations = [
            f"VIOLATION {finding.message}" for finding in found if finding.severity == "violation"
        ]
        if violations:
            pytest.fail("\n".join(violations), pytrace=False)

    return apply


def run(settings: Settings, contract: Contract) -> Books:
    """Drive every operation that takes a body, wait for the webhooks, and close the books."""
    if not settings.token and any(operation.scheme for operation in contract.operations):
        raise CouldNotJudge(
            "no token was given: pass --token or HOOKPROOF_TOKEN (for the mock: hookproof token)"
        )
    freshness = Freshness(settings.run_id, settings.seed, datetime.now(UTC))
    with ExitStack() as stack:
        sink = _sink(stack, settings, contract)
        target = stack.enter_context(
            Target(
                settings.url,
                headers=settings.headers,
                timeout=settings.request_timeout,
                pace=settings.rate_limit,
            )
        )
        _await_service(settings)
        talks = [
            Conversation(contract, operation, settings, target, freshness, _progress)
            for operation in contract.operations
            if operation.content and operation.answer_to("valid-request")
        ]
        undecided: list[str] = []
        for talk in talks:
            reason = drive.pilot(talk)
            if reason is not None:
                raise CouldNotJudge(reason)
            undecided += drive.run(talk)
        return _closed(settings, contract, talks, tuple(dict.fromkeys(undecided)), sink)


def _sink(stack: ExitStack, settings: Settings, contract: Contract) -> Sink | None:
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
    _progress(f"listening for webhooks on {sink.url}/ (any path)")
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


def _closed(
    settings: Settings,
    contract: Contract,
    talks: list[Conversation],
    undecided: tuple[str, ...],
    sink: Sink | None,
) -> Books:
    exchanges = tuple(exchange for talk in talks for exchange in talk.exchanges)
    places = {talk.operation.id: talk.places for talk in talks}
    known = [place for talk in talks for place in talk.places]
    books = Books(contract, settings, exchanges, (), Balance((), (), (), ()), undecided, places)
    if sink is None:
        return books
    _progress("waiting for the webhooks to end ...")

    def close(received: tuple[Received, ...]) -> Balance:
        events = occurrences(received, known)
        return balance(contract, exchanges, events, places, settings.run_id)

    received, closed = _balanced(books, sink, close)
    return replace(books, received=received, balance=closed)


def _balanced(
    books: Books, sink: Sink, close: Callable[[tuple[Received, ...]], Balance]
) -> tuple[tuple[Received, ...], Balance]:
    """Wait until every success has its event or its deadline has passed; return the ledger, closed.

    And not before the last arrival is a second old, and one and a half times the slowest delivery
    seen has passed since the last answer: what comes uncalled for should still be seen.
    """
    expected = sorted(e.ended for e in books.exchanges if triggered(books.contract, e))
    last_answer = max((exchange.ended for exchange in books.exchanges), default=time.time())
    received: tuple[Received, ...] = ()
    while True:
        last = received[-1].delivery.id if received else 0
        received += tuple(Received(d, sink.judge(d)) for d in sink.deliveries(after=last))
        arrivals = sorted(item.delivery.received_at for item in received)
        slowest = max((a - e for a, e in zip(arrivals, expected, strict=False)), default=0.0)
        quiet = max(last_answer + 1.5 * slowest, max(arrivals, default=last_answer) + 1.0)
        overdue = max((_due(books, e) for e in books.exchanges), default=last_answer)
        now = time.time()
        if now >= quiet and (len(received) >= len(expected) or now >= overdue):
            closed = close(received)
            overdue = max((_due(books, e) for e in closed.missing), default=now)
            if now >= overdue:
                return received, closed
        until = quiet if now < quiet else overdue
        last = received[-1].delivery.id if received else 0
        sink.wait(after=last, timeout=max(until - now, 0.01))


def _due(books: Books, exchange: Exchange) -> float:
    event = triggered(books.contract, exchange)
    return exchange.ended + books.deadline(event) if event else 0.0


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - progress belongs on stderr
