"""Notifications of new deliveries, and the change feed of open pages, for threads and asyncio."""

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


class SequenceNotifier:
    """Greatest announced id; threads and coroutines can wait for a greater one."""

    def __init__(self) -> None:
        """Begin at 0; deliveries that a store already has are not announced."""
        self._last = 0
        self._closed = False
        self._condition = threading.Condition()
        self._wakers: set[Callable[[], object]] = set()

    def announce(self, last: int) -> None:
        """Announce that all ids up to `last` are stored; wake all waiters. From any thread."""
        with self._condition:
            self._last = max(self._last, last)
            self._condition.notify_all()
            wakers, self._wakers = self._wakers, set()
        for wake in wakers:
            wake()

    @property
    def last(self) -> int:
        """Greatest announced id."""
        return self._last

    def close(self) -> None:
        """Wake all threads; later calls of `wait` return at once."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def wait(self, after: int, timeout: float) -> bool:
        """Block until an id greater than `after` is announced; False after `timeout` seconds.

        Return False at once if the notifier is closed.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._last > after, timeout)
            return self._last > after

    async def wait_async(self, after: int) -> None:
        """Return once an id greater than `after` is announced."""
        loop = asyncio.get_running_loop()
        while True:
            woken = asyncio.Event()

            def wake(woken: asyncio.Event = woken) -> None:
                loop.call_soon_threadsafe(woken.set)

            with self._condition:
                if self._last > after:
                    return
                self._wakers.add(wake)
            try:
                await woken.wait()
            finally:
                with self._condition:
                    self._wakers.discard(wake)


async def wait_for_any(
    *events: Awaitable[object], timeout: float | None = None
) -> tuple[bool, ...]:
    """Wait until one of `events` or `timeout` seconds are over; return for each whether it is done.

    The others are cancelled.
    """
    waiters = [asyncio.ensure_future(event) for event in events]
    try:
        await asyncio.wait(waiters, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        return tuple(waiter.done() for waiter in waiters)
    finally:
        for waiter in waiters:
            waiter.cancel()


_MAX_CHANGES = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """Change of one delivery, or of all."""

    number: int
    """Counts from 1."""
    delivery_id: int | None
    """None for all deliveries."""


class ChangeFeed:
    """Latest changes. From any thread."""

    def __init__(self) -> None:
        """Begin without changes."""
        self._lock = threading.Lock()
        self._changes: deque[Change] = deque(maxlen=_MAX_CHANGES)
        self.arrivals = SequenceNotifier()
        """Announces the number of each change."""

    def publish(self, delivery_id: int | None = None) -> None:
        """Publish a change of this delivery, or of all."""
        with self._lock:
            number = self.arrivals.last + 1
            self._changes.append(Change(number, delivery_id))
            self.arrivals.announce(number)

    def changes_since(self, number: int) -> tuple[Change, ...]:
        """Return the changes after this number, or one change of all if some were dropped."""
        with self._lock:
            found = tuple(change for change in self._changes if change.number > number)
            missed = self.arrivals.last - number - len(found)
        return (Change(self.arrivals.last, None),) if missed > 0 else found
