"""Request limits, and the flow control of pipelined requests."""

import asyncio
import math
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass

from uvicorn.protocols.http.flow_control import FlowControl


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Limits of one request."""

    max_headers: int = 200
    max_head_bytes: int = 64 * 1024
    """Bytes of a head; also of trailers and chunk extensions between two pieces of a body."""
    max_request_bytes: int = 16 * 1024 * 1024
    """Bytes that are read of a rejected request, so that the client receives the response."""
    max_pipelined: int = 1000
    """Requests that one connection may have sent before the first of them is answered."""
    timeout_s: float = 25.0
    """From the first byte to the last; an idle connection is closed after the same time."""


def head_size(target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Return the size of a head in bytes, without method and version."""
    return len(target) + sum(len(name) + len(value) + 4 for name, value in headers)


class LimitExceeded(Exception):
    """Raised in a parser callback; the request is rejected with `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class PipelineFlowControl(FlowControl):
    """Flow control that reads on only if no pipelined request is waiting."""

    def __init__(
        self, transport: asyncio.Transport, waiting: Sized, clock: Callable[[], float]
    ) -> None:
        """`waiting` is the queue of pipelined requests, `clock` returns seconds."""
        super().__init__(transport)
        self._waiting = waiting
        self._clock = clock
        self.unread_since = math.inf
        """When the client stopped reading responses."""

    def resume_reading(self) -> None:
        """Read on, unless pipelined requests are waiting."""
        if not self._waiting:
            super().resume_reading()

    def pause_writing(self) -> None:
        """Wait: the client does not read."""
        self.unread_since = self._clock()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        self.unread_since = math.inf
        super().resume_writing()
