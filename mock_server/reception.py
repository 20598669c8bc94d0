"""The outermost stations: the mock's own paths, and the exchange that a request becomes."""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.answer import Answer
from mock_server.behaviour import Behaviour
from mock_server.exchange import Exchange, place
from openapi.document import Contract

OWN = "/_hookproof/"
"""Everything of the mock's own lives below; every other path is the contract's."""


class OwnPaths:
    """Sends requests below `OWN` to another application."""

    def __init__(self, app: ASGIApp, own: ASGIApp) -> None:
        """Take the way on and the application for the mock's own paths."""
        self._app = app
        self._own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose between the two."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http" and scope["path"].startswith(OWN):
            await self._own(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class Exchanges:
    """Begins an exchange with each request, and ends it after the answer has gone out."""

    def __init__(
        self,
        app: ASGIApp,
        contract: Contract,
        behaviour: Behaviour,
        after: Callable[[Exchange], None],
    ) -> None:
        """`after` is called with every exchange that was answered; it must return at once."""
        self._app = app
        self._contract = contract
        self._behaviour = behaviour
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through with an exchange in its scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(self._contract, self._behaviour, tuple(scope["headers"]))
        place(scope, exchange)
        try:
            await self._app(scope, receive, _changing(exchange, send))
        finally:
            # What was created was created, even if the client left before it heard of it.
            if exchange.answer is not None:
                self._after(exchange)


def _changing(exchange: Exchange, send: Send) -> Send:
    """Return `send`, with the behaviour's changes to the answer if it has any."""
    change = exchange.behaviour.answer
    if change is None:
        return send
    started: list[Message] = []
    body = bytearray()

    async def hold(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
            return
        body.extend(message.get("body", b""))
        if not message.get("more_body"):
            headers = tuple(h for h in started[0]["headers"] if h[0] != b"content-length")
            answer = Answer(started[0]["status"], headers, bytes(body))
            await change(answer, exchange).send(send)

    return hold
