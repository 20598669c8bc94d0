"""What one worker of a mock asks of all the others: to write their journal down, or to forget.

A few numbers of memory that the processes share: how often each was asked for, and for every
worker how much of that it has done. A worker looks a few times a second.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, MutableSequence
from typing import Literal

from mock_server.storage.database import StateError

_LOG = logging.getLogger("hookproof.mock")

Wish = Literal["write", "forget"]

SWITCHES = 0
"""The place of the number that says whether any switch is on, see `mock_server.switches`."""
_ASKED: dict[Wish, int] = {"write": 1, "forget": 2}
_FIRST = 3
PLACES = 64
"""How many numbers are shared."""
_LOOKS = 0.05
"""Seconds between two looks."""
_PATIENCE = 2.0
"""Seconds that a worker is waited for; one that was killed does nothing any more."""


class Bell:
    """The bell of one worker."""

    def __init__(self, shared: MutableSequence[int], index: int, workers: int) -> None:
        """Take the `shared` numbers and which of how many `workers` this is."""
        self._shared = shared
        self._place = _FIRST + index % (PLACES - _FIRST)
        self._index = index
        self._alone = workers < 2
        self._done: dict[Wish, int] = {"write": 0, "forget": 0}

    def moment(self) -> int:
        """Return a number that grows with the time and that no other worker has; 0 if alone."""
        if self._alone:
            return 0
        # Below 2**53, which JavaScript reads exactly, for some centuries.
        return time.time_ns() // 10_000 * 16 + self._index % 16

    async def ring(self, wish: Wish) -> None:
        """Ask all others, and return once they have done it."""
        if self._alone:
            return
        self._shared[_ASKED[wish]] += 1
        self._done[wish] = self._shared[_ASKED[wish]]
        wanted = self._asked()
        loop = asyncio.get_running_loop()
        end = loop.time() + _PATIENCE
        while (late := self._behind(wanted)) and loop.time() < end:
            await asyncio.sleep(_LOOKS / 4)
        for place in late:
            self._shared[place] = 0  # one that lives comes back with its next look

    def _behind(self, wanted: int) -> list[int]:
        others = (place for place in range(_FIRST, PLACES) if place != self._place)
        return [place for place in others if 0 < self._shared[place] < wanted]

    def _asked(self) -> int:
        return 1 + sum(self._shared[place] for place in _ASKED.values())

    async def answer(self, does: dict[Wish, Callable[[], Awaitable[None]]]) -> None:
        """Do what others ask for, until cancelled."""
        if self._alone:
            return
        self._done = {wish: self._shared[place] for wish, place in _ASKED.items()}
        try:
            while True:
                asked, wanted = {w: self._shared[p] for w, p in _ASKED.items()}, self._asked()
                for wish in ("forget", "write"):
                    if asked[wish] > self._done[wish]:
                        self._done[wish] = asked[wish]
                        try:
                            await does[wish]()
                        except (StateError, sqlite3.Error) as error:  # the next wish may be granted
                            _LOG.error("what another worker asked for failed: %s", error)
                self._shared[self._place] = wanted
                await asyncio.sleep(_LOOKS)
        finally:
            self._shared[self._place] = 0
