"""What is asked: the media type (415), the body's size (413), JSON, schemas, parameters (400)."""

from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.exchange import Exchange, Objection, Verdict, exchange_of
from mock_server.messages import header, values
from mock_server.responses.errors import Refusal
from openapi import strict_json
from openapi.contract import Contract, Operation
from openapi.json_pointer import MISSING
from openapi.parameter_validation import violations
from openapi.parameters import match, received
from openapi.schema_validation import Violation

BODY_LIMIT = 1024 * 1024
"""Bytes of a request body; more is refused without being kept."""
_REASON = "invalid-request"
_SHOWN = 3
_LOOKED_FOR = 50
"""Mistakes in one body; there may be very many, and each costs time to find."""


class Intake:
    """One operation's parameters and body: read, and judged by the contract's own schemas."""

    def __init__(self, next_app: ASGIApp, operation: Operation, contract: Contract) -> None:
        """Compile the schemas of the operation's body."""
        self._next = next_app
        self._operation = operation
        self._contract = contract
        self._content = {
            media_type.lower(): (contract.schema(pointer), contract.at(pointer))
            for media_type, pointer in operation.content.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put what is asked for into the exchange, or refuse the request."""
        exchange = exchange_of(scope)
        broken = self._read_parameters(scope, exchange) if self._operation.parameters else ()
        media_type, raw = await self._body(exchange, receive)
        if raw or self._operation.body_required:
            known = media_type or next(iter(self._content))
            exchange.value = self._judge(known, raw, exchange, broken)
        else:
            hook = exchange.behaviour.verdict
            exchange.objections += _objections(None, broken)
            if broken or hook:
                asked = exchange.parameters
                verdict = Verdict(MISSING, None, 0, broken, {}, self._operation.id, asked)
                _settle(hook(verdict) if hook else verdict)
        await self._next(scope, receive, send)

    def _read_parameters(self, scope: Scope, exchange: Exchange) -> tuple[Violation, ...]:
        path = match(self._operation.path, scope["path"]) or {}
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        headers = ((k.decode("latin-1"), v.decode("latin-1")) for k, v in exchange.received)
        exchange.parameters = received(self._operation.parameters, path, query, headers)
        return violations(self._contract, self._operation, exchange.parameters)

    async def _body(self, exchange: Exchange, receive: Receive) -> tuple[str | None, bytes]:
        """Return media type and bytes of the body; nothing for an operation that takes none."""
        if not self._content:
            return None, b""
        media_type = _essence(exchange)
        if media_type is not None and media_type not in self._content:
            raise self._unsupported()
        raw = exchange.body = await _read(exchange, receive)
        if raw and media_type is None:
            raise self._unsupported()
        return media_type, raw

    def _judge(
        self, media_type: str, raw: bytes, exchange: Exchange, broken: tuple[Violation, ...]
    ) -> object:
        schema, stated = self._content[media_type]
        text = strict_json.parse(raw)
        hook = exchange.behaviour.verdict
        if text.problem is None and hook is None and not broken and schema.is_valid(text.value):
            return text.value
        exchange.value = MISSING if text.problem else text.value
        found = () if text.problem else schema.violations(text.value, limit=_LOOKED_FOR)
        exchange.objections += _objections(text.problem, broken + found)
        verdict = Verdict(
            text.value,
            text.problem,
            text.size,
            broken + found,
            stated,
            self._operation.id,
            exchange.parameters,
        )
        return _settle(hook(verdict) if hook else verdict)

    def _unsupported(self) -> Refusal:
        names = ", ".join(self._content)
        return Refusal(
            415, f"The media type of the body must be {names}", (header("Accept", names),)
        )


def _objections(problem: str | None, broken: tuple[Violation, ...]) -> tuple[Objection, ...]:
    stated = [Objection(_REASON, v.message, v.instance, v.keyword) for v in broken]
    return (*([Objection(_REASON, f"the body is not JSON: {problem}")] if problem else []), *stated)


def _settle(verdict: Verdict) -> object:
    if verdict.problem is not None:
        raise Refusal(_REASON, f"The body is not JSON: {verdict.problem}")
    if verdict.violations:
        raise Refusal(_REASON, _reasons(verdict.violations))
    return verdict.value


def _reasons(violations: tuple[Violation, ...]) -> str:
    shown = []
    for v in violations[:_SHOWN]:
        rule = "" if v.keyword in v.message else f" ({v.keyword})"
        shown.append(f"{v.instance or 'the body'}: {v.message}{rule}")
    more = len(violations) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def _essence(exchange: Exchange) -> str | None:
    stated = values(exchange.received, b"content-type")
    if len(stated) > 1:
        raise Refusal(415, "There is more than one Content-Type header")
    return stated[0].split(b";")[0].strip().lower().decode("latin-1") if stated else None


async def _read(exchange: Exchange, receive: Receive) -> bytes:
    """Return the body; at most `BODY_LIMIT` bytes of it are ever held."""
    length = values(exchange.received, b"content-length")
    if any(value.isdigit() and int(value[:20]) > BODY_LIMIT for value in length):
        raise _too_large()
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return _within(message.get("body", b""))
    body = bytearray()
    while message["type"] == "http.request":
        body += message.get("body", b"")
        _within(body)
        if not message.get("more_body"):
            return bytes(body)
        message = await receive()
    raise Refusal("invalid-request", "The client left before the body had arrived")


def _within(body: bytes | bytearray) -> bytes:
    if len(body) > BODY_LIMIT:
        raise _too_large()
    return bytes(body)


def _too_large() -> Refusal:
    # The connection stays: closed with bytes unread it would be reset, and the answer lost.
    return Refusal(413, f"The body is larger than {BODY_LIMIT} bytes")
