"""One attempt to deliver: a POST, and whatever a receiver makes of it, within bounds."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from mock_server.messages import Delivery
from openapi.formats import http_date

LONGEST_WAIT = 60.0
"""Seconds: a receiver's Retry-After is honoured up to here."""
ATTEMPT_SECONDS = 15.0
_READ = 65536
"""Bytes of a receiver's answer that are read, so that its connection serves again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt."""

    text: str
    """A status, or the kind of the failure."""
    wait: float | None
    """The seconds that the receiver asks to wait; None is success."""
    delivery: Delivery | None
    """What was sent; None if it could not even be made."""
    at: float
    seconds: float


def client() -> httpx.AsyncClient:
    """Return the client of all attempts; not to be shared with anything else."""
    return httpx.AsyncClient(
        # No proxies from the environment, no redirects: a delivery goes where it was told to go.
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(10.0, connect=5.0),
        # Receivers bound their own connections; in one pool a dead one would starve the others.
        limits=httpx.Limits(max_connections=None),
        # What a receiver would have remembered is no business of the next one.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": "hookproof-mock"},
    )


async def attempt(http: httpx.AsyncClient, url: str, make: Callable[[float], Delivery]) -> Outcome:
    """Send what `make` makes for this moment (Unix seconds)."""
    at, begun = time.time(), time.perf_counter()
    delivery: Delivery | None = None
    try:
        delivery = make(at)
        text, wait = await _post(http, url, delivery)
    except Exception as error:  # whatever went wrong: the delivery failed, and the task goes on
        text, wait = type(error).__name__, 0.0
    return Outcome(text, wait, delivery, at, time.perf_counter() - begun)


async def _post(http: httpx.AsyncClient, url: str, delivery: Delivery) -> tuple[str, float | None]:
    async with (
        asyncio.timeout(ATTEMPT_SECONDS),
        http.stream(
            delivery.method, url, headers=delivery.headers, content=delivery.body
        ) as answer,
    ):
        read = 0
        async for chunk in answer.aiter_raw():
            read += len(chunk)
            if read > _READ:
                break
    if answer.is_success:
        return str(answer.status_code), None
    return str(answer.status_code), _asked_wait(answer.headers.get("Retry-After", ""))


def _asked_wait(value: str) -> float:
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_WAIT)
    moment = http_date(value) if value else None
    return min(max(moment.timestamp() - time.time(), 0.0), LONGEST_WAIT) if moment else 0.0
