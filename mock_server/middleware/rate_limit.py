"""Rate limit: counts requests of a client address, rejects with 429, and sets its headers.

A request with a wrong method on a known path counts as well.
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
    """Moving window for each client address, from the library `limits`."""

    def __init__(self, rate: Rate, hits: "Storage", name: str = "") -> None:
        """Allow `rate` to each client; limiters with the same `name` share the counts in `hits`."""
        # The library takes long to load, and most mocks have no rate limit.
        from limits.aio.strategies import MovingWindowRateLimiter  # noqa: PLC0415
        from limits.limits import RateLimitItemPerSecond  # noqa: PLC0415

        self._strategy = MovingWindowRateLimiter(hits)
        self._item = RateLimitItemPerSecond(rate.requests, rate.seconds, name)
        self._period = f"{rate.seconds // 60}m" if rate.seconds % 60 == 0 else f"{rate.seconds}s"
        self._requests = rate.requests

    async def count(self, client: str) -> tuple[bool, int, float]:
        """Count a request; return whether it is allowed, the remaining requests, the reset time."""
        allowed = await self._strategy.hit(self._item, client)
        remaining, reset = await self.peek(client)
        return allowed, remaining if allowed else 0, reset

    async def peek(self, client: str) -> tuple[int, float]:
        """Return the remaining requests of `client` and the reset time, without counting."""
        stats = await self._strategy.get_window_stats(self._item, client)
        return stats.remaining, stats.reset_time

    def headers(self, documented: tuple[HeaderSpec, ...], remaining: int, reset: float) -> Headers:
        """Return the documented headers; the last word of a name tells its meaning."""
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
    """Limiter of one operation, and its headers."""

    def __init__(self, operation: Operation, limiter: Limiter) -> None:
        """Use the headers that the operation documents."""
        self._limiter = limiter
        documented = operation.response_caused_by("rate-limit-exceeded") or next(
            iter(operation.responses.values()), None
        )
        self._documented = documented.headers if documented else ()

    async def enforce(
        self, exchange: MockExchange, scope: Scope, _receive: Receive | None = None
    ) -> None:
        """Count the request; raise the rejection above the limit."""
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
        """Return the current headers, or those of an `exceeded` limit, without counting."""
        remaining, reset = await self._limiter.peek(_client_address(scope))
        made = self._limiter.headers(self._documented, 0 if exceeded else remaining, reset)
        return (*made, encode_header("Retry-After", _retry_after_s(reset))) if exceeded else made


def operation_rate_limits(
    contract: Contract, limit: Rate | Literal["documented"] | None, hits: "Storage"
) -> Mapping[str, OperationRateLimit]:
    """Return the rate limit of each limited operation by its id; they count in `hits`.

    A given rate covers all operations together. `documented` uses each operation's own
    `x-hookproof-rate-limit`. Raise `ValueError` if the contract has none, or one that the mock does
    not support.
    """
    if limit == "documented":
        limited = (operation for operation in contract.operations if operation.rate_limit)
        found = {
            o.id: OperationRateLimit(o, Limiter(_documented_rate(o), hits, o.id)) for o in limited
        }
        if not found:
            raise ValueError("the contract documents no rate limit; pass one, such as 50/5s")
        return found
    shared = Limiter(limit, hits) if limit else None
    return {o.id: OperationRateLimit(o, shared) for o in contract.operations} if shared else {}


def _documented_rate(operation: Operation) -> Rate:
    stated = operation.rate_limit or {}
    if stated["seconds"] != int(stated["seconds"]):
        raise ValueError(
            f"the x-hookproof-rate-limit of {operation.id} is over {stated['seconds']} seconds; "
            "the mock supports only whole seconds"
        )
    return Rate(stated["requests"], int(stated["seconds"]))


def _client_address(scope: Scope) -> str:
    return str((scope.get("client") or ("", 0))[0])


def _retry_after_s(reset: float) -> int:
    """Return the whole seconds until `reset` is past, at least 1."""
    return max(1, math.floor(reset - time.time()) + 1)


class MethodNotAllowedRateLimit:
    """Middleware before the routing that counts a 405; it is omitted without a rate limit."""

    def __init__(
        self, app: ASGIApp, contract: Contract, rate_limits: Mapping[str, OperationRateLimit]
    ) -> None:
        """Use `rate_limits`, which has the limited operations by id."""
        self._app = app
        self._rate_limits = [
            (o.path, rate_limits[o.id]) for o in contract.operations if o.id in rate_limits
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a 405 counts for the first operation of its path."""
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
                    await rate_limit.enforce(exchange_of(scope), scope)
            raise
