"""One run: drive every operation, wait for the webhooks, close the books, judge them."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

import httpx

from contracts.checks import CHECKS
from contracts.checks.judgement import Found, merged
from contracts.execution import phases, saved_cases
from contracts.execution.estimate import cost
from contracts.execution.linked_resources import Supply
from contracts.execution.operation_session import Conversation
from contracts.execution.target import Target, ssl_context
from contracts.execution.webhook_retry import Refusal, retries
from contracts.execution.webhook_source import opened
from contracts.generators.credentials import expiry
from contracts.ledger.ledger import Books
from contracts.live_run import Run, closed
from contracts.model.correlators import within
from contracts.model.errors import CouldNotJudge
from contracts.model.settings import Settings
from contracts.model.unique_values import Freshness
from openapi.contract import Contract, Json

PILOT_PATIENCE = 1.0
"""Seconds that a run which stops at the first violation waits for the pilot's webhook."""


def findings(books: Books) -> list[Found]:
    """Return what every check finds in the closed books."""
    return [found for name, check in CHECKS.items() for found in merged(name, check(books))]


def run(settings: Settings, contract: Contract, progress: Callable[[str], None]) -> Books:
    """Judge nothing yet: send all requests, receive all webhooks, and return the closed books.

    `progress` hears a few words at each step. Raises `CouldNotJudge`.
    """
    if not (settings.token or settings.dry_run) and any(
        operation.scheme for operation in contract.operations
    ):
        raise CouldNotJudge(
            "no token was given: pass --token or HOOKPROOF_TOKEN (for the mock: hookproof token)"
        )
    bounds = within(contract) if settings.gentle else None
    freshness = Freshness(settings.run_id, settings.seed, datetime.now(UTC), bounds)
    with ExitStack() as stack:
        target = stack.enter_context(
            Target(
                settings.url,
                headers=settings.headers,
                timeout=settings.request_timeout,
                pace=settings.rate_limit,
                verify=settings.tls_verify,
            )
        )
        talks = [
            Conversation(contract, operation, settings, target, freshness, progress)
            for operation in contract.operations
            if operation.answer_to("valid-request")
        ]
        connect(talks)
        earlier = _kept(settings)
        blocks = {talk.operation.id: phases.blocks(talk, earlier) for talk in talks}
        if not settings.exit_first:
            progress(cost(talks, blocks).sentence)
        sink = None
        refusal = Refusal()
        if not settings.dry_run:
            sink = opened(stack, settings, contract, progress, refusal)
        this = Run(settings, contract, sink, talks)
        if settings.dry_run:
            return this.books()
        _await_service(settings)
        for talk in talks:
            _drive(this, talk, blocks[talk.operation.id])
        if this.has_enough():
            return this.books()
        if sink is not None and "retry" in settings.provoke:
            this.undecided += retries(talks, sink, refusal, this.books)
        progress("waiting for the webhooks to end ...")
        return closed(this)


def _drive(this: Run, talk: Conversation, blocks: Sequence[phases.Block]) -> None:
    reason = phases.pilot(talk)
    if reason is not None:
        raise CouldNotJudge(reason)
    status = talk.exchanges[-1].status
    if status is not None and status >= 500:
        # Whatever else is sent, nothing can be learnt before a plain valid request succeeds.
        this.undecided.append(f"the run was cut short: a plain valid request is answered {status}")
        return
    if this.settings.exit_first and this.sink is not None:
        this.sink.wait(after=0, timeout=PILOT_PATIENCE)
    if not this.has_enough():
        this.undecided += phases.run(talk, blocks, this.has_enough)
    ends = expiry(this.settings.token)
    last = talk.exchanges[-1]
    if ends is not None and last.started <= ends <= last.ended:
        raise CouldNotJudge("the token expired during the run: pass one that lasts longer")


def _kept(settings: Settings) -> Sequence[Mapping[str, Json]]:
    try:
        return saved_cases.load(settings)
    except saved_cases.NoCases as error:
        raise CouldNotJudge(str(error)) from None


def _await_service(settings: Settings) -> None:
    deadline = time.monotonic() + settings.wait
    trust = ssl_context(settings.tls_verify)
    with httpx.Client(trust_env=False, follow_redirects=False, timeout=2.0, verify=trust) as client:
        while time.monotonic() < deadline:
            try:
                with client.stream("GET", settings.url + "/"):
                    return
            except httpx.HTTPError:
                time.sleep(0.2)


def connect(talks: Sequence[Conversation]) -> None:
    """Give each operation that is linked to from another its supply of resources."""
    by_id = {talk.operation.id: talk for talk in talks}
    for talk in talks:
        made = talk.contract.maker(talk.operation)
        if made is not None and made[0].id in by_id:
            maker, link = made
            create = by_id[maker.id].create
            talk.supply = Supply(create, link, spends=not talk.operation.is_safe)
