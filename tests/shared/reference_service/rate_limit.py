"""The documented rate limit: 50 requests in 5 seconds for each address."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Final

from reference_service import dates
from reference_service.behaviour import (
    Behaviour,
    Change,
    Headers,
    RejectionError,
    Request,
    Response,
    adding,
)

BURST: Final = 50
WINDOW: Final = 5.0


class Windows:
    """Fixed windows, one per address; the first request opens a window."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def count(self, client: str) -> tuple[int, float]:
        """Return the remaining requests of an address and the end of its window (epoch seconds)."""
        now = time.time()
        with self._lock:
            end, used = self._windows.get(client, (0.0, 0))
            if now >= end:
                end, used = now + WINDOW, 0
            self._windows[client] = (end, used + 1)
        return BURST - used - 1, end


def headers(left: int, end: float) -> Headers:
    reset = dates.write(math.ceil(end) * dates.TICKS, None)
    return (
        ("X-Rate-Limit-Limit", f"{WINDOW:.0f}s"),
        ("X-Rate-Limit-Remaining", str(max(0, left))),
        ("X-Rate-Limit-Reset", reset),
    )


def in_seconds(end: float) -> Headers:
    return (("Retry-After", str(max(1, math.ceil(end - time.time())))),)


def as_a_date(end: float) -> Headers:
    return (("Retry-After", formatdate(math.ceil(end), usegmt=True)),)


def limiter(
    retry_after: Callable[[float], Headers], status: int = 429
) -> Callable[[Request], None]:
    windows = Windows()

    def check(request: Request) -> None:
        left, end = windows.count(request.client)
        if left < 0:
            told = (*retry_after(end), *headers(left, end))
            raise RejectionError(status, "tooManyRequests", "Too many requests.", told)

    return check


def telling(tell: Callable[[int, float], Headers] = headers) -> Change:
    def change(behaviour: Behaviour) -> Behaviour:
        windows = Windows()

        def reply(request: Request, response: Response) -> Response:
            for key, value in tell(*windows.count(request.client)):
                if not any(key == there for there, _ in response.headers):
                    response = response.with_header(key, value)
            return response

        return adding("replies", reply)(behaviour)

    return change
