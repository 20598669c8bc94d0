"""Worker signals: one worker makes all others write or clear their journals.

A few numbers in shared memory: how often each signal was sent, and for each worker how many of
them it has handled. Each worker polls them several times a second.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableSequence
from typing import Literal

from openapi.files.sqlite_file import StoreError

_LOG = logging.getLogger("hookproof.mock")

Signal = Literal["write", "forget"]

OVERRIDES_SLOT = 0
"""Index of the number that says whether any override is active."""
_SIGNAL_SLOTS: dict[Signal, int] = {"write": 1, "forget": 2}
_FIRST_WORKER_SLOT = 3
SLOT_COUNT = 64
"""Number of shared numbers."""
_POLL_INTERVAL_S = 0.05
_WORKER_TIMEOUT_S = 2.0
"""Seconds to wait for a worker; after that it counts as killed."""


class WorkerSignals:
    """Signals of one worker."""

    def __init__(self, shared: MutableSequence[int], index: int, workers: int) -> None:
        """Use the `shared` numbers as worker `index` of `workers`."""
        self._shared = shared
        self._slot = _FIRST_WORKER_SLOT + index % (SLOT_COUNT - _FIRST_WORKER_SLOT)
        self._index = index
        self._is_single_worker = workers < 2
        self._handled: dict[Signal, int] = {"write": 0, "forget": 0}

    def time_based_id(self) -> int:
        """Return a number that grows with time and is unique among workers; 0 for a single one."""
        if self._is_single_worker:
            return 0
        # Stays below 2**53, the largest exact integer in JavaScript, for some centuries.
        return time.time_ns() // 10_000 * 16 + self._index % 16

    async def broadcast(self, signal: Signal) -> None:
        """Send a signal to all other workers and wait until they have handled it."""
        if self._is_single_worker:
            return
        self._shared[_SIGNAL_SLOTS[signal]] += 1
        self._handled[signal] = self._shared[_SIGNAL_SLOTS[signal]]
        target = self._signal_total()
        loop = asyncio.get_running_loop()
        end = loop.time() + _WORKER_TIMEOUT_S
        while (lagging := self._lagging_slots(target)) and loop.time() < end:
            await asyncio.sleep(_POLL_INTERVAL_S / 4)
        for slot in lagging:
            self._shared[slot] = 0  # a live worker sets it again at its next poll

    def _lagging_slots(self, target: int) -> list[int]:
        others = (slot for slot in range(_FIRST_WORKER_SLOT, SLOT_COUNT) if slot != self._slot)
        return [slot for slot in others if 0 < self._shared[slot] < target]

    def _signal_total(self) -> int:
        return 1 + sum(self._shared[slot] for slot in _SIGNAL_SLOTS.values())

    async def serve(self, handlers: dict[Signal, Callable[[], Awaitable[None]]]) -> None:
        """Handle signals of other workers until cancelled."""
        if self._is_single_worker:
            return
        self._handled = {signal: self._shared[slot] for signal, slot in _SIGNAL_SLOTS.items()}
        try:
            while True:
                requested, target = (
                    {w: self._shared[p] for w, p in _SIGNAL_SLOTS.items()},
                    self._signal_total(),
                )
                for signal in ("forget", "write"):
                    if requested[signal] > self._handled[signal]:
                        self._handled[signal] = requested[signal]
                        # The record of a response that was just sent is made in this turn.
                        await asyncio.sleep(0)
                        try:
                            await handlers[signal]()
                        except StoreError as error:  # a later signal may succeed
                            _LOG.error("a signal from another worker failed: %s", error)
                self._shared[self._slot] = target
                await asyncio.sleep(_POLL_INTERVAL_S)
        finally:
            self._shared[self._slot] = 0
