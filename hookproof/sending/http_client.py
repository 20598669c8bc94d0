"""HTTP client of events: sends requests as they are, one connection each, without redirects."""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webhook_sink.destination import Destination
from webhook_sink.forwarding.http_client import HttpClientProtocol

if TYPE_CHECKING:
    from mock_server.messages import WebhookRequest

_LINE_BREAK = re.compile(rb"[\r\n\x00]")


@dataclass(frozen=True, slots=True)
class HttpReply:
    """Response to one request, or the reason why there is none."""

    status: int | None
    headers: tuple[tuple[str, str], ...]
    """Names and values; each byte is one Latin-1 character."""
    body: bytes
    """Body up to a limit."""
    is_truncated: bool
    """Whether the body or its end is missing."""
    seconds: float
    """Seconds until the response was read, or the request failed."""
    error: str | None
    """Reason for a missing or incomplete response, in one sentence."""
    is_sent: bool
    """Whether there was a connection."""


async def send_together(
    destination: Destination, requests: "Sequence[WebhookRequest]", timeout_s: float
) -> list[HttpReply]:
    """Send `requests` at the same time; return the replies in their order. Never raises."""
    return list(await asyncio.gather(*(_exchange(destination, one, timeout_s) for one in requests)))


async def _exchange(
    destination: Destination, request: "WebhookRequest", timeout_s: float
) -> HttpReply:
    begun = time.perf_counter()
    client = HttpClientProtocol(
        destination, request.method, raw_request(destination, request), timeout_s
    )
    await client.send()
    found = await client.response()
    return HttpReply(
        found.status,
        tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in found.headers),
        found.body,
        found.truncated,
        time.perf_counter() - begun,
        found.error,
        client.is_connected,
    )


def raw_request(destination: Destination, request: "WebhookRequest") -> bytes:
    """Return the bytes of a request; `ValueError` for a header with a line break."""
    query = "" if destination.query is None else f"?{destination.query}"
    lines = [
        f"{request.method} {destination.path or '/'}{query} HTTP/1.1",
        f"Host: {destination.authority}",
        "User-Agent: hookproof",
        f"Content-Length: {len(request.body)}",
        *(f"{name}: {value}" for name, value in request.headers),
        "Connection: close",
    ]
    encoded = [line.encode("latin-1", "surrogateescape") for line in lines]
    if any(_LINE_BREAK.search(line) for line in encoded):
        raise ValueError("a header has a line break, which cannot be sent")
    return b"\r\n".join(encoded) + b"\r\n\r\n" + request.body
