"""Delivery queues: one bounded queue for each receiver, with the attempts and their retry policy.

The log contains no bodies, no signatures, and only the origin of a URL: paths and queries may
contain secrets.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import httpx

from mock_server.fault import ACCEPTED
from mock_server.messages import MAX_ATTEMPTS, WebhookRequest
from mock_server.webhooks.http_client import AttemptOutcome, create_client, send_attempt
from openapi.http.tls import uses_tls

_LOG = logging.getLogger("hookproof.mock")

FIRST_RETRY_DELAY_S = 0.5
"""Seconds before the second attempt; each further delay is twice as long."""
MAX_OPEN_DELIVERIES = 1000
MAX_OPEN_BYTES = 16 * 1024 * 1024
_LOG_FIELDS = ("delivery", "receiver", "attempt", "outcome")
"""Fields of a log line about an attempt."""
CONCURRENT_ATTEMPTS = 8
MAX_BACKLOG = 200
"""Deliveries to one receiver that no attempt has begun for, above which requests wait."""
MAX_BACKLOG_WAIT_S = 1.0
"""Maximum wait of a request: a receiver that hangs must not stop the mock."""
_BACKLOG_PAUSE_S = 0.01


@dataclass(frozen=True, slots=True)
class QueuedDelivery:
    """Delivery to one receiver."""

    id: int
    """Id of its record in the journal."""
    number: int
    """Number of the event, for the log."""
    size: int
    """Size of the payload in bytes."""
    build_request: Callable[[float], WebhookRequest]
    """Builder of the request for an attempt at a time in Unix seconds."""
    url: str
    """URL of the attempts."""
    expected_response: str = ACCEPTED
    """Response of a right receiver, see `mock_server.fault`."""
    redelivered: bool = False
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class AttemptReport:
    """Report of an attempt, or of a cancelled delivery."""

    queued_delivery: QueuedDelivery
    outcome: AttemptOutcome | None
    """None if the mock stopped before the attempt."""
    next: str
    """`delivered`, `retry`, `failed` or `cancelled`."""
    delay: float | None = None
    """Seconds until the next attempt."""


def origin_of(url: str) -> str:
    """Return scheme, host and port of `url`: paths, queries and user names may be secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class DeliveryQueue:
    """Queue of one receiver, and the tasks that process it."""

    def __init__(self, url: str, on_attempt: Callable[[AttemptReport], None]) -> None:
        """Call `on_attempt` after each attempt; nothing is sent before `run`."""
        self.url = url
        self._on_attempt = on_attempt
        self.origin = origin_of(url)
        self._queue: asyncio.Queue[QueuedDelivery] = asyncio.Queue()
        self._open: dict[int, QueuedDelivery] = {}
        self._retry_timers: dict[int, asyncio.TimerHandle] = {}
        self._bytes = 0
        self.dropped = 0

    @property
    def open(self) -> int:
        """Number of deliveries that are queued, in flight, or waiting for a retry."""
        return len(self._open)

    @property
    def backlog(self) -> int:
        """Number of deliveries that wait for an attempt which could begin now."""
        return self._queue.qsize()

    def enqueue(self, queued_delivery: QueuedDelivery) -> bool:
        """Queue the delivery and return at once; drop it and return False if the queue is full."""
        if self.open >= MAX_OPEN_DELIVERIES or self._bytes + queued_delivery.size > MAX_OPEN_BYTES:
            self.dropped += 1
            if self.dropped % 100 == 1:  # a line for each would flood the log
                text = "delivery %d to %s dropped, %d so far: %d are pending"
                _LOG.warning(text, queued_delivery.number, self.origin, self.dropped, self.open)
            return False
        self._open[id(queued_delivery)] = queued_delivery
        self._bytes += queued_delivery.size
        self._queue.put_nowait(queued_delivery)
        return True

    async def run(self, http: httpx.AsyncClient) -> None:
        """Send queued deliveries one by one until cancelled."""
        while True:
            queued_delivery = await self._queue.get()
            outcome = await send_attempt(http, queued_delivery.url, queued_delivery.build_request)
            self._handle_outcome(queued_delivery, outcome)

    def _handle_outcome(self, queued_delivery: QueuedDelivery, outcome: AttemptOutcome) -> None:
        max_attempts = (
            outcome.webhook_request.max_attempts if outcome.webhook_request else MAX_ATTEMPTS
        )
        self._remove_open(queued_delivery)
        if outcome.retry_after_s is None:
            report, next_step = AttemptReport(queued_delivery, outcome, "delivered"), ""
        elif queued_delivery.attempt >= max_attempts:
            report, next_step = AttemptReport(queued_delivery, outcome, "failed"), "; no retry left"
        else:
            delay = max(
                outcome.retry_after_s, FIRST_RETRY_DELAY_S * 2 ** (queued_delivery.attempt - 1)
            )
            report, next_step = (
                AttemptReport(queued_delivery, outcome, "retry", delay),
                f"; retry in {delay:.1f} s",
            )
            self._schedule_retry(
                replace(queued_delivery, attempt=queued_delivery.attempt + 1), delay
            )
        origin = origin_of(queued_delivery.url)
        known = (queued_delivery.number, origin, queued_delivery.attempt, outcome.text)
        _LOG.log(
            logging.WARNING if next_step else logging.INFO,
            "delivery %d to %s, attempt %d: %s%s",
            *known,
            next_step,
            extra={"fields": dict(zip(_LOG_FIELDS, known, strict=True))},
        )
        self._on_attempt(report)

    def _remove_open(self, queued_delivery: QueuedDelivery) -> None:
        del self._open[id(queued_delivery)]
        self._bytes -= queued_delivery.size

    def _schedule_retry(self, queued_delivery: QueuedDelivery, delay: float) -> None:
        def retry() -> None:
            del self._retry_timers[id(queued_delivery)]
            self._queue.put_nowait(queued_delivery)

        self._open[id(queued_delivery)] = queued_delivery
        self._bytes += queued_delivery.size
        self._retry_timers[id(queued_delivery)] = asyncio.get_running_loop().call_later(
            delay, retry
        )

    def stop(self, reason: str) -> None:
        """Cancel the pending deliveries and log their number."""
        for timer in self._retry_timers.values():
            timer.cancel()
        for queued_delivery in self._open.values():
            self._on_attempt(AttemptReport(queued_delivery, None, "cancelled"))
        if self.dropped:
            _LOG.warning("%d deliveries to %s were dropped", self.dropped, self.origin)
        if self.open:
            _LOG.warning("%d deliveries to %s cancelled: %s", self.open, self.origin, reason)


class DeliveryQueues:
    """Queues of all receivers. They send between `start` and `stop`; deliveries wait before."""

    def __init__(self, urls: Iterable[str], on_attempt: Callable[[AttemptReport], None]) -> None:
        """Create a queue for each URL; call `on_attempt` after each attempt."""
        self._urls = tuple(urls)
        self._on_attempt = on_attempt
        self.receivers = self._create_queues()
        self._callbacks: DeliveryQueue | None = None
        self._clients: list[httpx.AsyncClient] = []
        self._tasks: list[asyncio.Task[None]] = []

    def _create_queues(self) -> list[DeliveryQueue]:
        return [DeliveryQueue(url, self._on_attempt) for url in self._urls]

    def start(self) -> None:
        """Start to send, on the running event loop."""
        if self.receivers:
            self._run(self.receivers, tls=any(map(uses_tls, self._urls)))

    @property
    def is_behind(self) -> bool:
        """Whether the receivers take deliveries more slowly than requests trigger them."""
        return any(queue.backlog > MAX_BACKLOG for queue in self.receivers)

    async def catch_up(self) -> None:
        """Wait while the queues are behind, up to a limit, so that load makes them drop nothing."""
        until = time.monotonic() + MAX_BACKLOG_WAIT_S
        while self.is_behind and time.monotonic() < until:
            await asyncio.sleep(_BACKLOG_PAUSE_S)

    def callbacks(self) -> DeliveryQueue:
        """Return the queue of the callbacks, whose URLs the requests give; start it if needed."""
        if self._callbacks is None:
            self._callbacks = DeliveryQueue("", self._on_attempt)
            self._run([self._callbacks], tls=True)
        return self._callbacks

    def _run(self, queues: Iterable[DeliveryQueue], *, tls: bool) -> None:
        # httpx logs every URL in full.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        client = create_client(tls)
        self._clients.append(client)
        self._tasks += [
            asyncio.create_task(queue.run(client))
            for queue in queues
            for _ in range(CONCURRENT_ATTEMPTS)
        ]

    async def forget(self) -> None:
        """Cancel the pending deliveries and continue with empty queues."""
        await self.stop("the mock is reset")
        self.receivers = self._create_queues()
        self.start()

    async def stop(self, reason: str = "the mock stops") -> None:
        """Stop at once: cancel and log the pending deliveries."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for client in self._clients:
            await client.aclose()
        self._clients = []
        for queue in (*self.receivers, self._callbacks):
            if queue is not None:
                queue.stop(reason)
        self._callbacks = None
