"""One operation of one target: plans go out, entries of the ledger come back.

A rate limit slows it down and is never taken for a refusal: a 429 is waited out. A service that
stops answering ends the conversation, not the verdict.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from contracts.execution.linked_resources import Supply
from contracts.execution.target import Target, pause_after
from contracts.generators.credentials import valid
from contracts.model.case import APART, MADE, Plan, build
from contracts.model.correlators import Correlator, correlators
from contracts.model.errors import Stopped
from contracts.model.exchange import Credential, Exchange, Request
from contracts.model.settings import Settings
from contracts.model.unique_values import Freshness
from openapi.contract import Contract, Operation
from openapi.examples import example, text_of

MOST_UNANSWERED = 5
"""After so many requests without an answer nothing more is sent: each costs a whole timeout."""
TRIES_WHEN_LIMITED = 6


class Conversation:
    """Sends requests of one operation; `exchanges` is its part of the ledger."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        settings: Settings,
        target: Target,
        freshness: Freshness,
        progress: Callable[[str], None],
    ) -> None:
        self.contract = contract
        self.operation = operation
        self.settings = settings
        self.exchanges: list[Exchange] = []
        self.places: tuple[Correlator, ...] = correlators(
            contract, operation, gentle=settings.gentle
        )
        self.progress = progress
        self.supply: Supply | None = None
        """What the operation is about, where that must be made first."""
        self.cut_short: str | None = None
        """Why cases were left out that nobody wanted left out."""
        self._target = target
        self._freshness = freshness
        self._unanswered = 0

    @property
    def media_type(self) -> str | None:
        """The media type of the operation's request body, or None if it takes none."""
        return next(iter(self.operation.content), None)

    @property
    def credential(self) -> Credential:
        """The credential that the run was given."""
        return valid(self.settings)

    @property
    def url(self) -> str:
        """Where the operation is found."""
        return f"{self._target.url}{self.operation.path}"

    def request(self, plan: Plan, case: int | None = None) -> Request:
        """Return what `plan` becomes with fresh values; `case` is given for one tried again."""
        most = self.settings.max_requests
        if most is not None and self._freshness.number >= most:
            raise Stopped(f"{most} requests were sent (--max-requests)", asked_for=True)
        usual = self.plain_texts()
        if self.supply is not None and self.supply.keys - plan.parameters.keys():
            usual |= self.supply.texts()
        fresh = self._freshness.next(case, apart=plan.block in APART)
        return build(
            self.contract,
            self.operation,
            self.places,
            plan,
            fresh,
            self.credential,
            usual,
            ending=self.settings.gentle,
        )

    def plain_texts(self) -> dict[str, str]:
        """Return valid texts of the parameters that every request must have, by their keys.

        Examples, or values of the schemas; whether there is anything behind them is not asked.
        """
        needed = [p for p in self.operation.parameters if p.required]
        return {p.key: text_of(self.contract, p) for p in needed}

    def send_once(self, plan: Plan, case: int | None = None) -> Exchange:
        """Send `plan` as it becomes with fresh values, and enter what came of it."""
        exchange = self._target.send(self.request(plan, case))
        self.exchanges.append(exchange)
        if self.supply is not None:
            self.supply.used(exchange)
        if not exchange.repeated:
            self._count_unanswered(exchange)
        return exchange

    def send_together(self, plans: Sequence[Plan]) -> list[Exchange]:
        """Send all `plans` at once, and enter what came of them."""
        entries = self._target.send_together([self.request(plan) for plan in plans])
        # A connection lost among many is a loss like any other: nothing is sent again.
        entries = [replace(exchange, repeated=False) for exchange in entries]
        self.exchanges += entries
        for exchange in entries:
            if self.supply is not None:
                self.supply.used(exchange)
            self._count_unanswered(exchange)
        return entries

    def _count_unanswered(self, exchange: Exchange) -> None:
        if exchange.failure is None:
            return
        self._unanswered += 1
        if self._unanswered >= MOST_UNANSWERED:
            reason = f"{MOST_UNANSWERED} requests got no answer"
            raise Stopped(f"{reason}, the last: {exchange.failure.message}")

    def send(self, plan: Plan, case: int | None = None) -> Exchange:
        """Send `plan`, as often as a rate limit or a lost connection asks; return the last."""
        exchange = self.send_once(plan, case)
        case = exchange.request.case
        if exchange.repeated:
            exchange = self.send_once(plan, case)
            if exchange.repeated:  # Twice is no race: this one counts as it stands.
                exchange = self.exchanges[-1] = replace(exchange, repeated=False)
                self._count_unanswered(exchange)
        limited = self.operation.answer_to("burst")
        for attempt in range(TRIES_WHEN_LIMITED):
            if limited is None or exchange.answer is None:
                return exchange
            if exchange.answer.status != int(limited.status):
                return exchange
            pause = pause_after(exchange.answer, attempt, time.time())
            self.progress(f"rate limited, waiting {pause:.0f} s ...")
            time.sleep(pause)
            exchange = self.send_once(plan, case)
        if plan.block == "pilot" or exchange.status != int(limited.status if limited else 0):
            return exchange
        raise Stopped(f"{TRIES_WHEN_LIMITED} tries in a row were answered {exchange.status}")

    def base(self) -> dict[str, object]:
        """Return a valid request body, made fresh when it is sent; empty if there is to be none.

        The operation's first example, or a value of its schema.
        """
        for schema in self.operation.content.values():
            return dict(example(self.contract, schema))
        return {}

    def create(self) -> Exchange:
        """Send a plain valid request, to make what another operation is about."""
        return self.send(Plan(MADE, "made for another operation", self.base(), self.media_type))
