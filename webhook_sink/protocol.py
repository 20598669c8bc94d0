"""uvicorn protocol that keeps the case of header names and the exact request target.

uvicorn drops both. This class overrides only callbacks that httptools documents, and calls
uvicorn's own in each. The app finds the result in its scope under `extensions`.
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
"""The app, not the protocol, limits bodies: it stores the beginning of a larger one."""
RETRY_AFTER_S = 5
_ERROR_RESPONSES = {
    status: f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{header}"
    f"connection: close\r\ncontent-length: 0\r\n\r\n".encode()
    for status, header in (
        (400, ""),
        (408, ""),
        (413, ""),
        (431, ""),
        (503, f"retry-after: {RETRY_AFTER_S}\r\n"),
    )
}
_SCOPE_EXTENSION = "hookproof.wire"


class UnsuitableServer(RuntimeError):
    """The application runs on a server that does not keep the bytes of requests."""


class ConnectionInfo(NamedTuple):
    """Request head as received, and the state of its connection."""

    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    """Headers without trailers: trailers follow the body, are not signed and do not route."""
    stopping: asyncio.Event
    """Set when the server stops: waiting endpoints should respond then."""
    closing: asyncio.Event
    """Set when the server stops, or the connection is lost."""
    transport: asyncio.Transport


class SinkProtocol(BoundedProtocol):
    """Protocol with limits that puts a `ConnectionInfo` into the scope of every request."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: RequestLimits = PROTOCOL_LIMITS,
    ) -> None:
        """Take uvicorn's arguments, and the limits of one connection."""
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
        """Append a part of the target."""
        self._target += url
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Append a header or a trailer."""
        self._header_pairs.append((name, value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Put the head into the scope before uvicorn starts the app."""
        connection_info = ConnectionInfo(
            self._target, tuple(self._header_pairs), self._stopping, self._closing, self.transport
        )
        self.scope["extensions"] = {_SCOPE_EXTENSION: cast("dict[object, object]", connection_info)}
        super().on_headers_complete()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Still respond to a sender that ended its half of the connection; uvicorn would not."""
        cycle = self.cycle
        response_pending = cycle is not None and not cycle.more_body and not cycle.response_complete
        if response_pending:
            super().shutdown()
            self._stopping.set()
        return response_pending

    def shutdown(self) -> None:
        """End waits; close a connection whose body is incomplete, without a response."""
        super().shutdown()
        self._stopping.set()
        self._closing.set()
        if self.cycle is not None and self.cycle.more_body:
            self.transport.close()


def get_connection_info(scope: MutableMapping[str, Any]) -> ConnectionInfo:
    """Return the `ConnectionInfo` of a request; `UnsuitableServer` under another protocol."""
    connection_info = scope.get("extensions", {}).get(_SCOPE_EXTENSION)
    if not isinstance(connection_info, ConnectionInfo):
        raise UnsuitableServer("serve the sink with webhook_sink.server.uvicorn_config(app)")
    return connection_info
