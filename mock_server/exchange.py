"""Exchange: one request on its way through the mock, kept in the ASGI scope."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from mock_server.messages import EventMessage, Headers, HttpResponse, WebhookRequest
from mock_server.tokens import CredentialChecks
from mock_server.unique_values import UniqueValues
from openapi import strict_json
from openapi.contract import Contract, Event, Json, Operation
from openapi.json_pointer import MISSING
from openapi.runtime_expression import RuntimeExpression
from openapi.schema_validation import SchemaViolation

if TYPE_CHECKING:
    from starlette.types import Scope

_SCOPE_KEY = "hookproof.exchange"


class Objection(NamedTuple):
    """What the contract has against a request, whatever faults make of it."""

    reason: str | int
    """A provocation of `x-hookproof-cause`, or a status of HTTP's own."""
    message: str
    place: str = ""
    """Where in the request: a JSON pointer into the body, or a runtime expression."""
    keyword: str = ""
    """The keyword of the contract that is broken, if it is one."""


@dataclass(frozen=True, slots=True)
class BodyValidation:
    """What validation makes of a body and of parameters."""

    value: object
    problem: str | None
    """Why the body is not JSON, or None."""
    size: int
    """Bytes of the body."""
    violations: tuple[SchemaViolation, ...]
    schema: Mapping[str, Json]
    """The schema of the body, its reference followed; empty where none is taken."""
    operation: str
    """The id of the operation."""
    parameters: Mapping[str, object]
    """What the parameters mean, by their keys."""


@dataclass(slots=True)
class MockExchange:
    """State of one exchange; middleware sets the fields in their order."""

    contract: Contract
    hooks: "Hooks"
    request_headers: Headers
    """The headers of the request."""
    operation: Operation | None = None
    """None until the request is routed, and for what is no operation of the contract."""
    headers: Headers = ()
    """What every answer of this exchange carries besides its own headers."""
    claims: Mapping[str, Any] = field(default_factory=dict)
    """What the verified credential says."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """What the parameters of the request mean, by their keys, such as `query.limit`."""
    body: bytes = b""
    """The body of the request as it came, once it was read."""
    value: object = MISSING
    """The same, once it was read as JSON."""
    response: HttpResponse | None = None
    """What was answered, before any fault touched it."""
    preference_texts: Mapping[str, str] | None = None
    """Texts of the client's preferences, by name; None if it has none."""
    is_preferred_response: bool = False
    """An answer was asked for, and nothing else: no state changes, no event is sent."""
    has_overrides: bool = False
    """Something was switched on for the next requests when this one came."""
    delay: float = 0.0
    """Seconds until the answer goes out."""
    sent_status: int | None = None
    """The status that went out, where it may be another."""
    faults: frozenset[str] = frozenset()
    """Names of the faults that this exchange alone has."""
    objections: tuple[Objection, ...] = ()
    """What is wrong with the request, in the order of the middleware."""

    def evaluate(
        self, expression: RuntimeExpression, response: HttpResponse | None = None
    ) -> object:
        """Return what a runtime expression means here, or `MISSING`.

        `response` is looked at for what was answered, where the exchange does not have it yet.
        """
        is_header = expression.part == "header"
        if expression.message == "request":
            headers = _decode_headers(self.request_headers) if is_header else None
            return expression.evaluate(self.value, headers, self.parameters)
        response_seen = response or self.response
        if response_seen is None:
            return MISSING
        if is_header:
            return expression.evaluate(None, _decode_headers(response_seen.headers))
        return expression.evaluate(strict_json.parse_json(response_seen.body).value)


@dataclass(frozen=True, slots=True)
class EventContext:
    """Why an event is sent."""

    event: Event
    exchange: MockExchange
    number: int
    """Number of the event in this mock, from 1."""
    unique_values: UniqueValues


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks, in the order of a request's journey."""

    rate_limit_check: Callable[[bool, MockExchange], bool] | None = None
    """Whether the client may go on, or asks too often."""
    checks: Callable[[CredentialChecks], CredentialChecks] | None = None
    """What is checked of a credential."""
    body_validation: Callable[[BodyValidation], BodyValidation] | None = None
    response: Callable[[HttpResponse, MockExchange], HttpResponse] | None = None
    """The answer as it goes out; the exchange keeps the true one."""
    trigger: Callable[[int, MockExchange], int] | None = None
    """The status whose event is sent."""
    payload: Callable[[Json, EventContext], Json] | None = None
    """The payload before it is serialised. It is the hook's own and may be changed in place."""
    webhook_request: Callable[[WebhookRequest, EventMessage], WebhookRequest] | None = None
    """The signed bytes and their headers."""
    webhook_requests: (
        Callable[[list[WebhookRequest], EventMessage], list[WebhookRequest]] | None
    ) = None
    """What goes to each receiver, one delivery if all is well; as many for the same posting."""


def _decode_headers(headers: Headers) -> dict[str, str]:
    return {key.decode("latin-1"): value.decode("latin-1") for key, value in headers}


def attach_exchange(scope: "Scope", exchange: MockExchange) -> None:
    """Put the exchange into the scope for the inner middleware."""
    scope[_SCOPE_KEY] = exchange


def exchange_of(scope: "Scope") -> MockExchange:
    """Return the exchange that `scope` belongs to; `LookupError` on the mock's own paths."""
    exchange: MockExchange = scope[_SCOPE_KEY]
    return exchange
