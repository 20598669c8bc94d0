"""Request validation: media type (415), body size (413), JSON, schemas and parameters (400)."""

from starlette.types import Receive, Scope

from mock_server.exchange import BodyValidation, MockExchange, Objection
from mock_server.messages import encode_header
from mock_server.responses.errors import RequestRejected
from openapi import strict_json
from openapi.contract import Contract, Operation
from openapi.json_pointer import MISSING
from openapi.parameters import match_encoded_path, read_parameters, received_texts
from openapi.requests.body_validation import BodyCheck, check_body_readings, format_name
from openapi.requests.parameter_validation import check_parameters
from openapi.schemas.validation import Schema, SchemaViolation
from openapi.serialization.bodies import BodyReadings, MediaTypeSpec, read_body

MAX_BODY_BYTES = 1024 * 1024
"""Maximum size of a request body in bytes; the mock rejects a larger one without storing it."""
_INVALID_REQUEST = "invalid-request"
_MAX_REPORTED_VIOLATIONS = 3
_MAX_VIOLATIONS = 50
"""Maximum number of violations in one body: finding each of them takes time."""


class RequestValidationStep:
    """Step that parses and validates the parameters and the body of one operation."""

    def __init__(self, operation: Operation, contract: Contract) -> None:
        """Compile the schemas of the operation's body."""
        self._operation = operation
        self._contract = contract
        self._schemas: dict[str, Schema] = {
            spec.pointer: contract.schema(spec.schema)
            for spec in operation.content.values()
            if spec.schema is not None
        }

    async def __call__(self, exchange: MockExchange, scope: Scope, receive: Receive) -> None:
        """Store the parsed values in the exchange, or reject the request."""
        parameter_violations = (
            self._read_parameters(scope, exchange) if self._operation.parameters else ()
        )
        spec, raw = await self._read_body(exchange, receive)
        if spec is not None and (raw or self._operation.body_required):
            exchange.value = self._validate(spec, raw, exchange, parameter_violations)
        else:
            hook = exchange.hooks.body_validation
            exchange.objections += _objections(None, parameter_violations)
            if parameter_violations or hook:
                parameters = exchange.parameters
                body_validation = BodyValidation(
                    MISSING, None, 0, parameter_violations, {}, self._operation.id, parameters
                )
                _value_or_reject(hook(body_validation) if hook else body_validation)

    def _read_parameters(self, scope: Scope, exchange: MockExchange) -> tuple[SchemaViolation, ...]:
        asked = scope.get("raw_path") or scope["path"].encode()
        path = match_encoded_path(self._operation.path, asked.decode("latin-1"), scope["path"])
        headers = ((k.decode("latin-1"), v.decode("latin-1")) for k, v in exchange.request_headers)
        query = scope["query_string"].decode("latin-1")
        texts = received_texts(self._operation.parameters, path, query, headers)
        readings = read_parameters(self._operation.parameters, texts)
        check = check_parameters(self._contract, self._operation, readings)
        exchange.parameters = check.values
        return check.violations

    async def _read_body(
        self, exchange: MockExchange, receive: Receive
    ) -> tuple[MediaTypeSpec | None, bytes]:
        """Return media type and bytes of the body; empty for an operation without a body."""
        if not self._operation.content:
            return None, b""
        stated = _content_type(exchange)
        spec = None if stated is None else self._operation.find_media_type(stated)
        if stated is not None and spec is None:
            raise self._unsupported()
        raw = exchange.body = await _read_body(exchange, receive)
        if raw and stated is None:
            raise self._unsupported()
        return spec or next(iter(self._operation.content.values())), raw

    def _validate(
        self,
        spec: MediaTypeSpec,
        raw: bytes,
        exchange: MockExchange,
        parameter_violations: tuple[SchemaViolation, ...],
    ) -> object:
        hook = exchange.hooks.body_validation
        schema = self._schemas.get(spec.pointer)
        if spec.kind == "json":
            text = strict_json.parse_json(raw)
            is_plain = text.problem is None and hook is None and not parameter_violations
            if is_plain and (schema is None or schema.is_valid(text.value)):
                return text.value
            readings = BodyReadings((text.value,), text.problem)
        else:
            readings = read_body(spec, _content_type(exchange) or spec.sent, raw)
        check = check_body_readings(
            self._contract, self._operation, spec, readings, _MAX_VIOLATIONS
        )
        return self._judge(spec, raw, exchange, check, parameter_violations)

    def _judge(
        self,
        spec: MediaTypeSpec,
        raw: bytes,
        exchange: MockExchange,
        check: BodyCheck,
        parameter_violations: tuple[SchemaViolation, ...],
    ) -> object:
        hook = exchange.hooks.body_validation
        problem = None if check.problem is None else f"is not {format_name(spec)}: {check.problem}"
        exchange.value = MISSING if problem else check.value
        exchange.objections += _objections(problem, parameter_violations + check.violations)
        stated = self._contract.at(spec.schema) if spec.schema is not None else {}
        body_validation = BodyValidation(
            check.value,
            problem,
            len(raw),
            parameter_violations + check.violations,
            stated if isinstance(stated, dict) else {},
            self._operation.id,
            exchange.parameters,
        )
        return _value_or_reject(hook(body_validation) if hook else body_validation)

    def _unsupported(self) -> RequestRejected:
        names = ", ".join(self._operation.content)
        return RequestRejected(
            415, f"The media type of the body must be {names}", (encode_header("Accept", names),)
        )


def _objections(
    problem: str | None, parameter_violations: tuple[SchemaViolation, ...]
) -> tuple[Objection, ...]:
    stated = [
        Objection(_INVALID_REQUEST, v.message, v.instance, v.keyword) for v in parameter_violations
    ]
    return (
        *([Objection(_INVALID_REQUEST, f"the body {problem}")] if problem else []),
        *stated,
    )


def _value_or_reject(body_validation: BodyValidation) -> object:
    if body_validation.problem is not None:
        raise RequestRejected(_INVALID_REQUEST, f"The body {body_validation.problem}")
    if body_validation.violations:
        raise RequestRejected(_INVALID_REQUEST, _violations_text(body_validation.violations))
    return body_validation.value


def _violations_text(violations: tuple[SchemaViolation, ...]) -> str:
    shown = []
    for v in violations[:_MAX_REPORTED_VIOLATIONS]:
        rule = "" if v.keyword in v.message else f" ({v.keyword})"
        shown.append(f"{v.instance or 'the body'}: {v.message}{rule}")
    more = len(violations) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def _content_type(exchange: MockExchange) -> str | None:
    stated = exchange.header_values(b"content-type")
    if len(stated) > 1:
        raise RequestRejected(415, "There is more than one Content-Type header")
    return stated[0].decode("latin-1") if stated else None


async def _read_body(exchange: MockExchange, receive: Receive) -> bytes:
    """Return the body; raise the rejection above `MAX_BODY_BYTES`."""
    # The parser has refused a request with several of them (RFC 9112, section 6.3).
    length = exchange.headers_by_name.get(b"content-length", b"")
    if length.isdigit() and int(length[:20]) > MAX_BODY_BYTES:
        raise _too_large()
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return _check_size(message.get("body", b""))
    body = bytearray()
    while message["type"] == "http.request":
        body += message.get("body", b"")
        _check_size(body)
        if not message.get("more_body"):
            return bytes(body)
        message = await receive()
    raise RequestRejected("invalid-request", "The client disconnected before the body was complete")


def _check_size(body: bytes | bytearray) -> bytes:
    if len(body) > MAX_BODY_BYTES:
        raise _too_large()
    return bytes(body)


def _too_large() -> RequestRejected:
    # The connection stays open: closing it with unread bytes resets it and loses the response.
    return RequestRejected(413, f"The body is larger than {MAX_BODY_BYTES} bytes")
