"""Exchange: request, response or failure, timing. Frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from contracts.model.correlators import Correlator
from openapi.contract import Operation
from openapi.json_pointer import MISSING
from openapi.runtime_expression import RuntimeExpression
from openapi.strict_json import ParsedJson, parse_json

_parse_json = lru_cache(maxsize=8192)(parse_json)

ExpectedOutcome = Literal["accepted", "refused", "forbidden"]
FailureKind = Literal["timeout", "lost", "malformed", "too large", "unreachable"]


@dataclass(frozen=True, slots=True)
class Credential:
    """A value of the Authorization header, and what a service must make of it."""

    kind: str
    expected_outcome: ExpectedOutcome
    value: str | None = field(default=None, repr=False)
    """The header's whole value; None leaves the header out."""
    expired_at: float | None = None
    """The Unix seconds at which it was to expire, where that is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One request as it is sent; itself, not its like, is what the ledger holds."""

    number: int
    case_id: int
    """The number of the first request of the same case: a case may be tried again."""
    operation: Operation
    method: str
    phase: str
    description: str
    credential: Credential = field(repr=False)
    media_type: str | None
    body: bytes = field(repr=False)
    correlator_values: Mapping[str, object]
    """Pointer into the body -> the value put there, which no other request of the run has."""
    mark: str
    """Stands in the body wherever it could be put."""
    correlators: tuple[Correlator, ...]
    """The operation's correlators when it was sent."""
    target: str
    """Path and query as they stand in the request line, after the prefix of the service."""
    parameters: Mapping[str, object]
    """What the parameters of the operation mean, by their keys, such as `query.limit`."""
    headers: tuple[tuple[str, str], ...] = ()
    """The header parameters."""
    parameter_overrides: Mapping[str, str | None] = field(default_factory=dict)
    """Key of each parameter that is not as in a plain request -> its text, or None: left out."""
    concurrent_group: int = 0
    """The same for all requests that were sent at once for one thing; 0 for any other."""

    @property
    def json(self) -> ParsedJson:
        """The body, read as JSON. Not to be changed: it is read once for all who ask."""
        return _parse_json(self.body)

    def label(self) -> str:
        """Return a few words that name the request in a report."""
        return f"request {self.number} ({self.description})"


@dataclass(frozen=True, slots=True)
class ReceivedResponse:
    """An HTTP answer, its body decoded."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)

    @property
    def json(self) -> ParsedJson:
        """The body, read as JSON. Not to be changed: it is read once for all who ask."""
        return _parse_json(self.body)

    def header(self, name: str) -> str | None:
        """Return the first value of the header `name`, in whatever case it came."""
        found = (value for key, value in self.headers if key.lower() == name.lower())
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there was no answer."""

    kind: FailureKind
    message: str
    status: int | None = None
    """The status that was read before the answer broke off, if any."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its result: exactly one of `response` and `failure` is there."""

    request: Request
    response: ReceivedResponse | None
    failure: Failure | None
    started: float
    """Unix seconds before the first byte was sent."""
    ended: float
    """Unix seconds when the answer was complete, or given up."""
    retried: bool = False
    """The connection was lost before an answer began: this was sent again, with a fresh name."""

    @property
    def status(self) -> int | None:
        """The status of the answer, if there is one."""
        return self.response.status if self.response else None

    def find(self, expression: RuntimeExpression) -> object:
        """Return what a runtime expression means in this exchange, or `MISSING`."""
        request, response = self.request, self.response
        if expression.message == "request":
            body = request.json.value if expression.part == "body" and request.body else MISSING
            stated = {name.lower(): value for name, value in request.headers}
            return expression.evaluate(body, stated, request.parameters)
        if response is None:
            return MISSING
        headers = {name.lower(): value for name, value in reversed(response.headers)}
        value = response.json.value if expression.part == "body" else MISSING
        return expression.evaluate(value, headers)
