"""The end of an exchange: its record, and the webhooks that it brings about.

The outermost stations: the mock's own paths, and the exchange that a request becomes."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.exchange import Behaviour, Exchange, place
from mock_server.latency import Latency
from mock_server.messages import Answer
from mock_server.middleware.prefer_header import asked
from mock_server.storage.journal import Journal
from mock_server.storage.overrides import Switches
from mock_server.storage.records import received
from mock_server.webhooks.emitter import Webhooks
from openapi.contract import Contract
from openapi.redaction import Redaction


class Ending:
    """Called once for every exchange, after its answer has gone out. Returns at once."""

    def __init__(self, journal: Journal, webhooks: Webhooks, mask: Redaction) -> None:
        """Note requests in `journal`, and have `webhooks` send what is due."""
        self._journal = journal
        self._webhooks = webhooks
        self._mask = mask

    def __call__(self, exchange: Exchange, scope: Mapping[str, Any], seconds: float) -> None:
        """End an exchange that took so many `seconds`."""
        number, at = self._journal.number(), time.time() - seconds
        record = received(number, at, seconds, scope, exchange, self._mask)
        self._journal.note("request", record)
        if exchange.answer is not None and not exchange.on_demand:
            self._webhooks.after(exchange, number)


class Exchanges:
    """Begins an exchange with each request, and ends it after the answer has gone out."""

    def __init__(
        self,
        app: ASGIApp,
        contract: Contract,
        behaviour: Behaviour,
        after: Callable[[Exchange, Scope, float], None],
        switches: Switches,
        latency: Latency | None = None,
    ) -> None:
        """`after` is called with every exchange that has ended, and the seconds that it took.

        It must return at once. Each answer of an operation waits for `latency`, and for what the
        `switches` say.
        """
        self._app = app
        self._contract = contract
        self._behaviour = behaviour
        self._after = after
        self._switches = switches
        self._latency = latency
        self._plain = behaviour.answer is None and latency is None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through with an exchange in its scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(self._contract, self._behaviour, tuple(scope["headers"]))
        exchange.asked = asked(scope["headers"], scope["query_string"])
        place(scope, exchange)
        exchange.switchable = self._switches.any_on
        if not self._plain or exchange.asked is not None or exchange.switchable:
            send = _leaving(exchange, send, self._latency)
        begun = time.perf_counter()
        try:
            await self._app(scope, receive, send)
        finally:
            # What was created was created, even if the client left before it heard of it.
            self._after(exchange, scope, time.perf_counter() - begun)


def _leaving(exchange: Exchange, send: Send, latency: Latency | None) -> Send:
    """Return `send` with what the exchange says by then: a wait, changes to the answer."""
    started: list[Message] = []
    body = bytearray()

    async def hold(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
            return
        body.extend(message.get("body", b""))
        if message.get("more_body"):
            return
        wait = exchange.delay
        if latency is not None and exchange.operation is not None:
            wait += latency.seconds()
        if wait:
            # A server that stops cancels what is under way: the answer goes out at once then.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(wait)
        headers = tuple(h for h in started[0]["headers"] if h[0] != b"content-length")
        answer = Answer(started[0]["status"], headers, bytes(body))
        change = exchange.behaviour.answer
        answer = change(answer, exchange) if change else answer
        exchange.sent = answer.status
        await answer.send(send)

    return hold
