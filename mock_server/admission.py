"""The first station behind routing: which operation it is, and whether it may be now."""

from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.exchange import exchange_of
from openapi.document import Operation

if TYPE_CHECKING:
    from mock_server.gates import Gate


class Admission:
    """Puts the operation into the exchange and refuses a client that asks too often."""

    def __init__(self, next_app: ASGIApp, operation: Operation, gate: "Gate | None") -> None:
        """Take the operation behind this station and its gate, if it has one."""
        self._next = next_app
        self._operation = operation
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or raise the refusal."""
        exchange = exchange_of(scope)
        exchange.operation = self._operation
        if self._gate is not None:
            await self._gate.admit(scope, exchange)
        await self._next(scope, receive, send)
