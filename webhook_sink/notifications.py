"""Notifications of new deliveries, and the change feed for open pages.

Threads and the event loop can both wait.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


class SequenceNotifier:
    """The greatest id that was stored, and who waits for a greater one."""

    def __init__(self) -> None:
        """Know of no delivery yet: what a store already holds is for the store to say."""
        self._last = 0
        self._closed = False
        self._condition = threading.Condition()
        self._wakers: set[Callable[[], object]] = set()

    def announce(self, last: int) -> None:
        """Wake everybody: all deliveries up to the id `last` are stored. From any thread."""
        with self._condition:
            self._last = max(self._last, last)
            self._condition.notify_all()
            wakers, self._wakers = self._wakers, set()
        for wake in wakers:
            wake()

    @property
    def last(self) -> int:
        """The greatest id that was announced."""
        return self._last

    def close(self) -> None:
        """Let no thread wait any longer, now and from now on."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def wait(self, after: int, timeout: float) -> bool:
        """Block until an id greater than `after` is announced; False after `timeout` seconds.

        False at once where nothing can be announced any more.
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


_MAX_CHANGES = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """Something to look at again."""

    number: int
    """Counts from 1."""
    delivery_id: int | None
    """The delivery; None is all of them."""


class ChangeFeed:
    """The latest changes. From any thread."""

    def __init__(self) -> None:
        """Know of no change yet."""
        self._lock = threading.Lock()
        self._changes: deque[Change] = deque(maxlen=_MAX_CHANGES)
        self.arrivals = SequenceNotifier()
        """Hears of the number of each change."""

    def publish(self, delivery_id: int | None = None) -> None:
        """Tell that more is known of a delivery, or that many are gone."""
        with self._lock:
            number = self.arrivals.last + 1
            self._changes.append(Change(number, delivery_id))
            self.arrivals.announce(number)

    def changes_since(self, number: int) -> tuple[Change, ...]:
        """Return the changes after the one with this number; where too many came, that all did."""
        with self._lock:
            found = tuple(change for change in self._changes if change.number > number)
            missed = self.arrivals.last - number - len(found)
        return (Change(self.arrivals.last, None),) if missed > 0 else found
