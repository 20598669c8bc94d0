"""Request validation: media type (415), body size (413), JSON, schemas and parameters (400)."""

from urllib.parse import parse_qsl

from starlette.types import Receive, Scope

from mock_server.exchange import BodyValidation, MockExchange, Objection
from mock_server.messages import encode_header
from mock_server.responses.errors import RequestRejected
from openapi import strict_json
from openapi.contract import Contract, Operation
from openapi.json_pointer import MISSING
from openapi.parameter_validation import parameter_violations
from openapi.parameters import match_path, parse_parameters
from openapi.schema_validation import SchemaViolation

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
        self._content = {
            media_type.lower(): (contract.schema(pointer), contract.at(pointer))
            for media_type, pointer in operation.content.items()
        }

    async def __call__(self, exchange: MockExchange, scope: Scope, receive: Receive) -> None:
        """Store the parsed values in the exchange, or reject the request."""
        parameter_violations = (
            self._read_parameters(scope, exchange) if self._operation.parameters else ()
        )
        media_type, raw = await self._read_media_type_and_body(exchange, receive)
        if raw or self._operation.body_required:
            known = media_type or next(iter(self._content))
            exchange.value = self._validate(known, raw, exchange, parameter_violations)
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
        found = match_path(self._operation.path, scope["path"]) or {}
        path = {name: text.replace("%2F", "/") for name, text in found.items()}
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        headers = ((k.decode("latin-1"), v.decode("latin-1")) for k, v in exchange.request_headers)
        exchange.parameters = parse_parameters(self._operation.parameters, path, query, headers)
        return parameter_violations(self._contract, self._operation, exchange.parameters)

    async def _read_media_type_and_body(
        self, exchange: MockExchange, receive: Receive
    ) -> tuple[str | None, bytes]:
        """Return media type and bytes of the body; empty for an operation without a body."""
        if not self._content:
            return None, b""
        media_type = _media_type(exchange)
        if media_type is not None and media_type not in self._content:
            raise self._unsupported()
        raw = exchange.body = await _read_body(exchange, receive)
        if raw and media_type is None:
            raise self._unsupported()
        return media_type, raw

    def _validate(
        self,
        media_type: str,
        raw: bytes,
        exchange: MockExchange,
        parameter_violations: tuple[SchemaViolation, ...],
    ) -> object:
        schema, stated = self._content[media_type]
        text = strict_json.parse_json(raw)
        hook = exchange.hooks.body_validation
        if (
            text.problem is None
            and hook is None
            and not parameter_violations
            and schema.is_valid(text.value)
        ):
            return text.value
        exchange.value = MISSING if text.problem else text.value
        found = () if text.problem else schema.violations(text.value, limit=_MAX_VIOLATIONS)
        exchange.objections += _objections(text.problem, parameter_violations + found)
        body_validation = BodyValidation(
            text.value,
            text.problem,
            text.size,
            parameter_violations + found,
            stated,
            self._operation.id,
            exchange.parameters,
        )
        return _value_or_reject(hook(body_validation) if hook else body_validation)

    def _unsupported(self) -> RequestRejected:
        names = ", ".join(self._content)
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
        *([Objection(_INVALID_REQUEST, f"the body is not JSON: {problem}")] if problem else []),
        *stated,
    )


def _value_or_reject(body_validation: BodyValidation) -> object:
    if body_validation.problem is not None:
        raise RequestRejected(_INVALID_REQUEST, f"The body is not JSON: {body_validation.problem}")
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


def _media_type(exchange: MockExchange) -> str | None:
    stated = exchange.header_values(b"content-type")
    if len(stated) > 1:
        raise RequestRejected(415, "There is more than one Content-Type header")
    return stated[0].split(b";")[0].strip().lower().decode("latin-1") if stated else None


async def _read_body(exchange: MockExchange, receive: Receive) -> bytes:
    """Return the body; raise the rejection above `MAX_BODY_BYTES`."""
    length = exchange.header_values(b"content-length")
    if any(value.isdigit() and int(value[:20]) > MAX_BODY_BYTES for value in length):
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
