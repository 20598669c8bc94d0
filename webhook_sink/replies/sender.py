"""Sender of a reply: a stated response, a delay, silence, a reset, or the receiver's response."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable

from starlette.types import Send

from webhook_sink.delivery import ForwardAttempt, Headers
from webhook_sink.end_to_end_headers import hop_by_hop_names
from webhook_sink.protocol import ConnectionInfo
from webhook_sink.replies.steps import ReplyStep

_STATUSES_WITHOUT_LENGTH = (204, 304)
_LINGER_RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: closing resets the connection, and forgets what was not sent yet."""


async def perform_step(step: ReplyStep, connection_info: ConnectionInfo, send: Send) -> None:
    """Answer as `step` says. When the server stops that is now, and a sender that hangs is let go.

    Only this sender waits. One that ends its half of the connection no longer hangs: it cannot be
    told from one that has given up.
    """
    if step.kind == "hang":
        await _hang(connection_info)
    elif step.delay:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(connection_info.closing.wait(), step.delay)
    if step.kind == "reset":
        _reset_on_close(connection_info.transport)
    if step.kind == "answer":
        await send_response(send, step.status, step.headers, step.body)
    else:
        connection_info.transport.abort()
        # What uvicorn is told of a connection that is gone: every app has to answer something.
        await send_response(send, 500)


async def _hang(connection_info: ConnectionInfo) -> None:
    if not connection_info.stopping.is_set():
        transport = connection_info.transport
        transport.set_protocol(_SilentProtocol(transport.get_protocol()))
        transport.resume_reading()
        await connection_info.stopping.wait()


def _reset_on_close(transport: asyncio.Transport) -> None:
    # Where the sender has ended it, its number may be another connection's by now.
    if not transport.is_closing():
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)


async def send_response(send: Send, status: int, headers: Headers = (), body: bytes = b"") -> None:
    """Answer with this and no more."""
    if status not in _STATUSES_WITHOUT_LENGTH:
        headers = (*headers, (b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _SilentProtocol(asyncio.Protocol):
    """What becomes of a connection that is never answered again: the rest is not even read.

    Left to uvicorn, a request behind the one that hangs would stop the reading, and with it the
    news that the sender has gone.
    """

    def __init__(self, original: asyncio.BaseProtocol) -> None:
        self._original = original

    def connection_lost(self, exc: Exception | None) -> None:
        self._original.connection_lost(exc)


BAD_GATEWAY = 502
"""What a sender is answered for a receiver that did not, or whose answer is not all there."""
_SERVER_HEADERS = frozenset({b"date"})
"""What the server that hands the answer on says itself."""
# Where a browser is the sender, what a receiver echoes must not run beside the page of the sink.
_SANDBOX_HEADER = (b"content-security-policy", b"sandbox")


async def relay_response(
    pending_attempt: Awaitable[ForwardAttempt], connection_info: ConnectionInfo, send: Send
) -> None:
    """Answer as the receiver does, once it has.

    Where the sink stops before, or the sender has gone, it is as if the receiver were not there.
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
