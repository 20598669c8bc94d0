"""uvicorn protocol that keeps the case of header names and the exact request target.

uvicorn drops both. The callbacks overridden here are those that httptools documents for its
parsers; each one calls uvicorn's own, and the app finds the result in its scope, under
`extensions`.
"""

import asyncio
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any, NamedTuple, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from openapi.http.limits import RequestLimits
from openapi.http.protocol import BoundedProtocol

PROTOCOL_LIMITS = RequestLimits(max_request_bytes=2**40, timeout_s=60.0)
"""A body that is too large is for the app to refuse: it keeps what it may of it."""
_ERROR_RESPONSES = {
    status: f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
    f"connection: close\r\ncontent-length: 0\r\n\r\n".encode()
    for status in (400, 408, 413, 431)
}
_SCOPE_EXTENSION = "hookproof.wire"


class ConnectionInfo(NamedTuple):
    """A request's head as it came, and word of the end."""

    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    """Without trailers: they come after the head, and nobody signs or routes by them."""
    stopping: asyncio.Event
    """Set when the server wants to stop: whoever waits for something should answer now."""
    closing: asyncio.Event
    """Set when the server wants to stop, or the connection is gone."""
    transport: asyncio.Transport


class SinkProtocol(BoundedProtocol):
    """uvicorn's protocol within bounds, with a `Wire` in the scope of every request."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: RequestLimits = PROTOCOL_LIMITS,
    ) -> None:
        """Take what uvicorn gives, and how much of a connection one sender may take up."""
        super().__init__(
            config, server_state, app_state, _loop, limits=limits, error_responses=_ERROR_RESPONSES
        )

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        self._stopping = asyncio.Event()
        self._closing = asyncio.Event()
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        super().connection_lost(exc)
        self._stopping.set()
        self._closing.set()

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._target = b""
        self._header_pairs: list[tuple[bytes, bytes]] = []
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._target += url
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer."""
        self._header_pairs.append((name, value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand over the head, before uvicorn starts the app."""
        connection_info = ConnectionInfo(
            self._target, tuple(self._header_pairs), self._stopping, self._closing, self.transport
        )
        self.scope["extensions"] = {_SCOPE_EXTENSION: cast("dict[object, object]", connection_info)}
        super().on_headers_complete()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer a sender that has ended its half of the connection; uvicorn alone would not."""
        cycle = self.cycle
        response_pending = cycle is not None and not cycle.more_body and not cycle.response_complete
        if response_pending:
            super().shutdown()
            self._stopping.set()
        return response_pending

    def shutdown(self) -> None:
        """Stop: answer who waits; cut off a body that is still coming, its sender has no answer."""
        super().shutdown()
        self._stopping.set()
        self._closing.set()
        if self.cycle is not None and self.cycle.more_body:
            self.transport.close()


def get_connection_info(scope: MutableMapping[str, Any]) -> ConnectionInfo:
    """Return the head of the request; `RuntimeError` under a server that did not keep it."""
    connection_info = scope.get("extensions", {}).get(_SCOPE_EXTENSION)
    if not isinstance(connection_info, ConnectionInfo):
        raise RuntimeError("serve the sink with webhook_sink.server.uvicorn_config(app)")
    return connection_info
