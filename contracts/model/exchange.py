"""Exchange: request, response or failure, timing. Frozen values."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from contracts.model.correlators import Correlator
from contracts.model.request_form import PLAIN_FORM, RequestForm, Tolerance
from contracts.model.sequence import SequenceStep
from openapi.contract import Operation, ResponseSpec
from openapi.json_pointer import MISSING, get_at
from openapi.runtime_expression import RuntimeExpression
from openapi.serialization.bodies import BodyReadings, MediaTypeSpec, read_body
from openapi.serialization.text_values import Readings
from openapi.strict_json import ParsedJson, parse_json

_MAX_CACHED_BYTES = 24 * 1024 * 1024
"""Maximum of the estimated memory of parsed bodies: a byte of JSON may take 20 bytes."""
_parsed: OrderedDict[bytes, tuple[ParsedJson, int]] = OrderedDict()
_parsed_bytes = 0


def _parse_json(raw: bytes) -> ParsedJson:
    """Return `raw` parsed; recent results are cached."""
    global _parsed_bytes  # noqa: PLW0603 - the size of the cache beside it
    known = _parsed.get(raw)
    if known is not None:
        return known[0]
    parsed = parse_json(raw)
    size = 256 + 2 * len(raw) + 64 * sum(map(raw.count, (b",", b"[", b"{", b":")))
    _parsed[raw] = parsed, size
    _parsed_bytes += size
    while _parsed_bytes > _MAX_CACHED_BYTES:
        _parsed_bytes -= _parsed.popitem(last=False)[1][1]
    return parsed


ExpectedOutcome = Literal["accepted", "refused", "forbidden", "any"]
"""`any`: the operation needs no credential, so the contract does not say."""
FailureKind = Literal["timeout", "lost", "malformed", "too large", "unreachable"]


@dataclass(frozen=True, slots=True)
class Credential:
    """Credential as it is sent, and the outcome that the service must give it."""

    kind: str
    expected_outcome: ExpectedOutcome
    value: str | None = field(default=None, repr=False)
    """Complete Authorization header, each character one byte; None omits the header."""
    expired_at: float | None = None
    """Requested expiry in Unix seconds, if known."""
    query: str = field(default="", repr=False)
    """Query string that has the credential, or empty."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Other headers that have the credential."""
    form: str = ""
    """Difference from the other credentials of its kind, or empty."""
    curl_options: str = ""
    """Options of curl that send it, with a variable for the token; or empty."""
    other_rejections: bool = False
    """Whether another 4xx is legal too: the header is malformed, too long or not documented."""
    scheme: str = ""
    """Name of the security scheme, or empty if the run uses only one in the operation."""
    companion_options: str = ""
    """Options of curl that send the credentials of the other schemes, or empty."""

    @property
    def label(self) -> str:
        """Name of the credential in the description of a case."""
        named = f"credential {self.kind}" + (f" for {self.scheme}" if self.scheme else "")
        return named + (f": {self.form}" if self.form else "")

    @property
    def wire_form(self) -> tuple[object, ...]:
        """Everything that a request carries; equal for credentials that look alike."""
        return self.value, self.query, self.headers


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Request:
    """Request as it was sent. Compared by identity, because the ledger refers to this object."""

    number: int
    case_id: int
    """Number of the first request of the same case: a case may be retried."""
    operation: Operation
    method: str
    phase: str
    description: str
    credential: Credential = field(repr=False)
    media_type: str | None
    body: bytes = field(repr=False)
    correlator_values: Mapping[str, object]
    """Pointer into the body -> value there, unique in the run."""
    mark: str
    """Unique text of the request, in its body if a property can carry it."""
    correlators: tuple[Correlator, ...]
    """Correlators of the operation at the time of sending."""
    target: str
    """Path and query of the request line, without the prefix of the service."""
    parameter_readings: Mapping[str, Readings]
    """Readings of each parameter, by keys such as `query.limit`."""
    headers: tuple[tuple[str, str], ...] = ()
    """Header parameters and cookies."""
    parameter_overrides: Mapping[str, object] = field(default_factory=dict)
    """Key of each parameter that differs from a plain request -> its value; None: omitted."""
    concurrent_group: int = 0
    """Number of the group of concurrent duplicates; 0 for other requests."""
    form: RequestForm = PLAIN_FORM
    tolerated: Mapping[int, Tolerance] = field(default_factory=dict)
    """Status -> severity, for statuses with which a service may reject form or value."""
    step: SequenceStep | None = None
    """Place in a sequence of requests on one resource; None: the request is in none."""

    @property
    def parameters(self) -> Mapping[str, object]:
        """Most probable value of each parameter, by key."""
        return {key: readings.values[0] for key, readings in self.parameter_readings.items()}

    @property
    def content(self) -> MediaTypeSpec | None:
        """Documented media type of the body, or None."""
        return self.operation.find_media_type(self.media_type or "")

    @property
    def json(self) -> ParsedJson:
        """Body as JSON data: parsed as JSON, or read as its media type says.

        Do not change the value: it is cached.
        """
        spec = self.content
        if spec is None or spec.kind == "json":
            return _parse_json(self.body)
        readings = self.readings
        return ParsedJson(readings.values[0], readings.problem, False, self.body)

    @property
    def readings(self) -> BodyReadings:
        """Readings of the body by its media type."""
        return body_readings(self.operation, self.media_type, self.body)

    def label(self) -> str:
        """Return the name of the request in reports."""
        return f"request {self.number} ({self.description})"


def body_readings(operation: Operation, media_type: str | None, body: bytes) -> BodyReadings:
    """Return what `body` can mean; one of another media type is read as JSON."""
    spec = operation.find_media_type(media_type or "")
    if spec is None or spec.kind == "json":
        parsed = _parse_json(body)
        return BodyReadings((parsed.value,), parsed.problem)
    return _read_body(spec, media_type or "", body)


_read_body = lru_cache(maxsize=256)(read_body)


@dataclass(frozen=True, slots=True)
class ReceivedResponse:
    """HTTP response; its body is decoded, unless `not_judged` says why not."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    not_judged: str | None = None
    """Reason why the body is not decoded or not kept, or None."""

    @property
    def json(self) -> ParsedJson:
        """Body parsed as JSON. Do not change the value: it is cached."""
        if self.not_judged is not None:
            return ParsedJson(None, self.not_judged, False, b"")
        return _parse_json(self.body)

    def header(self, name: str) -> str | None:
        """Return the first value of the header `name` (case-insensitive), or None."""
        found = (value for key, value in self.headers if key.lower() == name.lower())
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Failure:
    """Reason why there is no complete response."""

    kind: FailureKind
    message: str
    status: int | None = None
    """Status that arrived before the failure, or None."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Request with its result: exactly one of `response` and `failure`."""

    request: Request
    response: ReceivedResponse | None
    failure: Failure | None
    started: float
    """Unix seconds before the first byte was sent."""
    ended: float
    """Unix seconds of the complete response or the failure."""
    retried: bool = False
    """True if the connection was lost before the response began and the case was sent again."""
    item: str = ""
    """Pointer of the item of the request body that triggers an event; empty: the whole request."""

    @property
    def status(self) -> int | None:
        """Status of the response, or None."""
        return self.response.status if self.response else None

    @property
    def documented_response(self) -> ResponseSpec | None:
        """Response of the contract that documents the status, or None."""
        return None if self.status is None else self.request.operation.response_for(self.status)

    def has_status_of(self, cause: str) -> bool:
        """Return whether the contract documents the status for `cause`.

        A document without stated causes need not say what 429 means.
        """
        operation = self.request.operation
        if operation.has_default_causes and cause == "rate-limit-exceeded" and self.status == 429:
            return True
        return operation.allows_cause(cause, self.status)

    def find(self, expression: RuntimeExpression) -> object:
        """Return the value of a runtime expression in this exchange, or `MISSING`."""
        request, response = self.request, self.response
        if expression.message == "item":
            return get_at(request.json.value, self.item + expression.where)
        is_body, is_header = expression.part == "body", expression.part == "header"
        if expression.message == "request":
            body = request.json.value if is_body and request.body else MISSING
            headers = _by_name(request.headers) if is_header else None
            return expression.evaluate(body, headers, request.parameters)
        if response is None:
            return MISSING
        # The first header of a name counts in a response, the last one in a request.
        headers = _by_name(response.headers[::-1]) if is_header else None
        return expression.evaluate(response.json.value if is_body else MISSING, headers)


def _by_name(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}
