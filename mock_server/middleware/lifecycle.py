"""Lifecycle of an exchange: begin, delay, send, then record the request and emit its event.

An exception of an inner middleware becomes an error response here.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.exchange import Hooks, MockExchange, StoredExchange, attach_exchange
from mock_server.latency import Latency
from mock_server.messages import HttpResponse
from mock_server.middleware.prefer_header import read_preferences
from mock_server.responses.errors import ErrorResponses
from mock_server.storage.journal import Journal
from mock_server.storage.overrides import Overrides
from mock_server.storage.records import request_record
from mock_server.storage.secret_properties import SecretProperties
from mock_server.storage.unfinished import UnfinishedRecords, UnfinishedRow
from mock_server.webhooks.delivery_queue import DeliveryQueues
from mock_server.webhooks.emitter import WebhookEmitter
from openapi.contract import Contract
from openapi.redaction import Redaction


class ExchangeRecorder:
    """Callback that runs after the response of each exchange was sent. It must not block."""

    def __init__(
        self,
        contract: Contract,
        journal: Journal,
        webhooks: WebhookEmitter,
        redactor: Redaction,
        unfinished: UnfinishedRecords,
    ) -> None:
        """Record requests in `journal` and emit their events with `webhooks`."""
        self._secret_properties = SecretProperties(contract)
        self._journal = journal
        self._webhooks = webhooks
        self._redactor = redactor
        self._unfinished = unfinished

    def store(
        self, exchange: MockExchange, scope: Scope, response: HttpResponse, db: sqlite3.Connection
    ) -> None:
        """Store a success in its transaction: its request, and the deliveries of its events.

        If the mock is killed later, the next start finds them.
        """
        number = self._journal.number()
        exchange.response = response
        try:
            record = request_record(
                number, time.time(), None, scope, exchange, self._redactor, self._secret_properties
            )
            planned = self._webhooks.plan(exchange, number)
        finally:
            exchange.response = None  # the transaction may still fail
        records: list[UnfinishedRow] = [(number, "request", record.stored())]
        records += [(one.record.id, "delivery", one.record.stored()) for one in planned]
        self._unfinished.insert(db, records)
        exchange.stored = StoredExchange(number, response, partial(self._webhooks.send, planned))

    def __call__(self, exchange: MockExchange, scope: Mapping[str, Any], seconds: float) -> None:
        """Record an exchange that took `seconds`, and emit its event."""
        stored = exchange.stored
        if stored is not None and stored.response is not exchange.response:
            stored = None  # the transaction failed
        number = stored.number if stored else self._journal.number()
        at = time.time() - seconds
        record = request_record(
            number, at, seconds, scope, exchange, self._redactor, self._secret_properties
        )
        self._journal.append("request", record)
        is_new = not (exchange.is_preferred_response or exchange.is_repeated_response)
        if stored is not None:
            stored.send()
        elif exchange.response is not None and is_new:
            self._webhooks.send(self._webhooks.plan(exchange, number))


class ExchangeMiddleware:
    """Middleware that begins an exchange for each request and ends it after the response."""

    def __init__(
        self,
        app: ASGIApp,
        contract: Contract,
        hooks: Hooks,
        error_responses: ErrorResponses,
        on_end: Callable[[MockExchange, Scope, float], None],
        overrides: Overrides,
        queues: DeliveryQueues,
        latency: Latency | None = None,
    ) -> None:
        """Respond to an exception with `error_responses`. Wait while `queues` are behind.

        Call `on_end` with each finished exchange and its duration in seconds; it must not block.

        Each response of an operation waits for `latency` and for the delays of `overrides`.
        """
        self._app = app
        self._contract = contract
        self._hooks = hooks
        self._error_responses = error_responses
        self._on_end = on_end
        self._overrides = overrides
        self._queues = queues
        self._latency = latency
        self._is_unchanged = hooks.response is None and latency is None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with an exchange in its scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = MockExchange(self._contract, self._hooks, tuple(scope["headers"]))
        exchange.preference_texts = read_preferences(
            exchange.header_values(b"prefer"), scope["query_string"]
        )
        attach_exchange(scope, exchange)
        exchange.has_overrides = self._overrides.has_any
        if (
            not self._is_unchanged
            or exchange.preference_texts is not None
            or exchange.has_overrides
        ):
            send = _delayed_send(exchange, send, self._latency)
        started_at = time.perf_counter()
        if self._queues.is_behind:
            await self._queues.catch_up()
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            if exchange.response is not None:  # it may have been sent
                raise
            exchange.response = self._error_responses.response(error, scope["path"], exchange)
            await exchange.response.send(send)
        finally:
            # The state has changed even if the client disconnected before the response. Other
            # responses, for which clients wait, are sent before this record is made.
            seconds = time.perf_counter() - started_at
            asyncio.get_running_loop().call_soon(self._on_end, exchange, scope, seconds)


def _delayed_send(exchange: MockExchange, send: Send, latency: Latency | None) -> Send:
    """Return a `send` that applies the delay and the response faults of the exchange."""
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
            # A server that stops cancels this task; then the response is sent immediately.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(wait)
        headers = tuple(h for h in started[0]["headers"] if h[0] != b"content-length")
        response = HttpResponse(started[0]["status"], headers, bytes(body))
        hook = exchange.hooks.response
        response = hook(response, exchange) if hook else response
        exchange.sent = response
        await response.send(send)

    return send_when_complete
