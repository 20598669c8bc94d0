"""Pending forward: one forward or resend of a delivery, until the sink records the attempt."""

import time

from webhook_sink.delivery import Delivery, ForwardAction, ForwardAttempt
from webhook_sink.destination import Destination
from webhook_sink.forwarding.http_client import HttpClientProtocol
from webhook_sink.forwarding.request_head import redacted_request_url, request_head
from webhook_sink.forwarding.response_reader import ForwardResponse


class PendingForward:
    """One forward or resend: call `send`, then `forward_attempt`."""

    def __init__(self, delivery: Delivery, destination: Destination, action: ForwardAction) -> None:
        """Prepare the forward; nothing is sent yet."""
        self._delivery = delivery
        self._destination = destination
        self._action = action
        self._sent_at, self._started = time.time(), time.perf_counter()
        self._client: HttpClientProtocol | None = None
        self._unsendable_reason: str | None = None

    async def send(self) -> None:
        """Connect and send the request."""
        self._sent_at, self._started = time.time(), time.perf_counter()
        try:
            head = request_head(self._delivery, self._destination)
        except ValueError as error:
            self._unsendable_reason = f"not sent: {error}"
            return
        self._client = HttpClientProtocol(
            self._destination, self._delivery.method, head + self._delivery.body
        )
        await self._client.send()

    async def forward_attempt(self) -> ForwardAttempt:
        """Return the attempt once there is a response or an error."""
        if self._client is None:
            return self.record(ForwardResponse(error=self._unsendable_reason))
        return self.record(await self._client.response())

    def record(self, response: ForwardResponse) -> ForwardAttempt:
        """Return the attempt with this `response`."""
        return ForwardAttempt(
            id=0,
            delivery_id=self._delivery.id,
            action=self._action,
            url=redacted_request_url(self._delivery, self._destination),
            at=self._sent_at,
            seconds=time.perf_counter() - self._started,
            status=response.status,
            headers=response.headers,
            body=response.body,
            truncated=response.truncated,
            error=response.error,
        )
