"""Each request on a line of the log, for whoever watches the terminal. Only there when asked for.

A line shows the method, the target, the status, the milliseconds, and of a refusal the answer's
body. Values in the query are shown for the mock's own names alone; whatever looks like a token is
masked, wherever it stands.
"""

import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openapi.http.protocol import REQUESTS
from openapi.redaction import REDACTED, Redaction

_SHOWN = 300
"""Bytes of the body of a refusal."""
_BEARER = re.compile(r"(?i:(?<=bearer )|(?<=bearer%20))[\w.~+/=-]+")
_VALUE = re.compile(r"(?<=[?&])(?!__)([^=&]*)=[^&]*")


class Access:
    """An ASGI app around another, that logs what is answered."""

    def __init__(self, app: ASGIApp, mask: Redaction) -> None:
        """Take the app that answers, and what takes secrets out."""
        self._app = app
        self._mask = mask

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through; write its line when it has its answer, or will have none."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        heard = _Heard(send)
        try:
            await self._app(scope, receive, heard)
        finally:
            taken = 1000 * (time.perf_counter() - begun)
            target, said = _target(scope), heard.refusal.decode("utf-8", "replace")
            shown = self._harmless(target), self._harmless(said)
            _tell(scope["method"], *shown, heard.status, taken)

    def _harmless(self, text: str) -> str:
        """Return `text` without secrets, and without what a terminal would obey."""
        shown = _BEARER.sub(REDACTED, self._mask(text))
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown)


class _Heard:
    """Sends on, and keeps the status and the beginning of a refusal."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None
        self.refusal = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif (self.status or 0) >= 400 and len(self.refusal) < _SHOWN:
            self.refusal += message.get("body", b"")[:_SHOWN]
        await self._send(message)


def _target(scope: Scope) -> str:
    """Return the target, without what stands in a query for others than the mock."""
    target: str = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        query = "?" + scope["query_string"].decode("latin-1")
        target += _VALUE.sub(r"\1=***", query)
    return target


def _tell(method: str, target: str, said: str, status: int | None, taken: float) -> None:
    fields = {"method": method, "target": target, "status": status, "ms": round(taken, 1)}
    told = f"{method} {target} {status or 'without an answer'} {taken:.1f} ms"
    REQUESTS.info(
        "%s",
        f"{told} {said}".rstrip(),
        extra={"fields": fields | ({"answer": said} if said else {})},
    )
