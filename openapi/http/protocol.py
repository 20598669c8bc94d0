"""What a client may do before the app hears of it: bounds on heads, on time, on what is queued.

uvicorn reads a head without end, waits for the rest of a request for ever, and takes in pipelined
requests faster than they are answered. The callbacks overridden here are those that asyncio and
httptools document; none is called once for each header, and one timer for each connection looks
now and then: an ordinary request costs some 1.5 microseconds more.
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

from openapi.http.limits import Beyond, Flow, Limits, size_of_head
from openapi.http.upgrades import framing, new_parser, within_body

REQUESTS = logging.getLogger("hookproof.requests")
"""One line for each request, where that was asked for."""
_LOOKS = 8
"""How often a connection is looked at in the time that a request may take."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol within `Limits`; what is beyond is answered where it still can be."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: Limits,
        refusals: Mapping[int, bytes],
    ) -> None:
        """Take besides what uvicorn gives the answers to 400, 408, 413 and 431, whole."""
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._refusals = refusals
        self._refused = False
        self._heard = False
        self._earlier: deque[RequestResponseCycle] = deque(maxlen=limits.waiting + 1)
        """Requests that others came behind before they were answered."""
        self._since: float | None = None
        """When the request began that is still coming."""
        self._read = 0
        """Bytes of the read that is being taken."""
        self._gap = self._size = 0
        """Bytes since the app last got some of this request, and since it began; not counting the
        read in which that was, because the parser does not tell where in it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection, and to look at it."""
        super().connection_made(transport)
        self.flow = self._flow = Flow(transport, self.pipeline, self.loop.time)
        self._since = self.loop.time()
        self._watch = self.loop.call_later(self._limits.seconds / _LOOKS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the connection: nobody looks at it any more, nobody answers on it."""
        self._watch.cancel()
        for cycle in self._earlier:  # uvicorn tells the last alone, and the app would write on
            cycle.disconnected = True
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what was read; measure what is not a whole request yet."""
        if self._refused:
            return
        self._heard = True
        self._read = len(data)
        self._unset_keepalive_if_required()
        while data:
            try:
                self.parser.feed_data(data)
                break
            except httptools.HttpParserUpgrade as offer:
                data = data[offer.args[0] :]
                self._pass_over()
            except httptools.HttpParserError as error:
                cause = error.__context__
                self._refuse(cause.status if isinstance(cause, Beyond) else 400)
                break
        if self._since is not None:
            self._measure()

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._since = self.loop.time()
        self._size = self._gap = -self._read
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Refuse a head that is too large, and a request with too many before it."""
        limits = self._limits
        if len(self.headers) > limits.headers:
            raise Beyond(431)
        measured = self._gap == -self._read and self._read <= limits.head
        if not measured and size_of_head(self.url, self.headers) > limits.head:
            raise Beyond(431)
        if len(self.pipeline) >= limits.waiting:
            raise Beyond(400)
        if self.cycle is not None and not self.cycle.response_complete:
            self._earlier.append(self.cycle)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._gap = -self._read
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._since = None
        super().on_message_complete()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer a client that has ended its half of the connection; uvicorn alone would not."""
        cycle = self.cycle
        whole = self._since is None and cycle is not None and not cycle.response_complete
        if whole:
            cycle.keep_alive = False
        return whole and self.scheme == "http"  # TLS has no half of a connection

    def shutdown(self) -> None:
        """Stop; a request that is still coming is cut off."""
        super().shutdown()
        if self._refused or (self.cycle is not None and self.cycle.more_body):
            self.transport.close()

    def _pass_over(self) -> None:
        """Go on in HTTP/1.1 behind a head that offered another protocol."""
        stated = framing(self.headers)
        if stated:  # the parser took the request for one without a body; the app has not run yet
            self.cycle.more_body = True
            self.cycle.message_event.clear()
            self._since = self.loop.time()
        self.parser = within_body(self, stated) if stated else new_parser(self)

    def _measure(self) -> None:
        """Count a read after which a request is still coming."""
        self._gap += self._read
        self._size += self._read
        head = self._in_head()
        if self._gap > self._limits.head or (head and len(self.headers) > self._limits.headers):
            self._refuse(431)
        elif not head and self._size > self._limits.request:
            self._refuse(413)

    def _in_head(self) -> bool:
        return self.scope is not None and (self.cycle is None or self.cycle.scope is not self.scope)

    def _look(self) -> None:
        """See whether the client has kept the server waiting for too long."""
        now, cycle, longest = self.loop.time(), self.cycle, self._limits.seconds
        self._watch = self.loop.call_later(longest / _LOOKS, self._look)
        answered = cycle is None or cycle.response_complete
        if self._refused:
            if answered or cycle.disconnected:
                self.transport.close()
        elif now - self._flow.unread_since >= longest:
            self.transport.abort()
        elif self._since is None:
            if answered and self.timeout_keep_alive_task is None:
                self._since = now  # what came was no request, and uvicorn has stopped waiting
        elif self.flow.read_paused:
            self._since = now  # what is not read cannot be finished
        elif now - self._since >= longest:
            self._refuse(408)

    def _refuse(self, status: int) -> None:
        """End the connection, with an answer of this status where one can still be given."""
        self._refused, self._since = True, None
        fields = {"fields": {"status": status}}
        REQUESTS.info("what is no whole request is refused: %d", status, extra=fields)
        cycle, head = self.cycle, self._in_head()
        if head and cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False  # those before it are answered, then uvicorn closes
            return
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        begun = not head and cycle is not None and cycle.response_started
        if begun or self.pipeline or not self._heard:
            self.transport.close()
            return
        self.transport.write(self._refusals[status])
        # The next look closes: now, what the client still sends would reset the connection, and
        # the answer would be lost.
        if self.transport.can_write_eof():
            self.transport.write_eof()
