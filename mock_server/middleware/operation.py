"""Application of one operation: its steps in order, until one of them responds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from starlette.types import Receive, Scope, Send

from mock_server.exchange import MockExchange, exchange_of
from mock_server.messages import HttpResponse
from openapi.contract import Operation

OperationStep = Callable[[MockExchange, Scope, Receive], Awaitable[HttpResponse | None]]
"""Step of an operation: it returns a response, raises a rejection, or passes the request on.

A step is no ASGI middleware, because each of those takes more time than most steps do.
"""


async def gather_requests(_exchange: MockExchange, _scope: Scope, _receive: Receive) -> None:
    """Wait for one turn of the loop, so that requests that arrived together gather here.

    They then pass the next steps one after the other, which is faster: the caches of the processor
    hold the code of some steps, but not that of a whole request. This step comes after the check of
    the body, because the client of an incomplete request may not wait for a late response.
    """
    await asyncio.sleep(0)


class OperationApp:
    """ASGI application of one operation."""

    def __init__(self, operation: Operation, steps: Sequence[OperationStep]) -> None:
        """Take the steps; the last one responds to every request."""
        self._operation = operation
        self._steps = tuple(steps)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the first response of a step, or raise its rejection."""
        exchange = exchange_of(scope)
        exchange.operation = self._operation
        for step in self._steps:
            response = await step(exchange, scope, receive)
            if response is not None:
                exchange.response = response
                await response.send(send)
                return
