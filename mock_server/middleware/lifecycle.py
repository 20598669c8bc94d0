"""Lifecycle of an exchange: begin, delay, send, then record the request and emit its event."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.exchange import Hooks, MockExchange, attach_exchange
from mock_server.latency import Latency
from mock_server.messages import HttpResponse
from mock_server.middleware.prefer_header import read_preferences
from mock_server.storage.journal import Journal
from mock_server.storage.overrides import Overrides
from mock_server.storage.records import request_record
from mock_server.webhooks.emitter import WebhookEmitter
from openapi.contract import Contract
from openapi.redaction import Redaction


class ExchangeRecorder:
    """Called once for every exchange, after its answer has gone out. Returns at once."""

    def __init__(self, journal: Journal, webhooks: WebhookEmitter, redactor: Redaction) -> None:
        """Note requests in `journal`, and have `webhooks` send what is due."""
        self._journal = journal
        self._webhooks = webhooks
        self._redactor = redactor

    def __call__(
        self, exchange: MockExchange, scope: Mapping[str, Any], draw_seconds: float
    ) -> None:
        """End an exchange that took `seconds`."""
        number, at = self._journal.number(), time.time() - draw_seconds
        record = request_record(number, at, draw_seconds, scope, exchange, self._redactor)
        self._journal.append("request", record)
        if exchange.response is not None and not exchange.is_preferred_response:
            self._webhooks.emit(exchange, number)


class ExchangeMiddleware:
    """Begins an exchange with each request, and ends it after the answer has gone out."""

    def __init__(
        self,
        app: ASGIApp,
        contract: Contract,
        hooks: Hooks,
        on_end: Callable[[MockExchange, Scope, float], None],
        overrides: Overrides,
        latency: Latency | None = None,
    ) -> None:
        """`on_end` is called with every exchange that has ended, and the seconds that it took.

        It must return at once. Each answer of an operation waits for `latency`, and for what the
        `overrides` say.
        """
        self._app = app
        self._contract = contract
        self._hooks = hooks
        self._on_end = on_end
        self._overrides = overrides
        self._latency = latency
        self._is_unchanged = hooks.response is None and latency is None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through with an exchange in its scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = MockExchange(self._contract, self._hooks, tuple(scope["headers"]))
        exchange.preference_texts = read_preferences(scope["headers"], scope["query_string"])
        attach_exchange(scope, exchange)
        exchange.has_overrides = self._overrides.has_any
        if (
            not self._is_unchanged
            or exchange.preference_texts is not None
            or exchange.has_overrides
        ):
            send = _delayed_send(exchange, send, self._latency)
        started_at = time.perf_counter()
        try:
            await self._app(scope, receive, send)
        finally:
            # What was created was created, even if the client left before it heard of it.
            self._on_end(exchange, scope, time.perf_counter() - started_at)


def _delayed_send(exchange: MockExchange, send: Send, latency: Latency | None) -> Send:
    """Return `send` with what the exchange says by then: a wait, changes to the answer."""
    started: list[Message] = []
    body = bytearray()

    async def send_when_complete(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
            return
        body.extend(message.get("body", b""))
        if message.get("more_body"):
            return
        wait = exchange.delay
        if latency is not None and exchange.operation is not None:
            wait += latency.draw_seconds()
        if wait:
            # A server that stops cancels what is under way: the answer goes out at once then.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(wait)
        headers = tuple(h for h in started[0]["headers"] if h[0] != b"content-length")
        response = HttpResponse(started[0]["status"], headers, bytes(body))
        hook = exchange.hooks.response
        response = hook(response, exchange) if hook else response
        exchange.sent_status = response.status
        await response.send(send)

    return send_when_complete
