"""One attempt to pass a delivery on, from the delivery to its record."""

import time

from webhook_sink.delivery import Delivery, Passed, Why
from webhook_sink.destination import Destination
from webhook_sink.forwarding.http_client import Sending
from webhook_sink.forwarding.request_head import head_of, url_of
from webhook_sink.forwarding.response_reader import Received


class Attempt:
    """`go`, and then `passed`: between the two others may set out."""

    def __init__(self, delivery: Delivery, destination: Destination, why: Why) -> None:
        """Nothing is sent yet."""
        self._delivery = delivery
        self._destination = destination
        self._why = why
        self._at, self._begun = time.time(), time.perf_counter()
        self._sending: Sending | None = None
        self._refused: str | None = None

    async def go(self) -> None:
        """Send all that there is to send."""
        self._at, self._begun = time.time(), time.perf_counter()
        try:
            head = head_of(self._delivery, self._destination)
        except ValueError as error:
            self._refused = f"not sent: {error}"
            return
        self._sending = Sending(
            self._destination, self._delivery.method, head + self._delivery.body
        )
        await self._sending.go()

    async def passed(self) -> Passed:
        """Return what came of it."""
        if self._sending is None:
            return self.record(Received(error=self._refused))
        return self.record(await self._sending.received())

    def record(self, received: Received) -> Passed:
        """Return the record of this attempt, with what was `received`."""
        return Passed(
            id=0,
            delivery_id=self._delivery.id,
            why=self._why,
            url=url_of(self._delivery, self._destination),
            at=self._at,
            seconds=time.perf_counter() - self._begun,
            status=received.status,
            headers=received.headers,
            body=received.body,
            truncated=received.truncated,
            error=received.error,
        )
