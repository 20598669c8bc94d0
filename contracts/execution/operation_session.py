"""Session of one operation: it sends cases and records exchanges.

After a 429 the session waits and retries; a rate limit never counts as a rejection. If the service
stops responding, the session ends and the run judges what it has.
"""

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from contracts.execution.budget import Budget
from contracts.execution.linked_resources import LinkedResource
from contracts.execution.possible_requests import reason_without_request
from contracts.execution.target import RequestSender, retry_delay
from contracts.generators.access.operation import OperationCredentials
from contracts.generators.conflict_values import with_unique_values
from contracts.generators.parameters import names_nothing, unique_texts
from contracts.model.callback_urls import callback_urls
from contracts.model.case import (
    PREREQUISITE_PHASE,
    RESPONSE_DEPENDENT_PHASES,
    SMOKE_TEST_PHASE,
    Case,
    build_request,
)
from contracts.model.correlators import Correlator, find_correlators
from contracts.model.errors import RunStopped, TargetNotCreated
from contracts.model.exchange import Credential, Exchange, Request
from contracts.model.given_credentials import find_accesses
from contracts.model.own_targets import changes_target, holds_nothing
from contracts.model.selection import IncompleteOperation
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from openapi.contract import SAFE_METHODS, Contract, Json, Operation
from openapi.parameters import parameter_key, path_parameter_names
from openapi.requests.examples import example_body, example_parameter

MAX_UNANSWERED_REQUESTS = 5
"""Number of timeouts and refused connections that ends the session: each may take long."""
MAX_FAILED_RESPONSES = 50
"""Number of closed connections and broken responses in a row that ends the session.

They take no time, and a service whose handler crashes for some inputs is there for the others.
"""
MAX_RATE_LIMIT_RETRIES = 6


class OperationSession:
    """Session of one operation; `exchanges` is its part of the ledger."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        settings: Settings,
        target: RequestSender,
        unique_values: UniqueValues,
        progress: Callable[[str], None],
        budget: Budget | None = None,
    ) -> None:
        """Take the budget of the run, which its sessions share; None: the one of `settings`."""
        self.contract = contract
        self.operation = operation
        self.settings = settings
        self.exchanges: list[Exchange] = []
        self.correlators: tuple[Correlator, ...] = find_correlators(
            contract, operation, gentle=settings.gentle
        )
        self.credentials = OperationCredentials(
            contract, operation, settings, find_accesses(operation, settings)
        )
        self.callback_urls = callback_urls(contract, operation, settings.callback_base)
        self.progress = progress
        self.linked_resource: LinkedResource | None = None
        """Resource that the operation needs, or None."""
        self.creator: OperationSession | None = None
        """Session of the operation that creates this resource, or None."""
        self.has_own_target = False
        """Whether the run creates what the path of the operation names."""
        self.stop_reason: str | None = None
        """Reason why the session was cut short unintentionally, or None."""
        self.incomplete: IncompleteOperation | None = None
        """Reason why the operation is not tested as a whole, or None."""
        self.budget = budget or Budget(settings.max_requests, settings.max_time)
        self._target = target
        self._unique_values = unique_values
        self._unanswered = self._failed_in_a_row = 0

    @property
    def credential(self) -> Credential:
        """Valid credential of the settings."""
        return self.credentials.valid

    @cached_property
    def reason_without_request(self) -> str | None:
        """Reason why the run can make no valid request to the operation, or None."""
        return reason_without_request(self.contract, self.operation)

    @property
    def lacking_request(self) -> "OperationSession | None":
        """This session, or that of a needed creator, if no valid request to it can be made."""
        for session in self.creators:
            if session.reason_without_request is not None:
                return session
            if session.linked_resource is not None and session.linked_resource.is_optional:
                return None
        return None

    @cached_property
    def needs_own_target(self) -> bool:
        """Whether the operation may only get requests for what the run created."""
        allowed = self.settings.allow_destructive
        return not allowed and changes_target(self.contract, self.operation)

    def may_send(self, case: Case) -> bool:
        """Return whether `case` changes nothing, or only what the run creates.

        A parameter in the path that is not that of the created resource must name nothing.
        """
        changed = [v for key, v in case.parameters.items() if key in self._path_keys]
        return not self._is_bound(case) or (
            self.has_own_target and all(map(names_nothing, changed))
        )

    def has_target(self, case: Case) -> bool:
        """Return whether `case` may be sent now: create the resource that it changes, if need be.

        Raise `RunStopped` if the operation can do nothing without the resource.
        """
        if not self._is_bound(case):
            return True
        resource = self.linked_resource
        if resource is None or not self.may_send(case):
            return False
        return resource.keys <= case.parameters.keys() or bool(resource.path_texts())

    def _is_bound(self, case: Case) -> bool:
        """Return whether the request may only be for what the run created."""
        if case.step is not None:
            return False  # a sequence names only what it created
        if case.method in (None, self.operation.method):
            return self.needs_own_target
        is_probe = case.method in SAFE_METHODS or holds_nothing(self.contract, self.operation)
        return not self.settings.allow_destructive and not is_probe

    @cached_property
    def _path_keys(self) -> frozenset[str]:
        return frozenset(
            parameter_key("path", n) for n in path_parameter_names(self.operation.path)
        )

    @property
    def is_judged(self) -> bool:
        """Whether the checks judge the exchanges."""
        return self.incomplete is None or self.incomplete.judged

    @property
    def is_tested(self) -> bool:
        """Whether the operation got its plain valid request, and is judged."""
        marked = self.incomplete
        return marked is None or (marked.judged and marked.status != "not exercised")

    @property
    def creators(self) -> "Sequence[OperationSession]":
        """This session, the one that creates its resource, and so on."""
        return [self, *(self.creator.creators if self.creator else ())]

    @property
    def needed_requests(self) -> int:
        """Number of requests until the first valid one: each needed resource is one before it."""
        return len(self.creators)

    @property
    def url(self) -> str:
        """URL of the operation, path parameters not filled in."""
        return f"{self._target.url}{self.operation.path}"

    @property
    def last_request_number(self) -> int:
        """Number of the last request of the run, by any session."""
        return self._unique_values.number

    def request(self, case: Case, case_id: int | None = None) -> Request:
        """Return the request of `case` with unique values; pass `case_id` for a retry.

        Raise `TargetNotCreated` if it may only be for what the run created, and this is lacking.
        """
        if not self.has_target(case):
            raise TargetNotCreated(f"{self.operation.id} needs a resource that the run created")
        default_values = self.required_values()
        if self.linked_resource is not None and self.linked_resource.keys - case.parameters.keys():
            default_values |= self.linked_resource.path_texts()
        self.budget.take()
        request_values = self._unique_values.next(
            case_id, response_dependent=case.phase in RESPONSE_DEPENDENT_PHASES
        )
        default_values |= unique_texts(self.contract, self.operation, request_values.mark)
        case = with_unique_values(self.contract, self.operation, case, self._example)
        if self.callback_urls is not None:
            case = self.callback_urls.applied(case, request_values.mark)
            default_values |= self.callback_urls.parameters(request_values.mark)
        return build_request(
            self.contract,
            self.operation,
            self.correlators,
            case,
            request_values,
            self.credential,
            default_values,
            with_expiry=self.settings.gentle,
        )

    def required_values(self) -> dict[str, object]:
        """Return valid values of the required parameters, by key.

        They are examples or values of the schemas; their resources may not exist.
        """
        needed = [p for p in self.operation.parameters if p.required]
        return {p.key: example_parameter(self.contract, p) for p in needed}

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
        # Concurrent requests are not sent again after a lost connection.
        entries = [replace(exchange, retried=False) for exchange in entries]
        self.exchanges += entries
        for exchange in entries:
            if self.linked_resource is not None:
                self.linked_resource.note_use(exchange)
            self._count_unanswered(exchange)
        return entries

    def _count_unanswered(self, exchange: Exchange) -> None:
        if exchange.failure is None:
            self._failed_in_a_row = 0
            return
        if exchange.failure.kind in ("timeout", "unreachable"):
            self._unanswered += 1
        else:
            self._failed_in_a_row += 1
        if self._unanswered >= MAX_UNANSWERED_REQUESTS:
            reason = f"{MAX_UNANSWERED_REQUESTS} requests got no response"
        elif self._failed_in_a_row >= MAX_FAILED_RESPONSES:
            reason = f"{MAX_FAILED_RESPONSES} requests in a row got no complete response"
        else:
            return
        raise RunStopped(f"{reason}; the last failure: {exchange.failure.message}")

    def send(self, case: Case, case_id: int | None = None) -> Exchange:
        """Send `case`; retry after a 429 or a lost connection; return the last exchange."""
        exchange = self.send_once(case, case_id)
        case_id = exchange.request.case_id
        if exchange.retried:
            exchange = self.send_once(case, case_id)
            if exchange.retried:  # Lost twice: not a race, so it counts as a failure.
                exchange = self.exchanges[-1] = replace(exchange, retried=False)
                self._count_unanswered(exchange)
        for attempt in range(MAX_RATE_LIMIT_RETRIES):
            if exchange.response is None or not exchange.has_status_of("rate-limit-exceeded"):
                return exchange
            pause = retry_delay(exchange.response, attempt, time.time())
            self.budget.require_seconds(pause)
            self.progress(f"rate limited, waiting {pause:.0f} s ...")
            time.sleep(pause)
            exchange = self.send_once(case, case_id)
        if case.phase == SMOKE_TEST_PHASE or not exchange.has_status_of("rate-limit-exceeded"):
            return exchange
        raise RunStopped(f"{MAX_RATE_LIMIT_RETRIES} consecutive retries got {exchange.status}")

    def base_body(self) -> Json:
        """Return a valid request body: the first example or a value of the schema.

        Return an empty object if the operation has no body.
        """
        body = copy.deepcopy(self._example)
        return self.callback_urls.base_body(body) if self.callback_urls else body

    @cached_property
    def _example(self) -> Json:
        spec = self.operation.body
        return {} if spec is None else example_body(self.contract, spec)

    def prepare(self) -> None:
        """Create the resource that the next request needs, if it needs one and there is none.

        Raise `RunStopped` if that fails.
        """
        if self.linked_resource is not None:
            self.linked_resource.path_texts()

    def create(self) -> Exchange | None:
        """Send a plain valid request to create the resource that another operation needs.

        Return None if none can be made.
        """
        if self.reason_without_request is not None:
            return None
        described = "create for another operation"
        return self.send(Case(PREREQUISITE_PHASE, described, self.base_body()))
