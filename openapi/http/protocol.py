"""HTTP/1.1 protocol with limits on heads, time and pipelining, applied before the app runs.

uvicorn has no limit on the size of a head or on the time of a request, and reads pipelined requests
faster than it responds. This class overrides callbacks that asyncio and httptools document, and the
end of a response, which docs/internals.md names. No callback runs for each header, and each
connection has one timer, for requests and for idle time.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from openapi.http import body_budget, refusal_log
from openapi.http.body_budget import FREE_BYTES, BodyBudget
from openapi.http.descriptors import is_near_descriptor_limit
from openapi.http.limits import LimitExceeded, PipelineFlowControl, RequestLimits, head_size
from openapi.http.refusal_log import RefusalLog
from openapi.http.upgrades import framing_headers, new_parser, parser_at_body

REQUEST_LOG = logging.getLogger("hookproof.requests")
"""Logger of requests (`--log-requests`)."""
_CHECKS_PER_TIMEOUT = 8
_TLS_HANDSHAKE = b"\x16\x03"
_REASONS = {
    400: "a request after too many pipelined ones",
    408: "a request that was not complete in time",
    413: "a too large request",
    431: "a too large head",
    503: "a body, because all bodies together are too large,",
}
"""Refusals by their status, for the log."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with `RequestLimits`; a violation gets a response if possible."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: RequestLimits,
        error_responses: Mapping[int, bytes],
    ) -> None:
        """Take the limits, and the complete responses of 400, 408, 413, 431 and 503."""
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._error_responses = error_responses
        self._is_rejected = False
        self._has_received_data = False
        self._unanswered_cycles: deque[RequestResponseCycle] = deque(
            maxlen=limits.max_pipelined + 1
        )
        """Requests followed by another request before their response."""
        self._request_started_at: float | None = None
        """Start time of the incomplete request."""
        self._idle_since: float | None = None
        """Time of the last response, if nothing was received after it."""
        self._read_size = 0
        """Bytes of the current read."""
        self._bytes_since_body = self._request_size = 0
        """Bytes since the app last got a part of this request, and since the request began. The
        first read is not counted, because the parser does not report the position."""
        self._refusals: RefusalLog | None = app_state.get(refusal_log.STATE_KEY)
        self._body_budget: BodyBudget | None = app_state.get(body_budget.STATE_KEY)
        self._free_bytes = 0
        """Bytes of the current body that need no budget."""
        self._is_over_budget = False
        self._taken_bytes: dict[RequestResponseCycle, int] = {}
        """Bytes that the bodies of unanswered requests took from the budget."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection and its timer."""
        super().connection_made(transport)
        self.flow = self._flow = PipelineFlowControl(transport, self.pipeline, self.loop.time)
        self._request_started_at = self.loop.time()
        self._timeout_timer = self.loop.call_later(
            self._limits.timeout_s / _CHECKS_PER_TIMEOUT, self._check_timeouts
        )
        if self._refusals is not None and is_near_descriptor_limit(transport):
            self._is_rejected = True
            self._record_refusal("connections are refused, few file descriptors are left: 503")
            transport.write(self._error_responses[503])
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the connection: cancel its timer and mark its requests as disconnected."""
        self._timeout_timer.cancel()
        for cycle in self._unanswered_cycles:  # uvicorn marks only the last one
            cycle.disconnected = True
        for cycle in tuple(self._taken_bytes):
            self._give_back(cycle)
        last = self.cycle
        is_incomplete = last is not None and last.more_body and not last.response_complete
        if is_incomplete and not self._is_rejected:
            self._record_refusal("clients disconnected before the end of their request")
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse the data, and measure an incomplete request."""
        if self._is_rejected:
            return
        self._has_received_data = True
        self._read_size = len(data)
        self._idle_since = None
        while data:
            try:
                self.parser.feed_data(data)
                break
            except httptools.HttpParserUpgrade as offer:
                data = data[offer.args[0] :]
                self._ignore_upgrade()
            except httptools.HttpParserError as error:
                cause = error.__context__
                if isinstance(cause, LimitExceeded):
                    self._reject(cause.status)
                else:
                    is_tls = data.startswith(_TLS_HANDSHAKE)
                    self._reject(400, "TLS" if is_tls else "malformed HTTP")
                # The exception refers to this frame, and the frame to the received bytes.
                del cause
                self.parser = new_parser(self)
                break
        if self._is_over_budget and not self._is_rejected:
            self._reject(503)
        if self._request_started_at is not None:
            self._check_size()

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._request_started_at = self.loop.time()
        self._request_size = self._bytes_since_body = -self._read_size
        self._free_bytes = FREE_BYTES
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Reject a too large head, and a request after too many pipelined ones."""
        limits = self._limits
        if len(self.headers) > limits.max_headers:
            raise LimitExceeded(431)
        measured = (
            self._bytes_since_body == -self._read_size and self._read_size <= limits.max_head_bytes
        )
        if not measured and head_size(self.url, self.headers) > limits.max_head_bytes:
            raise LimitExceeded(431)
        if len(self.pipeline) >= limits.max_pipelined:
            raise LimitExceeded(400)
        if self.cycle is not None and not self.cycle.response_complete:
            self._unanswered_cycles.append(self.cycle)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body; reject it if all bodies together are too large."""
        self._bytes_since_body = -self._read_size
        if self._body_budget is not None and not self.cycle.response_complete:
            self._free_bytes -= len(body)
            if self._free_bytes < 0:
                if self._is_over_budget or not self._body_budget.take(-self._free_bytes):
                    self._drop_body()
                    return
                taken = self._taken_bytes.get(self.cycle, 0)
                self._taken_bytes[self.cycle] = taken - self._free_bytes
                self._free_bytes = 0
        super().on_body(body)

    def on_response_complete(self) -> None:
        """End a response: its request needs no memory any more.

        This replaces uvicorn's method, which starts a timer after each response.
        """
        if self._taken_bytes:
            for cycle in [one for one in self._taken_bytes if one.response_complete]:
                self._give_back(cycle)
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        else:
            self._idle_since = self.loop.time()

    def on_message_complete(self) -> None:
        """End a request."""
        self._request_started_at = None
        super().on_message_complete()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Respond to a client that closed its half of the connection; uvicorn would not."""
        cycle = self.cycle
        response_pending = (
            self._request_started_at is None and cycle is not None and not cycle.response_complete
        )
        if response_pending:
            cycle.keep_alive = False
        return response_pending and self.scheme == "http"  # TLS has no half-close

    def shutdown(self) -> None:
        """Stop; abort an incomplete request."""
        super().shutdown()
        if self._is_rejected or (self.cycle is not None and self.cycle.more_body):
            self.transport.close()

    def _drop_body(self) -> None:
        """Drop the current body: the app sees a disconnect, whatever follows in this read."""
        self._is_over_budget = True
        self.cycle.disconnected = True
        self.cycle.body = bytearray()
        self.cycle.message_event.set()
        self._give_back(self.cycle)

    def _give_back(self, cycle: RequestResponseCycle) -> None:
        taken = self._taken_bytes.pop(cycle, 0)
        if taken and self._body_budget is not None:
            self._body_budget.give_back(taken)

    def _ignore_upgrade(self) -> None:
        """Continue in HTTP/1.1 after a head that offered another protocol."""
        stated = framing_headers(self.headers)
        if stated:  # the parser assumed a request without a body; the app has not run yet
            self.cycle.more_body = True
            self.cycle.message_event.clear()
            self._request_started_at = self.loop.time()
        self.parser = parser_at_body(self, stated) if stated else new_parser(self)

    def _check_size(self) -> None:
        """Count the read of an incomplete request."""
        self._bytes_since_body += self._read_size
        self._request_size += self._read_size
        head = self._is_in_head()
        if self._bytes_since_body > self._limits.max_head_bytes or (
            head and len(self.headers) > self._limits.max_headers
        ):
            self._reject(431)
        elif not head and self._request_size > self._limits.max_request_bytes:
            self._reject(413)

    def _is_in_head(self) -> bool:
        return self.scope is not None and (self.cycle is None or self.cycle.scope is not self.scope)

    def _check_timeouts(self) -> None:
        """Reject or close a connection that has exceeded its time."""
        now, cycle, timeout = self.loop.time(), self.cycle, self._limits.timeout_s
        self._timeout_timer = self.loop.call_later(
            timeout / _CHECKS_PER_TIMEOUT, self._check_timeouts
        )
        answered = cycle is None or cycle.response_complete
        if self._is_rejected:
            if answered or cycle.disconnected:
                self.transport.close()
        elif now - self._flow.unread_since >= timeout:
            self.transport.abort()
        elif self._request_started_at is None:
            idle_since = self._idle_since
            if answered and idle_since is None:
                self._request_started_at = now  # the client sent something, but no request
            elif idle_since is not None and now - idle_since >= self.timeout_keep_alive:
                self.transport.close()
        elif self.flow.read_paused:
            self._request_started_at = now  # the server does not read it now
        elif now - self._request_started_at >= timeout:
            self._reject(408)

    def _record_refusal(self, kind: str) -> None:
        if self._refusals is not None:
            self._refusals.record(kind, f"{self.client[0]}:{self.client[1]}" if self.client else "")

    def _reject(self, status: int, reason: str = "") -> None:
        """End the connection, with a response of this status if one can still be sent."""
        self._is_rejected, self._request_started_at = True, None
        if self._has_received_data:
            self._record_refusal(f"{reason or _REASONS[status]} is refused: {status}")
        fields = {"fields": {"status": status}}
        REQUEST_LOG.info("an invalid or incomplete request is rejected: %d", status, extra=fields)
        cycle, head = self.cycle, self._is_in_head()
        if head and cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False  # uvicorn responds to earlier requests, then closes
            return
        if cycle is not None:
            cycle.disconnected = True
            cycle.body = bytearray()
            cycle.message_event.set()
            self._give_back(cycle)
        response_started = not head and cycle is not None and cycle.response_started
        if response_started or self.pipeline or not self._has_received_data:
            self.transport.close()
            return
        self.transport.write(self._error_responses[status])
        self.flow.resume_reading()  # the client may send the rest before it reads the response
        # The next timer closes the connection. Closing now would reset it if the client still
        # sends, and the response would be lost.
        if self.transport.can_write_eof():
            self.transport.write_eof()
