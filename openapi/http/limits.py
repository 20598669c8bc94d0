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
    """Limit of a head, and of trailers and chunk extensions between two pieces of a body."""
    max_request_bytes: int = 16 * 1024 * 1024
    """Limit of reading a rejected request, so that the client receives the response."""
    max_pipelined: int = 1000
    """Limit of pipelined requests before the first response."""
    timeout_s: float = 25.0
    """Limit from the first to the last byte, and of an idle connection."""


def head_size(target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Return the size of a head in bytes, without method and version."""
    return len(target) + sum(len(name) + len(value) + 4 for name, value in headers)


class LimitExceeded(Exception):
    """Violation of a limit in a parser callback; the protocol rejects the request with `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class PipelineFlowControl(FlowControl):
    """Flow control that resumes reading only if no pipelined request is waiting."""

    def __init__(
        self, transport: asyncio.Transport, waiting: Sized, clock: Callable[[], float]
    ) -> None:
        """Take the queue of pipelined requests, and a clock in seconds."""
        super().__init__(transport)
        self._waiting = waiting
        self._clock = clock
        self.unread_since = math.inf
        """Time at which the client stopped reading responses."""

    def resume_reading(self) -> None:
        """Resume reading unless pipelined requests are waiting."""
        if not self._waiting:
            super().resume_reading()

    def pause_writing(self) -> None:
        """Note that the client stopped reading."""
        self.unread_since = self._clock()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that the client reads again."""
        self.unread_since = math.inf
        super().resume_writing()
