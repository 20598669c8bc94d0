"""Session of one operation: cases go out, exchanges come back.

A rate limit slows it down and is never taken for a refusal: a 429 is waited out. A service that
stops answering ends the session, not the verdict.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from contracts.execution.linked_resources import LinkedResource
from contracts.execution.target import Target, retry_delay
from contracts.generators.credentials import valid_credential
from contracts.model.case import (
    PREREQUISITE_PHASE,
    RESPONSE_DEPENDENT_PHASES,
    SMOKE_TEST_PHASE,
    Case,
    build_request,
)
from contracts.model.correlators import Correlator, find_correlators
from contracts.model.errors import RunStopped
from contracts.model.exchange import Credential, Exchange, Request
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from openapi.contract import Contract, Operation
from openapi.examples import body_example, example_parameter_text

MAX_UNANSWERED_REQUESTS = 5
"""More requests without a response end the session: each costs a whole timeout."""
MAX_RATE_LIMIT_RETRIES = 6


class OperationSession:
    """Sends requests of one operation; `exchanges` is its part of the ledger."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        settings: Settings,
        target: Target,
        unique_values: UniqueValues,
        progress: Callable[[str], None],
    ) -> None:
        self.contract = contract
        self.operation = operation
        self.settings = settings
        self.exchanges: list[Exchange] = []
        self.correlators: tuple[Correlator, ...] = find_correlators(
            contract, operation, gentle=settings.gentle
        )
        self.progress = progress
        self.linked_resource: LinkedResource | None = None
        """What the operation is about, where that must be made first."""
        self.stop_reason: str | None = None
        """Why cases were left out against the user's wish."""
        self._target = target
        self._unique_values = unique_values
        self._unanswered = 0

    @property
    def media_type(self) -> str | None:
        """The media type of the operation's request body, or None if it takes none."""
        return next(iter(self.operation.content), None)

    @property
    def credential(self) -> Credential:
        """The credential that the run was given."""
        return valid_credential(self.settings)

    @property
    def url(self) -> str:
        """Where the operation is found."""
        return f"{self._target.url}{self.operation.path}"

    def request(self, case: Case, case_id: int | None = None) -> Request:
        """Return the request of `case` with unique values; `case_id` is given for a retry."""
        most = self.settings.max_requests
        if most is not None and self._unique_values.number >= most:
            raise RunStopped(f"{most} requests were sent (--max-requests)", intentional=True)
        default_texts = self.required_texts()
        if self.linked_resource is not None and self.linked_resource.keys - case.parameters.keys():
            default_texts |= self.linked_resource.path_texts()
        request_values = self._unique_values.next(
            case_id, response_dependent=case.phase in RESPONSE_DEPENDENT_PHASES
        )
        return build_request(
            self.contract,
            self.operation,
            self.correlators,
            case,
            request_values,
            self.credential,
            default_texts,
            with_expiry=self.settings.gentle,
        )

    def required_texts(self) -> dict[str, str]:
        """Return valid texts of the parameters that every request must have, by their keys.

        Examples, or values of the schemas; whether there is anything behind them is not asked.
        """
        needed = [p for p in self.operation.parameters if p.required]
        return {p.key: example_parameter_text(self.contract, p) for p in needed}

    def send_once(self, case: Case, case_id: int | None = None) -> Exchange:
        """Send `case` with unique values, and record the exchange."""
        exchange = self._target.send(self.request(case, case_id))
        self.exchanges.append(exchange)
        if self.linked_resource is not None:
            self.linked_resource.note_use(exchange)
        if not exchange.retried:
            self._count_unanswered(exchange)
        return exchange

    def send_together(self, cases: Sequence[Case]) -> list[Exchange]:
        """Send all `cases` at once, and record the exchanges."""
        entries = self._target.send_together([self.request(case) for case in cases])
        # A connection lost among many is a loss like any other: nothing is sent again.
        entries = [replace(exchange, retried=False) for exchange in entries]
        self.exchanges += entries
        for exchange in entries:
            if self.linked_resource is not None:
                self.linked_resource.note_use(exchange)
            self._count_unanswered(exchange)
        return entries

    def _count_unanswered(self, exchange: Exchange) -> None:
        if exchange.failure is None:
            return
        self._unanswered += 1
        if self._unanswered >= MAX_UNANSWERED_REQUESTS:
            reason = f"{MAX_UNANSWERED_REQUESTS} requests got no answer"
            raise RunStopped(f"{reason}, the last: {exchange.failure.message}")

    def send(self, case: Case, case_id: int | None = None) -> Exchange:
        """Send `case`, as often as a rate limit or a lost connection asks; return the last."""
        exchange = self.send_once(case, case_id)
        case_id = exchange.request.case_id
        if exchange.retried:
            exchange = self.send_once(case, case_id)
            if exchange.retried:  # Twice is no race: this one counts as it stands.
                exchange = self.exchanges[-1] = replace(exchange, retried=False)
                self._count_unanswered(exchange)
        limited = self.operation.response_caused_by("rate-limit-exceeded")
        for attempt in range(MAX_RATE_LIMIT_RETRIES):
            if limited is None or exchange.response is None:
                return exchange
            if exchange.response.status != int(limited.status):
                return exchange
            pause = retry_delay(exchange.response, attempt, time.time())
            self.progress(f"rate limited, waiting {pause:.0f} s ...")
            time.sleep(pause)
            exchange = self.send_once(case, case_id)
        if case.phase == SMOKE_TEST_PHASE or exchange.status != int(
            limited.status if limited else 0
        ):
            return exchange
        raise RunStopped(f"{MAX_RATE_LIMIT_RETRIES} consecutive retries got {exchange.status}")

    def base_body(self) -> dict[str, object]:
        """Return a valid request body, made fresh when it is sent; empty if there is to be none.

        The operation's first example, or a value of its schema.
        """
        for schema in self.operation.content.values():
            return dict(body_example(self.contract, schema))
        return {}

    def create(self) -> Exchange:
        """Send a plain valid request, to make what another operation is about."""
        return self.send(
            Case(
                PREREQUISITE_PHASE,
                "made for another operation",
                self.base_body(),
                self.media_type,
            )
        )
