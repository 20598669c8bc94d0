"""Access log: one line for each request, enabled by `--log-requests`.

A line has the method, the target, the status and the duration in ms. For a rejection it has the
beginning of the body. Query values are redacted except those of the mock's own parameters, and so
is any text that looks like a token.
"""

import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openapi.http.protocol import REQUEST_LOG
from openapi.redaction import REDACTED, Redaction

_MAX_LOGGED_BODY_BYTES = 300
_BEARER_TOKEN = re.compile(r"(?i:(?<=bearer )|(?<=bearer%20))[\w.~+/=-]+")
_QUERY_VALUE = re.compile(r"(?<=[?&])(?!__)([^=&]*)=[^&]*")


class AccessLogMiddleware:
    """Middleware that logs each request."""

    def __init__(self, app: ASGIApp, redactor: Redaction) -> None:
        self._app = app
        self._redactor = redactor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, then log it, also if no response was sent."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at = time.perf_counter()
        recorder = _ResponseRecorder(send)
        try:
            await self._app(scope, receive, recorder)
        finally:
            elapsed_ms = 1000 * (time.perf_counter() - started_at)
            target, error_text = _target(scope), recorder.error_body.decode("utf-8", "replace")
            sanitized = self._sanitize(target), self._sanitize(error_text)
            _log_request(scope["method"], *sanitized, recorder.status, elapsed_ms)

    def _sanitize(self, text: str) -> str:
        """Return `text` without secrets and without control characters."""
        sanitized = _BEARER_TOKEN.sub(REDACTED, self._redactor(text))
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in sanitized)


class _ResponseRecorder:
    """Wrapper of `send` that records the status and the beginning of an error body."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None
        self.error_body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif (self.status or 0) >= 400 and len(self.error_body) < _MAX_LOGGED_BODY_BYTES:
            self.error_body += message.get("body", b"")[:_MAX_LOGGED_BODY_BYTES]
        await self._send(message)


def _target(scope: Scope) -> str:
    """Return the target; redact query values except those of the mock's own parameters."""
    target: str = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        query = "?" + scope["query_string"].decode("latin-1")
        target += _QUERY_VALUE.sub(r"\1=***", query)
    return target


def _log_request(
    method: str, target: str, error_text: str, status: int | None, elapsed_ms: float
) -> None:
    fields = {"method": method, "target": target, "status": status, "ms": round(elapsed_ms, 1)}
    line = f"{method} {target} {status or 'no response'} {elapsed_ms:.1f} ms"
    REQUEST_LOG.info(
        "%s",
        f"{line} {error_text}".rstrip(),
        extra={"fields": fields | ({"response": error_text} if error_text else {})},
    )
