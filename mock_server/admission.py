"""The first station behind routing: which operation it is, and whether it may be now."""

import math
import time
from datetime import UTC, datetime
from http import HTTPStatus

from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.limits import RateLimitItemPerSecond
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.answer import Headers, header
from mock_server.exchange import exchange_of
from mock_server.problems import Refusal
from openapi.document import Header, Operation
from openapi.rate import Rate


class Limiter:
    """A moving window for each client address, kept by the library `limits`."""

    def __init__(self, rate: Rate, hits: Storage | None = None) -> None:
        """Allow `rate` to each client; `hits` counts for several processes together."""
        self._hits = hits or MemoryStorage()
        self._strategy = MovingWindowRateLimiter(self._hits)
        self._item = RateLimitItemPerSecond(rate.requests, rate.seconds)
        self._period = f"{rate.seconds // 60}m" if rate.seconds % 60 == 0 else f"{rate.seconds}s"
        self._requests = rate.requests

    async def forget(self) -> None:
        """Forget what was counted."""
        await self._hits.reset()

    async def count(self, client: str) -> tuple[bool, int, float]:
        """Count a request of `client`: is it allowed, how many are left, when one more is free."""
        allowed = await self._strategy.hit(self._item, client)
        stats = await self._strategy.get_window_stats(self._item, client)
        return allowed, stats.remaining, stats.reset_time

    async def peek(self, client: str) -> tuple[int, float]:
        """Return how many requests `client` has left and when one more is free; count nothing."""
        stats = await self._strategy.get_window_stats(self._item, client)
        return stats.remaining, stats.reset_time

    def headers(self, documented: tuple[Header, ...], remaining: int, reset: float) -> Headers:
        """Return the documented headers; what one means shows in the last word of its name."""
        moment = datetime.fromtimestamp(math.ceil(reset), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        texts = {"limit": self._period, "remaining": str(remaining), "reset": moment}
        numbers = {"limit": self._requests, "remaining": remaining, "reset": math.ceil(reset)}
        made = []
        for stated in documented:
            word = stated.name.lower().rpartition("-")[2]
            value = numbers.get(word) if stated.is_integer else texts.get(word)
            if value is not None:
                made.append(header(stated.name, value))
        return tuple(made)


class Admission:
    """Puts the operation into the exchange and refuses a client that asks too often."""

    def __init__(self, next_app: ASGIApp, operation: Operation, limiter: Limiter | None) -> None:
        """Take the operation behind this station and the limiter, if there is one."""
        self._next = next_app
        self._operation = operation
        self._limiter = limiter
        documented = operation.answer_to("burst") or next(iter(operation.responses.values()))
        self._documented = documented.headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or raise the refusal."""
        exchange = exchange_of(scope)
        exchange.operation = self._operation
        if self._limiter is not None:
            client = (scope.get("client") or ("", 0))[0]
            allowed, remaining, reset = await self._limiter.count(client)
            exchange.headers += self._limiter.headers(self._documented, remaining, reset)
            if exchange.behaviour.admitted is not None:
                allowed = exchange.behaviour.admitted(allowed, exchange)
            if not allowed:
                wait = max(1, math.ceil(reset - time.time()))
                phrase = HTTPStatus.TOO_MANY_REQUESTS.phrase
                message = f"{phrase} from this address; try again in {wait} s"
                raise Refusal("burst", message, (header("Retry-After", wait),))
        await self._next(scope, receive, send)
