"""HTTP client of deliveries: one bounded attempt."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from mock_server.messages import WebhookRequest
from openapi.http.tls import client_context
from openapi.schemas.formats import parse_http_date

MAX_RETRY_AFTER_S = 60.0
"""Maximum delay in seconds that a receiver's Retry-After can cause."""
ATTEMPT_TIMEOUT_S = 15.0
_MAX_RESPONSE_BYTES = 65536
"""Maximum bytes that are read of a receiver's response, so that its connection can be reused."""


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """Outcome of an attempt."""

    text: str
    """Status, or the class of the exception."""
    retry_after_s: float | None
    """Seconds from Retry-After, 0 without it; None for a success."""
    webhook_request: WebhookRequest | None
    """Request that was sent; None if it could not be built."""
    at: float
    seconds: float


def create_client(tls: bool) -> httpx.AsyncClient:
    """Return the client for all attempts; without `tls` only for `http:` URLs."""
    return httpx.AsyncClient(
        verify=client_context() if tls else False,
        # No proxies from the environment, no redirects: a delivery goes to the configured URL.
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(10.0, connect=5.0),
        # Each queue limits its connections; a shared limit would let a dead receiver starve others.
        limits=httpx.Limits(max_connections=None),
        # Receivers must not share cookies.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": "hookproof-mock"},
    )


async def send_attempt(
    http: httpx.AsyncClient, url: str, build_request: Callable[[float], WebhookRequest]
) -> AttemptOutcome:
    """Build the request for the current time and send it."""
    at, begun = time.time(), time.perf_counter()
    webhook_request: WebhookRequest | None = None
    try:
        webhook_request = build_request(at)
        text, retry_after_s = await _post(http, url, webhook_request)
    except Exception as error:  # any error fails the attempt; the task continues
        text, retry_after_s = type(error).__name__, 0.0
    return AttemptOutcome(text, retry_after_s, webhook_request, at, time.perf_counter() - begun)


async def _post(
    http: httpx.AsyncClient, url: str, webhook_request: WebhookRequest
) -> tuple[str, float | None]:
    async with (
        asyncio.timeout(ATTEMPT_TIMEOUT_S),
        http.stream(
            webhook_request.method,
            webhook_request.url or url,
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
