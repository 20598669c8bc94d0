"""Deliveries on their way: queued, posted, tried again, every attempt in the log.

Never in the log: bodies, signatures, and more of an address than its origin, because receivers put
secrets into paths and queries.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from openapi.formats import http_date

_LOG = logging.getLogger("hookproof.mock")

ATTEMPTS = 6
FIRST_DELAY = 0.5
"""Seconds before the second attempt; each further delay is twice as long."""
LONGEST_WAIT = 60.0
"""Seconds: a receiver's Retry-After is honoured up to here."""
ATTEMPT_SECONDS = 15.0
OPEN_DELIVERIES = 1000
"""How many deliveries to one receiver may wait, in flight and between attempts included."""
AT_ONCE = 8
"""Attempts to one receiver at the same time."""
_FIELDS = ("delivery", "receiver", "attempt", "outcome")
"""What a line of the log about an attempt says, where the log has fields."""
_READ = 65536
"""Bytes of a receiver's answer that are read, so that its connection serves again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one POST carries, as it stands on the wire."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    attempts: int = ATTEMPTS
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class _Job:
    number: int
    delivery: Delivery
    attempt: int = 1


class Receiver:
    """One URL, its queue, and the tasks that empty it."""

    def __init__(self, url: str) -> None:
        """Take the URL; nothing is sent before `run`."""
        parts = urlsplit(url)
        self._url = url
        self._name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._queue: asyncio.Queue[_Job] = asyncio.Queue()
        self._later: dict[int, asyncio.TimerHandle] = {}
        self.open = 0
        self.dropped = 0

    def offer(self, number: int, delivery: Delivery) -> None:
        """Queue the delivery, or drop it if too many are open. Returns at once."""
        if self.open >= OPEN_DELIVERIES:
            self.dropped += 1
            if self.dropped % 100 == 1:  # a line for each would be the next thing to overflow
                text = "delivery %d to %s dropped, %d so far: %d are open"
                _LOG.warning(text, number, self._name, self.dropped, self.open)
            return
        self.open += 1
        self._queue.put_nowait(_Job(number, delivery))

    async def run(self, client: httpx.AsyncClient) -> None:
        """Make attempts, one after the other, until cancelled."""
        while True:
            job = await self._queue.get()
            outcome, wait = await self._attempt(client, job.delivery)
            prefix = f"delivery {job.number} to {self._name}, attempt {job.attempt}"
            known = (job.number, self._name, job.attempt, outcome)
            fields = {"fields": dict(zip(_FIELDS, known, strict=True))}
            if wait is None:
                _LOG.info("%s: %s", prefix, outcome, extra=fields)
                self.open -= 1
            elif job.attempt >= job.delivery.attempts:
                _LOG.warning("%s: %s; given up", prefix, outcome, extra=fields)
                self.open -= 1
            else:
                delay = max(wait, FIRST_DELAY * 2 ** (job.attempt - 1))
                _LOG.warning("%s: %s; again in %.1f s", prefix, outcome, delay, extra=fields)
                self._again(_Job(job.number, job.delivery, job.attempt + 1), delay)

    def _again(self, job: _Job, delay: float) -> None:
        def due() -> None:
            del self._later[id(job)]
            self._queue.put_nowait(job)

        self._later[id(job)] = asyncio.get_running_loop().call_later(delay, due)

    async def _attempt(
        self, client: httpx.AsyncClient, delivery: Delivery
    ) -> tuple[str, float | None]:
        """Return what happened, and the seconds that the receiver asks to wait; None is success."""
        try:
            async with (
                asyncio.timeout(ATTEMPT_SECONDS),
                client.stream(
                    delivery.method, self._url, headers=delivery.headers, content=delivery.body
                ) as answer,
            ):
                read = 0
                async for chunk in answer.aiter_raw():
                    read += len(chunk)
                    if read > _READ:
                        break
        except Exception as error:  # whatever went wrong: the delivery failed, and the task goes on
            return type(error).__name__, 0.0
        if answer.is_success:
            return str(answer.status_code), None
        return str(answer.status_code), _asked_wait(answer.headers.get("Retry-After", ""))

    def stop(self) -> None:
        """Forget what waits, and say how much that was."""
        for timer in self._later.values():
            timer.cancel()
        if self.dropped:
            _LOG.warning("%d deliveries to %s were dropped", self.dropped, self._name)
        if self.open:
            _LOG.warning("%d deliveries to %s abandoned: the mock stops", self.open, self._name)


def _asked_wait(value: str) -> float:
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_WAIT)
    moment = http_date(value) if value else None
    return min(max(moment.timestamp() - time.time(), 0.0), LONGEST_WAIT) if moment else 0.0


class Sender:
    """All receivers. Between `start` and `stop` it delivers; before, deliveries wait."""

    def __init__(self, urls: Iterable[str]) -> None:
        """Take the URLs that every delivery goes to."""
        self.receivers = [Receiver(url) for url in urls]
        self._client: httpx.AsyncClient | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._number = 0

    def offer(self, delivery: Delivery) -> None:
        """Queue the delivery for every receiver. Returns at once."""
        self._number += 1
        for receiver in self.receivers:
            receiver.offer(self._number, delivery)

    def start(self) -> None:
        """Begin to deliver, on the running loop."""
        if not self.receivers:
            return
        # httpx would log every URL in full.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        # No proxies from the environment, no redirects: a delivery goes where it was told to go.
        self._client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(10.0, connect=5.0),
            headers={"User-Agent": "hookproof-mock"},
        )
        for receiver in self.receivers:
            self._tasks += [asyncio.create_task(receiver.run(self._client)) for _ in range(AT_ONCE)]

    async def stop(self) -> None:
        """End at once; what is still open is abandoned, and said in the log."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for receiver in self.receivers:
            receiver.stop()
        if self._client is not None:
            await self._client.aclose()
