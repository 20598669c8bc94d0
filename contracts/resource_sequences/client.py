"""Client of one resource: it sends the requests of sequences, and asks again for a late change."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from contracts.execution.operation_session import OperationSession
from contracts.generators.access.tokens import bearer_value
from contracts.ledger.resource_history import KnownResource, ResourceHistory, ResourceView
from contracts.model.case import SEQUENCE_PHASE, Case
from contracts.model.exchange import Credential, Exchange
from contracts.model.sequence import SequenceStep
from contracts.model.settings import Settings
from contracts.resource_sequences.bodies import BodyMaker, BodyPlan
from openapi.contract import Contract, Operation
from openapi.json_pointer import MISSING
from openapi.parameters import Parameter, parameter_key
from openapi.resources.derivation import idempotency_key
from openapi.resources.model import Resource
from openapi.serialization.text_values import serialize_value

UNSTATED_CONSISTENCY_S = 1.0
"""Seconds for which the run asks again if the contract states no bound; what is late is a
warning.
"""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 0.5


class ResourceClient:
    """Client for one sequence on one resource."""

    def __init__(
        self,
        resource: Resource,
        sessions: Mapping[str, OperationSession],
        sequence: int,
        given_up: set[str],
    ) -> None:
        """Take the sessions of all operations, by id.

        `given_up` has the ids of the operations that showed an old state until the end of the wait;
        the sequences of a resource share it, so that each waits for a fault only once.
        """
        self.resource = resource
        self.sequence = sequence
        self.exchanges: list[Exchange] = []
        self._sessions = sessions
        self._given_up = given_up
        self._walks = 0
        self._history: ResourceHistory | None = None

    def next_walk(self) -> int:
        """Return the number of a new walk through the list."""
        self._walks += 1
        return self._walks

    def session(self, operation: Operation | None) -> OperationSession | None:
        """Return the session of an operation, or None if the run cannot use it."""
        return None if operation is None else self._sessions.get(operation.id)

    @property
    def history(self) -> ResourceHistory:
        """History of the sequence so far, replayed after each request."""
        if self._history is None:
            self._history = ResourceHistory(self.resource, self.exchanges)
        return self._history

    def maker(self, operation: Operation) -> BodyMaker:
        """Return the maker of bodies for `operation`."""
        base = self._sessions[operation.id].base_body()
        return BodyMaker(self.contract, self.resource, operation, base)

    @property
    def contract(self) -> Contract:
        """Contract of the sessions."""
        return self._sessions[self.resource.create.id].contract

    @property
    def settings(self) -> Settings:
        """Settings of the run."""
        return self._sessions[self.resource.create.id].settings

    def send(
        self,
        operation: Operation,
        description: str,
        plan: BodyPlan | None = None,
        parameters: Mapping[str, object] | None = None,
        *,
        phase: str = SEQUENCE_PHASE,
        credential: Credential | None = None,
        **step: int,
    ) -> Exchange:
        """Send one request of the sequence, and keep its exchange."""
        session = self._sessions[operation.id]
        plan = plan or BodyPlan(session.base_body())
        case = Case(
            phase,
            description,
            plan.body,
            values=plan.values,
            parameters=parameters or {},
            credential=credential,
            step=SequenceStep(self.sequence, self.resource, **step),
        )
        exchange = session.send(case)
        self.exchanges.append(exchange)
        self._history = None
        return exchange

    def create(
        self,
        description: str,
        plan: BodyPlan | None = None,
        parent: Mapping[str, object] | None = None,
    ) -> KnownResource | None:
        """Create a resource; return it, or None if the service does not accept the request."""
        exchange = self.send(self.resource.create, description, plan, parent)
        return next(
            (known for known in self.history.known.values() if known.created is exchange), None
        )

    def parent_of(self, known: KnownResource) -> dict[str, object]:
        """Return the outer path parameters with which `known` was created, by key."""
        parameters = known.created.request.parameters
        return {
            key: serialize_value(value)
            for key, value in parameters.items()
            if key.startswith("path.")
        }

    def path_of(self, known: KnownResource) -> dict[str, object]:
        """Return the path parameters of a resource, by key."""
        texts = (*known.parent, known.identity)
        names = [name for name, _ in self.resource.parameters]
        return {parameter_key("path", name): text for name, text in zip(names, texts, strict=True)}

    def request(
        self,
        operation: Operation | None,
        known: KnownResource,
        description: str,
        plan: BodyPlan | None = None,
        *,
        phase: str = SEQUENCE_PHASE,
    ) -> Exchange | None:
        """Send a request for one resource; return None if the run cannot use the operation."""
        if operation is None or self.session(operation) is None:
            return None
        return self.send(operation, description, plan, self.path_of(known), phase=phase)

    def read(
        self, known: KnownResource, description: str, *, phase: str = SEQUENCE_PHASE
    ) -> ResourceView | None:
        """Read a resource until it shows what was written last; return the last view of it."""
        operation = self.resource.read
        if operation is None or self.session(operation) is None:
            return None

        def send(repeats: int) -> int:
            path = self.path_of(known)
            done = self.send(operation, description, None, path, phase=phase, repeats=repeats)
            return done.request.number

        def view() -> ResourceView | None:
            views = self.history.views
            last = self.exchanges[-1]
            return next((v for v in reversed(views) if v.exchange is last), None)

        self.repeat_until(operation, send, lambda: (v := view()) is None or v.is_up_to_date)
        return view()

    def repeat_until(
        self,
        operation: Operation,
        send: Callable[[int], int],
        is_up_to_date: Callable[[], bool],
    ) -> None:
        """Send until the response is up to date, or the bound of the contract has passed.

        `send` takes the number of the request that it repeats, and returns the new number.
        """
        number = send(0)
        bound = self.resource.consistency_s
        limit = UNSTATED_CONSISTENCY_S if bound is None else bound
        if operation.id in self._given_up:
            limit = 0.0
        end, pause = time.monotonic() + limit, _FIRST_PAUSE_S
        while not is_up_to_date():
            if time.monotonic() >= end:
                self._given_up.add(operation.id)
                return
            time.sleep(min(pause, max(end - time.monotonic(), 0)))
            pause = min(2 * pause, _LONGEST_PAUSE_S)
            number = send(number)

    def other_operation_with_key(self) -> tuple[Operation, Parameter] | None:
        """Return another operation that takes an idempotency key, and the parameter; or None."""
        for session in self._sessions.values():
            parameter = idempotency_key(self.contract, session.operation)
            if parameter is not None and session.operation.id not in self.resource.roles:
                return session.operation, parameter
        return None

    def other_tenant(self, operation: Operation, token: str) -> Credential | None:
        """Return the credential of another tenant for `operation`; None if it takes no token."""
        session = self._sessions[operation.id]
        if session.credentials.access.bearer is None:
            return None
        valid = session.credential
        option = "Authorization: Bearer ${HOOKPROOF_OTHER_TENANT_TOKEN:?set it}"
        return replace(
            valid,
            kind="other tenant",
            value=bearer_value(token),
            curl_options=f'-H "{option}"',
        )

    def value_of(self, known: KnownResource, pointer: str) -> object:
        """Return the value that the run wrote last at `pointer` of a resource, or `MISSING`."""
        found = self.history.known.get((known.parent, known.identity))
        written = found.written.get(pointer) if found else None
        return MISSING if written is None else written.value
