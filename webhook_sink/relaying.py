"""The receiver's own answer, handed to the sender as far as it is one."""

import asyncio
from collections.abc import Awaitable

from starlette.types import Send

from webhook_sink.answering import answer
from webhook_sink.carried import of_the_connection
from webhook_sink.delivery import Headers
from webhook_sink.passed import Passed
from webhook_sink.wire import Wire

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
