"""Exchange: state and fault hooks of one request, stored in the ASGI scope."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from mock_server.messages import EventMessage, Headers, HttpResponse, WebhookRequest
from mock_server.resource_view import ResourceView, ShownResource
from mock_server.tokens import CredentialChecks
from mock_server.unique_values import UniqueValues
from openapi import strict_json
from openapi.contract import Contract, Event, Json, Operation
from openapi.json_pointer import MISSING, get_at
from openapi.runtime_expression import RuntimeExpression
from openapi.schemas.validation import SchemaViolation

if TYPE_CHECKING:
    from sqlite3 import Connection

    from starlette.types import Scope

_SCOPE_KEY = "hookproof.exchange"


class Objection(NamedTuple):
    """Contract violation or rejection of a request, recorded before any fault is applied."""

    reason: str | int
    """A cause of `x-hookproof-cause`, or an HTTP status."""
    message: str
    place: str = ""
    """JSON pointer into the body, or a runtime expression."""
    keyword: str = ""
    """Violated keyword of the contract, if any."""


@dataclass(frozen=True, slots=True)
class BodyValidation:
    """Result of validating the body and the parameters."""

    value: object
    problem: str | None
    """Reason why the body is not of its media type, as the end of a sentence, or None."""
    size: int
    """Size of the body in bytes."""
    violations: tuple[SchemaViolation, ...]
    schema: Mapping[str, Json]
    """Schema of the body with its reference resolved; empty if the operation takes no body."""
    operation: str
    """Id of the operation."""
    parameters: Mapping[str, object]
    """Parsed parameters by key, such as `query.limit`."""


@dataclass(slots=True)
class MockExchange:
    """State of one exchange. Each middleware sets the fields that it knows."""

    contract: Contract
    hooks: "Hooks"
    request_headers: Headers
    headers_by_name: dict[bytes, bytes] = field(init=False)
    """Last value of each header of the request."""
    operation: Operation | None = None
    """None before routing, and for a request that matches no operation."""
    headers: Headers = ()
    """Headers that every response of this exchange carries in addition."""
    claims: Mapping[str, Any] = field(default_factory=dict)
    """Claims of the verified credential."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Parsed parameters by key, such as `query.limit`."""
    body: bytes = b""
    """Request body as received; empty until it is read."""
    value: object = MISSING
    """Value of the request body by its media type; `MISSING` until it is parsed."""
    response: HttpResponse | None = None
    """Response before any fault changes it."""
    preference_texts: Mapping[str, str] | None = None
    """Texts of the client's preferences by name; None without preferences."""
    is_preferred_response: bool = False
    """True for a response on demand, or of an override: no state changes, no event is sent."""
    is_repeated_response: bool = False
    """True for the first response to an idempotency key, sent again: no event is sent."""
    stored: "StoredExchange | None" = None
    """Exchange as the transaction of its success has stored it; None without a state file."""
    shown: ShownResource | None = None
    """Resource that the exchange created, changed or removed."""
    has_overrides: bool = False
    """True if overrides were active when the request arrived."""
    delay: float = 0.0
    """Seconds before the response is sent."""
    sent: HttpResponse | None = None
    """Response after the faults; None if the response was sent directly."""
    faults: frozenset[str] = frozenset()
    """Names of the faults that apply to this exchange only."""
    objections: tuple[Objection, ...] = ()
    """Violations and reasons to reject the request, in the order of the middleware."""

    def __post_init__(self) -> None:
        """Index the headers."""
        self.headers_by_name = dict(self.request_headers)

    def header_values(self, name: bytes) -> list[bytes]:
        """Return each value of the request header `name` (in lower case), in order."""
        if name not in self.headers_by_name:
            return []
        if len(self.headers_by_name) == len(self.request_headers):
            return [self.headers_by_name[name]]
        return [value for key, value in self.request_headers if key == name]

    def evaluate(
        self, expression: RuntimeExpression, response: HttpResponse | None = None
    ) -> object:
        """Return the value of a runtime expression, or `MISSING`.

        `response` replaces the exchange's response, which may not be set yet.
        """
        is_header = expression.part == "header"
        if expression.message == "request":
            if expression.part == "body":  # the most frequent place
                return get_at(self.value, expression.where)
            headers = _decode_headers(self.request_headers) if is_header else None
            return expression.evaluate(self.value, headers, self.parameters)
        response_seen = response or self.response
        if response_seen is None:
            return MISSING
        if is_header:
            return expression.evaluate(None, _decode_headers(response_seen.headers))
        return expression.evaluate(strict_json.parse_json(response_seen.body).value)


class StoredExchange(NamedTuple):
    """Exchange that is in a state file since the transaction of its success."""

    number: int
    """Id of the request record."""
    response: HttpResponse
    send: Callable[[], None]
    """Function that sends the stored deliveries."""


OnSuccess = Callable[[MockExchange, "Scope", HttpResponse, "Connection"], None]
"""Function that stores more about an exchange in the transaction of its success."""


@dataclass(frozen=True, slots=True)
class EventContext:
    """Context of an event: what triggered it and what its payload needs."""

    event: Event
    exchange: MockExchange
    number: int
    """Number of the event in this mock, from 1."""
    unique_values: UniqueValues
    items: tuple[str, ...] = ()
    """Pointer of each item of the request body that triggers the event; none: the whole request."""

    def find(self, expression: RuntimeExpression, item: str) -> object:
        """Return the value of an expression in the exchange, or in `item` of its request."""
        if expression.message == "item":
            return get_at(self.exchange.value, item + expression.where)
        return self.exchange.evaluate(expression)


@dataclass(frozen=True, slots=True)
class Hooks:
    """Hooks of an exchange, in the order in which they run."""

    rate_limit_check: Callable[[bool, MockExchange], bool] | None = None
    """Change whether the rate limit allows the request."""
    checks: Callable[[CredentialChecks], CredentialChecks] | None = None
    """Change which checks apply to a credential."""
    body_validation: Callable[[BodyValidation], BodyValidation] | None = None
    resources: Callable[[ResourceView, MockExchange], ResourceView] | None = None
    """Change what the exchange sees of the stored resources, and what it stores."""
    response: Callable[[HttpResponse, MockExchange], HttpResponse] | None = None
    """Change the response before it is sent; the exchange keeps the original."""
    trigger: Callable[[int, MockExchange], int] | None = None
    """Change the status that triggers an event."""
    payload: Callable[[Json, EventContext], Json] | None = None
    """Change the payload before it is serialised; in-place changes are safe."""
    webhook_request: Callable[[WebhookRequest, EventMessage], WebhookRequest] | None = None
    """Change the signed bytes and their headers."""
    webhook_requests: (
        Callable[[list[WebhookRequest], EventMessage], list[WebhookRequest]] | None
    ) = None
    """Change the list of requests to each receiver; without faults it has one. The length of the
    list must be the same for each attempt.
    """


def _decode_headers(headers: Headers) -> dict[str, str]:
    return {key.decode("latin-1"): value.decode("latin-1") for key, value in headers}


def attach_exchange(scope: "Scope", exchange: MockExchange) -> None:
    """Store the exchange in the scope for the inner middleware."""
    scope[_SCOPE_KEY] = exchange


def exchange_of(scope: "Scope") -> MockExchange:
    """Return the exchange in `scope`; raise `LookupError` on the mock's own paths."""
    exchange: MockExchange = scope[_SCOPE_KEY]
    return exchange
