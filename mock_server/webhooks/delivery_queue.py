"""One receiver of webhooks: its queue, within bounds, and the attempts of what is in it.

Never in the log: bodies, signatures, and more of an address than its origin, because receivers put
secrets into paths and queries.

All receivers of webhooks, and the records of what goes to them."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import httpx

from mock_server.messages import ATTEMPTS, Delivery
from mock_server.webhooks.http_client import Outcome, attempt, client

_LOG = logging.getLogger("hookproof.mock")

FIRST_DELAY = 0.5
"""Seconds before the second attempt; each further delay is twice as long."""
OPEN_DELIVERIES = 1000
"""How many deliveries to one receiver may wait, in flight and between attempts included."""
OPEN_BYTES = 16 * 1024 * 1024
"""How large they may be together."""
_FIELDS = ("delivery", "receiver", "attempt", "outcome")
"""What a line of the log about an attempt says, where the log has fields."""
AT_ONCE = 8
"""Attempts to one receiver at the same time."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be delivered to one receiver."""

    id: int
    """Of its record in the journal."""
    number: int
    """What the log calls it."""
    size: int
    """Bytes that it keeps in memory."""
    make: Callable[[float], Delivery]
    """Makes the delivery for an attempt at this moment, in Unix seconds."""
    redelivered: bool = False
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt that was made, or the end of one that will not be."""

    parcel: Parcel
    outcome: Outcome | None
    """None: the mock has stopped before."""
    next: str
    """`delivered`, `again`, `given up` or `abandoned`."""
    delay: float | None = None
    """Seconds until the next attempt."""


class Receiver:
    """One URL, its queue, and the tasks that empty it."""

    def __init__(self, url: str, tell: Callable[[Tried], None]) -> None:
        """`tell` hears of every attempt; nothing is sent before `run`."""
        parts = urlsplit(url)
        self._url = url
        self._tell = tell
        self.origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._queue: asyncio.Queue[Parcel] = asyncio.Queue()
        self._open: dict[int, Parcel] = {}
        self._later: dict[int, asyncio.TimerHandle] = {}
        self._bytes = 0
        self.dropped = 0

    @property
    def open(self) -> int:
        """How many deliveries are in the queue, in flight, or between attempts."""
        return len(self._open)

    def offer(self, parcel: Parcel) -> bool:
        """Queue the delivery; False: too much is open, and it is dropped. Returns at once."""
        if self.open >= OPEN_DELIVERIES or self._bytes + parcel.size > OPEN_BYTES:
            self.dropped += 1
            if self.dropped % 100 == 1:  # a line for each would be the next thing to overflow
                text = "delivery %d to %s dropped, %d so far: %d are open"
                _LOG.warning(text, parcel.number, self.origin, self.dropped, self.open)
            return False
        self._open[id(parcel)] = parcel
        self._bytes += parcel.size
        self._queue.put_nowait(parcel)
        return True

    async def run(self, http: httpx.AsyncClient) -> None:
        """Make attempts, one after the other, until cancelled."""
        while True:
            parcel = await self._queue.get()
            outcome = await attempt(http, self._url, parcel.make)
            self._settle(parcel, outcome)

    def _settle(self, parcel: Parcel, outcome: Outcome) -> None:
        most = outcome.delivery.attempts if outcome.delivery else ATTEMPTS
        self._close(parcel)
        if outcome.wait is None:
            tried, comes = Tried(parcel, outcome, "delivered"), ""
        elif parcel.attempt >= most:
            tried, comes = Tried(parcel, outcome, "given up"), "; given up"
        else:
            delay = max(outcome.wait, FIRST_DELAY * 2 ** (parcel.attempt - 1))
            tried, comes = Tried(parcel, outcome, "again", delay), f"; again in {delay:.1f} s"
            self._again(replace(parcel, attempt=parcel.attempt + 1), delay)
        known = (parcel.number, self.origin, parcel.attempt, outcome.text)
        _LOG.log(
            logging.WARNING if comes else logging.INFO,
            "delivery %d to %s, attempt %d: %s%s",
            *known,
            comes,
            extra={"fields": dict(zip(_FIELDS, known, strict=True))},
        )
        self._tell(tried)

    def _close(self, parcel: Parcel) -> None:
        del self._open[id(parcel)]
        self._bytes -= parcel.size

    def _again(self, parcel: Parcel, delay: float) -> None:
        def due() -> None:
            del self._later[id(parcel)]
            self._queue.put_nowait(parcel)

        self._open[id(parcel)] = parcel
        self._bytes += parcel.size
        self._later[id(parcel)] = asyncio.get_running_loop().call_later(delay, due)

    def stop(self, reason: str) -> None:
        """Forget what waits, and say how much that was."""
        for timer in self._later.values():
            timer.cancel()
        for parcel in self._open.values():
            self._tell(Tried(parcel, None, "abandoned"))
        if self.dropped:
            _LOG.warning("%d deliveries to %s were dropped", self.dropped, self.origin)
        if self.open:
            _LOG.warning("%d deliveries to %s abandoned: %s", self.open, self.origin, reason)


Tell = Callable[[Tried], None]


class Sender:
    """Between `start` and `stop` it delivers; before, deliveries wait."""

    def __init__(self, urls: Iterable[str], tell: Tell) -> None:
        """Take the URLs that every delivery goes to; `tell` hears of every attempt."""
        self._urls = tuple(urls)
        self._tell = tell
        self.receivers = self._made()
        self._client: httpx.AsyncClient | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def _made(self) -> list[Receiver]:
        return [Receiver(url, self._tell) for url in self._urls]

    def start(self) -> None:
        """Begin to deliver, on the running loop."""
        if not self.receivers:
            return
        # httpx would log every URL in full.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._client = client()
        for receiver in self.receivers:
            self._tasks += [asyncio.create_task(receiver.run(self._client)) for _ in range(AT_ONCE)]

    async def forget(self) -> None:
        """Abandon what is open, and go on with empty queues."""
        await self.stop("the mock is reset")
        self.receivers = self._made()
        self.start()

    async def stop(self, reason: str = "the mock stops") -> None:
        """End at once; what is still open is abandoned, and said in the log."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._client is not None:
            await self._client.aclose()
        for receiver in self.receivers:
            receiver.stop(reason)
