"""How much of a connection one client may take up."""

import asyncio
import math
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass

from uvicorn.protocols.http.flow_control import FlowControl


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What one request may be."""

    max_headers: int = 200
    max_head_bytes: int = 64 * 1024
    """Bytes of a head; also of trailers, and of what else stands between two pieces of a body."""
    max_request_bytes: int = 16 * 1024 * 1024
    """Bytes of a request that is refused: so many are read for the client to hear why."""
    max_pipelined: int = 1000
    """Requests that one connection may have sent before the first of them is answered."""
    timeout_s: float = 25.0
    """From the first byte to the last; a connection that sends none is closed as soon."""


def head_size(target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Return the bytes of a head, its first line's other words aside."""
    return len(target) + sum(len(name) + len(value) + 4 for name, value in headers)


class LimitExceeded(Exception):
    """Raised within a callback of the parser: the request is refused with `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class PipelineFlowControl(FlowControl):
    """Flow control that reads on only when no request waits for its turn."""

    def __init__(
        self, transport: asyncio.Transport, waiting: Sized, clock: Callable[[], float]
    ) -> None:
        """Take the connection, the queue of the requests that wait, and the time in seconds."""
        super().__init__(transport)
        self._waiting = waiting
        self._clock = clock
        self.unread_since = math.inf
        """When the client began to leave answers unread."""

    def resume_reading(self) -> None:
        """Read on, unless more has been read already than is answered at once."""
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
