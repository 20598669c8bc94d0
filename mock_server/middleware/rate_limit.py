"""Rate limit: counts requests of a client address, rejects with 429, and sets its headers.

Requests with a method that a path does not have count as well.
"""

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.exchange import MockExchange, Objection, exchange_of
from mock_server.messages import Headers, encode_header
from mock_server.responses.errors import RequestRejected
from openapi.contract import Contract, HeaderSpec, Operation
from openapi.parameters import match_path
from openapi.rate import Rate

if TYPE_CHECKING:
    from limits.aio.storage import Storage


class Limiter:
    """A moving window for each client address, kept by the library `limits`."""

    def __init__(self, rate: Rate, hits: "Storage", name: str = "") -> None:
        """Allow `rate` to each client; limiters of one `name` count in `hits` together."""
        # The library that counts takes long to load, and most mocks have no limit.
        from limits.aio.strategies import MovingWindowRateLimiter  # noqa: PLC0415
        from limits.limits import RateLimitItemPerSecond  # noqa: PLC0415

        self._strategy = MovingWindowRateLimiter(hits)
        self._item = RateLimitItemPerSecond(rate.requests, rate.seconds, name)
        self._period = f"{rate.seconds // 60}m" if rate.seconds % 60 == 0 else f"{rate.seconds}s"
        self._requests = rate.requests

    async def count(self, client: str) -> tuple[bool, int, float]:
        """Count a request of `client`: is it allowed, how many are left, when one more is free."""
        allowed = await self._strategy.hit(self._item, client)
        remaining, reset = await self.peek(client)
        return allowed, remaining if allowed else 0, reset

    async def peek(self, client: str) -> tuple[int, float]:
        """Return how many requests `client` has left and when one more is free; count nothing."""
        stats = await self._strategy.get_window_stats(self._item, client)
        return stats.remaining, stats.reset_time

    def headers(self, documented: tuple[HeaderSpec, ...], remaining: int, reset: float) -> Headers:
        """Return the documented headers; what one means shows in the last word of its name."""
        moment = datetime.fromtimestamp(math.ceil(reset), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        texts = {"limit": self._period, "remaining": str(remaining), "reset": moment}
        numbers = {"limit": self._requests, "remaining": remaining, "reset": math.ceil(reset)}
        made = []
        for stated in documented:
            word = stated.name.lower().rpartition("-")[2]
            value = numbers.get(word) if stated.is_integer else texts.get(word)
            if value is not None:
                made.append(encode_header(stated.name, value))
        return tuple(made)


class OperationRateLimit:
    """The limiter of one operation, and the headers that tell of it."""

    def __init__(self, operation: Operation, limiter: Limiter) -> None:
        """Read which headers the operation documents."""
        self._limiter = limiter
        documented = operation.response_caused_by("rate-limit-exceeded") or next(
            iter(operation.responses.values())
        )
        self._documented = documented.headers

    async def enforce(self, scope: Scope, exchange: MockExchange) -> None:
        """Count the request; raise the refusal of a client that asks too often."""
        allowed, remaining, reset = await self._limiter.count(_client_address(scope))
        exchange.headers += self._limiter.headers(self._documented, remaining, reset)
        if not allowed:
            exchange.objections += (Objection("rate-limit-exceeded", "over the rate limit"),)
        if exchange.hooks.rate_limit_check is not None:
            allowed = exchange.hooks.rate_limit_check(allowed, exchange)
        if not allowed:
            retry_after_s = _retry_after_s(reset)
            phrase = HTTPStatus.TOO_MANY_REQUESTS.phrase
            message = f"{phrase} from this address; try again in {retry_after_s} s"
            raise RequestRejected(
                "rate-limit-exceeded", message, (encode_header("Retry-After", retry_after_s),)
            )

    async def current_headers(self, scope: Scope, *, exceeded: bool) -> Headers:
        """Return the headers as the limit stands, or as if it were `exceeded`; count nothing."""
        remaining, reset = await self._limiter.peek(_client_address(scope))
        made = self._limiter.headers(self._documented, 0 if exceeded else remaining, reset)
        return (*made, encode_header("Retry-After", _retry_after_s(reset))) if exceeded else made


def operation_rate_limits(
    contract: Contract, limit: Rate | Literal["documented"] | None, hits: "Storage"
) -> Mapping[str, OperationRateLimit]:
    """Return the gate of each operation that has a limit, by its id; they count in `hits`.

    A rate holds for all operations together, `documented` is each one's own
    `x-hookproof-rate-limit`. A `ValueError` says that the contract has none, or
    one that cannot be enforced.
    """
    if limit == "documented":
        limited = (operation for operation in contract.operations if operation.rate_limit)
        found = {
            o.id: OperationRateLimit(o, Limiter(_documented_rate(o), hits, o.id)) for o in limited
        }
        if not found:
            raise ValueError("the contract documents no rate limit; give one, such as 50/5s")
        return found
    shared = Limiter(limit, hits) if limit else None
    return {o.id: OperationRateLimit(o, shared) for o in contract.operations} if shared else {}


def _documented_rate(operation: Operation) -> Rate:
    stated = operation.rate_limit or {}
    if stated["seconds"] != int(stated["seconds"]):
        raise ValueError(
            f"the x-hookproof-rate-limit of {operation.id} is over {stated['seconds']} seconds; "
            "the mock keeps only limits over whole seconds"
        )
    return Rate(stated["requests"], int(stated["seconds"]))


def _client_address(scope: Scope) -> str:
    return str((scope.get("client") or ("", 0))[0])


def _retry_after_s(reset: float) -> int:
    """Return whole seconds after which `reset` is past."""
    return max(1, math.floor(reset - time.time()) + 1)


class RateLimitMiddleware:
    """Puts the operation into the exchange and refuses a client that asks too often."""

    def __init__(
        self, next_app: ASGIApp, operation: Operation, rate_limit: OperationRateLimit | None
    ) -> None:
        """Take the operation and its rate limit, if it has one."""
        self._next = next_app
        self._operation = operation
        self._rate_limit = rate_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or raise the refusal."""
        exchange = exchange_of(scope)
        exchange.operation = self._operation
        if self._rate_limit is not None:
            await self._rate_limit.enforce(scope, exchange)
        await self._next(scope, receive, send)


class MethodNotAllowedRateLimit:
    """Stands before the routing; where no limit is on it is left out."""

    def __init__(
        self, app: ASGIApp, contract: Contract, rate_limits: Mapping[str, OperationRateLimit]
    ) -> None:
        """Take the gates of the operations that have one, by their ids."""
        self._app = app
        self._rate_limits = [
            (o.path, rate_limits[o.id]) for o in contract.operations if o.id in rate_limits
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a 405 passes the gate of the first operation of its path."""
        try:
            await self._app(scope, receive, send)
        except HTTPException as error:
            if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
                limits_of_path = (
                    limit_of_path
                    for path, limit_of_path in self._rate_limits
                    if match_path(path, scope["path"]) is not None
                )
                rate_limit = next(limits_of_path, None)
                if rate_limit is not None:
                    await rate_limit.enforce(scope, exchange_of(scope))
            raise
