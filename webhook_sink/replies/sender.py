"""Reply sender: responds, delays, hangs, resets, or relays the receiver's response."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable

from starlette.types import Send

from openapi.http.complete_response import send_response
from webhook_sink.delivery import ForwardAttempt, Headers
from webhook_sink.end_to_end_headers import hop_by_hop_names
from webhook_sink.protocol import ConnectionInfo
from webhook_sink.replies.steps import ReplyStep

_LINGER_RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: closing resets the connection and drops unsent bytes."""


async def perform_step(step: ReplyStep, connection_info: ConnectionInfo, send: Send) -> None:
    """Reply as `step` says. When the server stops, delays and hangs end.

    A hang also ends when the sender ends its half of the connection, because a sender that gives
    up looks the same.
    """
    if step.kind == "hang":
        await _hang(connection_info)
    elif step.delay:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(connection_info.closing.wait(), step.delay)
    if step.kind == "reset":
        _reset_on_close(connection_info.transport)
    if step.kind == "response":
        await send_response(send, step.status, step.headers, step.body)
    else:
        connection_info.transport.abort()
        # For uvicorn, which logs an error for an app without a response; nothing is sent.
        await send_response(send, 500)


async def _hang(connection_info: ConnectionInfo) -> None:
    if not connection_info.stopping.is_set():
        transport = connection_info.transport
        transport.set_protocol(_SilentProtocol(transport.get_protocol()))
        transport.resume_reading()
        await connection_info.stopping.wait()


def _reset_on_close(transport: asyncio.Transport) -> None:
    # Once the connection has ended, another one may have its file descriptor.
    if not transport.is_closing():
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)


class _SilentProtocol(asyncio.Protocol):
    """Protocol of a connection that hangs: it drops all data.

    uvicorn's protocol would pause reading at a pipelined request, and then not notice that the
    sender disconnects.
    """

    def __init__(self, original: asyncio.BaseProtocol) -> None:
        self._original = original

    def connection_lost(self, exc: Exception | None) -> None:
        self._original.connection_lost(exc)


BAD_GATEWAY = 502
"""Reply if the receiver gave no complete response."""
_SERVER_HEADERS = frozenset({b"date"})
"""Headers that the sink's server sets itself."""
# If the sender is a browser, a receiver's content must not run in the origin of the sink's page.
_SANDBOX_HEADER = (b"content-security-policy", b"sandbox")


async def relay_response(
    pending_attempt: Awaitable[ForwardAttempt], connection_info: ConnectionInfo, send: Send
) -> None:
    """Relay the receiver's response once it has arrived.

    Reply 502 if the sink stops or the sender disconnects first.
    """
    forward_attempt = asyncio.ensure_future(pending_attempt)
    closing = asyncio.ensure_future(connection_info.closing.wait())
    try:
        await asyncio.wait([forward_attempt, closing], return_when="FIRST_COMPLETED")
        if forward_attempt.done():
            await send_response(send, *response_for_sender(forward_attempt.result()))
        else:
            await send_response(send, BAD_GATEWAY)
    finally:
        forward_attempt.cancel()
        closing.cancel()


def response_for_sender(forward_attempt: ForwardAttempt) -> tuple[int, Headers, bytes]:
    """Return status, headers and body for the sender. Pure."""
    status = forward_attempt.status
    if (
        status is None
        or forward_attempt.error
        or forward_attempt.truncated
        or not 200 <= status <= 599
    ):
        return BAD_GATEWAY, (), b""
    hop_by_hop = hop_by_hop_names(forward_attempt.headers) | _SERVER_HEADERS
    headers = tuple(pair for pair in forward_attempt.headers if pair[0].lower() not in hop_by_hop)
    return status, (*headers, _SANDBOX_HEADER), forward_attempt.body
