"""Following a step of a script: the answer it states, later or never, or a reset.

The receiver's own answer, handed to the sender as far as it is one."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable

from starlette.types import Send

from webhook_sink.delivery import Headers, Passed
from webhook_sink.end_to_end_headers import of_the_connection
from webhook_sink.protocol import Wire
from webhook_sink.replies.steps import Step

_WITHOUT_LENGTH = (204, 304)
_RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: closing resets the connection, and forgets what was not sent yet."""


async def follow(step: Step, wire: Wire, send: Send) -> None:
    """Answer as `step` says. When the server stops that is now, and a sender that hangs is let go.

    Only this sender waits. One that ends its half of the connection no longer hangs: it cannot be
    told from one that has given up.
    """
    if step.kind == "hang":
        await _hang(wire)
    elif step.delay:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(wire.over.wait(), step.delay)
    if step.kind == "reset":
        _reset_at_its_end(wire.transport)
    if step.kind == "answer":
        await answer(send, step.status, step.headers, step.body)
    else:
        wire.transport.abort()
        # What uvicorn is told of a connection that is gone: every app has to answer something.
        await answer(send, 500)


async def _hang(wire: Wire) -> None:
    if not wire.stopping.is_set():
        transport = wire.transport
        transport.set_protocol(_Silent(transport.get_protocol()))
        transport.resume_reading()
        await wire.stopping.wait()


def _reset_at_its_end(transport: asyncio.Transport) -> None:
    # Where the sender has ended it, its number may be another connection's by now.
    if not transport.is_closing():
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


async def answer(send: Send, status: int, headers: Headers = (), body: bytes = b"") -> None:
    """Answer with this and no more."""
    if status not in _WITHOUT_LENGTH:
        headers = (*headers, (b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Silent(asyncio.Protocol):
    """What becomes of a connection that is never answered again: the rest is not even read.

    Left to uvicorn, a request behind the one that hangs would stop the reading, and with it the
    news that the sender has gone.
    """

    def __init__(self, before: asyncio.BaseProtocol) -> None:
        self._before = before

    def connection_lost(self, exc: Exception | None) -> None:
        self._before.connection_lost(exc)


NO_ANSWER = 502
"""What a sender is answered for a receiver that did not, or whose answer is not all there."""
_OURS = frozenset({b"date"})
"""What the server that hands the answer on says itself."""
# Where a browser is the sender, what a receiver echoes must not run beside the page of the sink.
_HARMLESS = (b"content-security-policy", b"sandbox")


async def relay(coming: Awaitable[Passed], wire: Wire, send: Send) -> None:
    """Answer as the receiver does, once it has.

    Where the sink stops before, or the sender has gone, it is as if the receiver were not there.
    """
    passed = asyncio.ensure_future(coming)
    over = asyncio.ensure_future(wire.over.wait())
    try:
        await asyncio.wait([passed, over], return_when="FIRST_COMPLETED")
        if passed.done():
            await answer(send, *answer_of(passed.result()))
        else:
            await answer(send, NO_ANSWER)
    finally:
        passed.cancel()
        over.cancel()


def answer_of(passed: Passed) -> tuple[int, Headers, bytes]:
    """Return status, headers and body for the sender. Pure."""
    status = passed.status
    if status is None or passed.error or passed.truncated or not 200 <= status <= 599:
        return NO_ANSWER, (), b""
    ended = of_the_connection(passed.headers) | _OURS
    headers = tuple(pair for pair in passed.headers if pair[0].lower() not in ended)
    return status, (*headers, _HARMLESS), passed.body
