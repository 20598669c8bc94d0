"""Access log: one line for each request, if `--log-requests` asks for it.

A line shows the method, the target, the status, the milliseconds, and of a rejection the body.
Query values are redacted, but for the mock's own parameters; so is everything like a token.
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
    """An ASGI app around another, that logs what is answered."""

    def __init__(self, app: ASGIApp, redactor: Redaction) -> None:
        """Take the app that answers, and what takes secrets out."""
        self._app = app
        self._redactor = redactor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through; write its line when it has its answer, or will have none."""
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
        """Return `text` without secrets, and without what a terminal would obey."""
        sanitized = _BEARER_TOKEN.sub(REDACTED, self._redactor(text))
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in sanitized)


class _ResponseRecorder:
    """Sends on, and keeps the status and the beginning of a refusal."""

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
    """Return the target, without what stands in a query for others than the mock."""
    target: str = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        query = "?" + scope["query_string"].decode("latin-1")
        target += _QUERY_VALUE.sub(r"\1=***", query)
    return target


def _log_request(
    method: str, target: str, error_text: str, status: int | None, elapsed_ms: float
) -> None:
    fields = {"method": method, "target": target, "status": status, "ms": round(elapsed_ms, 1)}
    line = f"{method} {target} {status or 'without an answer'} {elapsed_ms:.1f} ms"
    REQUEST_LOG.info(
        "%s",
        f"{line} {error_text}".rstrip(),
        extra={"fields": fields | ({"response": error_text} if error_text else {})},
    )
