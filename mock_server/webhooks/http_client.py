"""HTTP client of deliveries: one bounded attempt."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from mock_server.messages import WebhookRequest
from openapi.formats import parse_http_date

MAX_RETRY_AFTER_S = 60.0
"""Seconds: a receiver's Retry-After is honoured up to here."""
ATTEMPT_TIMEOUT_S = 15.0
_MAX_RESPONSE_BYTES = 65536
"""Bytes of a receiver's answer that are read, so that its connection serves again."""


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """Outcome of an attempt."""

    text: str
    """A status, or the kind of the failure."""
    retry_after_s: float | None
    """The seconds that the receiver asks to wait; None is success."""
    webhook_request: WebhookRequest | None
    """What was sent; None if it could not even be made."""
    at: float
    seconds: float


def create_client() -> httpx.AsyncClient:
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


async def send_attempt(
    http: httpx.AsyncClient, url: str, build_request: Callable[[float], WebhookRequest]
) -> AttemptOutcome:
    """Send what `build_request` makes for this moment (Unix seconds)."""
    at, begun = time.time(), time.perf_counter()
    webhook_request: WebhookRequest | None = None
    try:
        webhook_request = build_request(at)
        text, retry_after_s = await _post(http, url, webhook_request)
    except Exception as error:  # whatever went wrong: the delivery failed, and the task goes on
        text, retry_after_s = type(error).__name__, 0.0
    return AttemptOutcome(text, retry_after_s, webhook_request, at, time.perf_counter() - begun)


async def _post(
    http: httpx.AsyncClient, url: str, webhook_request: WebhookRequest
) -> tuple[str, float | None]:
    async with (
        asyncio.timeout(ATTEMPT_TIMEOUT_S),
        http.stream(
            webhook_request.method,
            url,
            headers=webhook_request.headers,
            content=webhook_request.body,
        ) as response,
    ):
        read = 0
        async for chunk in response.aiter_raw():
            read += len(chunk)
            if read > _MAX_RESPONSE_BYTES:
                break
    if response.is_success:
        return str(response.status_code), None
    return str(response.status_code), _parse_retry_after(response.headers.get("Retry-After", ""))


def _parse_retry_after(value: str) -> float:
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_RETRY_AFTER_S)
    moment = parse_http_date(value) if value else None
    return min(max(moment.timestamp() - time.time(), 0.0), MAX_RETRY_AFTER_S) if moment else 0.0
