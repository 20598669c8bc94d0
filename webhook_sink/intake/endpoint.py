"""Delivery endpoint: reads each delivery up to the size limit, stores it, then replies."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from starlette.types import Receive, Scope, Send

from openapi.http.complete_response import send_response
from webhook_sink.delivery import Delivery, ForwardAttempt
from webhook_sink.protocol import RETRY_AFTER_S, get_connection_info
from webhook_sink.replies.sender import perform_step, relay_response
from webhook_sink.replies.steps import ReplyStep
from webhook_sink.storage.store import StoreError

_RETRY_LATER = ((b"retry-after", b"%d" % RETRY_AFTER_S),)
EarlyReply = Callable[[Delivery], ReplyStep | None]
"""Reply to a delivery that precedes the reply script, or None for a delivery that follows it."""


class DeliveryWriter(Protocol):
    """Writer that chooses the reply to a delivery and keeps the delivery."""

    async def write(self, draft: Delivery) -> Delivery:
        """Return `draft` with id and reply; raise `StoreError`."""
        ...


class DeliveryEndpoint:
    """ASGI app that handles every request as a delivery."""

    def __init__(
        self,
        writer: DeliveryWriter,
        max_body_bytes: int,
        steps: Mapping[str, ReplyStep],
        forwarded: Callable[[Delivery], Awaitable[ForwardAttempt]] | None = None,
        early_replies: Sequence[EarlyReply] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Store at most `max_body_bytes` of a body; find the `reply` of a delivery in `steps`.

        `forwarded` returns the forward attempt of a delivery, which the step `forwarded` relays.
        The first of `early_replies` that replies decides about a body within the limit.
        """
        self._writer = writer
        self._max_body_bytes = max_body_bytes
        self._steps = steps
        self._forwarded = forwarded
        self._early_replies = early_replies
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one delivery; neither store it nor reply if its sender disconnects."""
        head_received_at = self._clock()
        body, truncated = await _read(receive, self._max_body_bytes)
        if body is None:
            return
        connection_info = get_connection_info(scope)
        draft = Delivery(
            id=0,
            received_at=self._clock(),
            method=scope["method"],
            target=connection_info.target.decode("latin-1"),
            headers=connection_info.headers,
            body=body,
            truncated=truncated,
            remote=_address(scope),
            status=0,
            head_received_at=head_received_at,
            version=scope["http_version"],
        )
        early = self._early_reply(draft) if self._early_replies and not truncated else None
        if early is not None:
            draft = replace(draft, status=early.status, reply=early.text)
        try:
            stored = await self._writer.write(draft)
        except StoreError:
            await send_response(send, 503, _RETRY_LATER)
            return
        if early is not None:
            await perform_step(early, connection_info, send)
        elif stored.reply:
            step = self._steps[stored.reply]
            if step.kind == "forwarded" and self._forwarded is not None:
                await relay_response(self._forwarded(stored), connection_info, send)
            else:
                await perform_step(step, connection_info, send)
        else:
            await send_response(send, stored.status)

    def _early_reply(self, draft: Delivery) -> ReplyStep | None:
        found = (reply(draft) for reply in self._early_replies)
        return next((step for step in found if step is not None), None)


async def _read(receive: Receive, max_body_bytes: int) -> tuple[bytes | None, bool]:
    """Return the body and whether it exceeds `max_body_bytes`; None if the sender disconnected.

    The server reads and drops the bytes beyond the limit.
    """
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        whole = message.get("body", b"")
        return whole[:max_body_bytes], len(whole) > max_body_bytes
    # Not a list of the pieces: a sender may send very many small ones.
    body = bytearray()
    while message["type"] == "http.request":
        body += message.get("body", b"")
        if len(body) > max_body_bytes or not message.get("more_body", False):
            return bytes(body[:max_body_bytes]), len(body) > max_body_bytes
        message = await receive()
    return None, False


def _address(scope: Scope) -> str:
    if not scope.get("client"):
        return "unknown"
    host, port = scope["client"]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
