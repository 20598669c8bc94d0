"""The entries of the ledger: requests, answers, and both together. Frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from contracts.model.correlators import Correlator
from openapi.contract import Operation
from openapi.json_pointer import MISSING
from openapi.runtime_expression import Expression
from openapi.strict_json import JsonText, parse

_read = lru_cache(maxsize=8192)(parse)

Expects = Literal["accepted", "refused", "forbidden"]
FailureKind = Literal["timeout", "lost", "malformed", "too large", "unreachable"]


@dataclass(frozen=True, slots=True)
class Credential:
    """A value of the Authorization header, and what a service must make of it."""

    kind: str
    expects: Expects
    value: str | None = field(default=None, repr=False)
    """The header's whole value; None leaves the header out."""
    expired_at: float | None = None
    """The Unix seconds at which it was to expire, where that is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One request as it is sent; itself, not its like, is what the ledger holds."""

    number: int
    case: int
    """The number of the first request of the same case: a case may be tried again."""
    operation: Operation
    method: str
    block: str
    description: str
    credential: Credential = field(repr=False)
    media_type: str | None
    body: bytes = field(repr=False)
    correlators: Mapping[str, object]
    """Pointer into the body -> the value put there, which no other request of the run has."""
    mark: str
    """Stands in the body wherever it could be put."""
    places: tuple[Correlator, ...]
    """The operation's correlators when it was sent."""
    target: str
    """Path and query as they stand in the request line, after the prefix of the service."""
    parameters: Mapping[str, object]
    """What the parameters of the operation mean, by their keys, such as `query.limit`."""
    headers: tuple[tuple[str, str], ...] = ()
    """The header parameters."""
    varied: Mapping[str, str | None] = field(default_factory=dict)
    """Key of each parameter that is not as in a plain request -> its text, or None: left out."""
    together: int = 0
    """The same for all requests that were sent at once for one thing; 0 for any other."""

    @property
    def json(self) -> JsonText:
        """The body, read as JSON. Not to be changed: it is read once for all who ask."""
        return _read(self.body)

    def named(self) -> str:
        """Return a few words that name the request in a report."""
        return f"request {self.number} ({self.description})"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, its body decoded."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)

    @property
    def json(self) -> JsonText:
        """The body, read as JSON. Not to be changed: it is read once for all who ask."""
        return _read(self.body)

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
    """A request and what came of it; exactly one of `answer` and `failure` is there."""

    request: Request
    answer: Answer | None
    failure: Failure | None
    started: float
    """Unix seconds before the first byte was sent."""
    ended: float
    """Unix seconds when the answer was complete, or given up."""
    repeated: bool = False
    """The connection was lost before an answer began: this was sent again, with a fresh name."""

    @property
    def status(self) -> int | None:
        """The status of the answer, if there is one."""
        return self.answer.status if self.answer else None

    def find(self, expression: Expression) -> object:
        """Return what a runtime expression means in this exchange, or `MISSING`."""
        request, answer = self.request, self.answer
        if expression.message == "request":
            body = request.json.value if expression.part == "body" and request.body else MISSING
            stated = {name.lower(): value for name, value in request.headers}
            return expression.of(body, stated, request.parameters)
        if answer is None:
            return MISSING
        headers = {name.lower(): value for name, value in reversed(answer.headers)}
        value = answer.json.value if expression.part == "body" else MISSING
        return expression.of(value, headers)
