"""Body budget: limits the memory of all bodies that are being received or stored.

Without it, clients that send the beginning of many bodies could fill the memory.
"""

import asyncio
import ctypes

STATE_KEY = "hookproof.bodies"
"""Key of the application's `BodyBudget` in its lifespan state, where the protocol finds it."""
FREE_BYTES = 16 * 1024
"""Bytes of each body that do not count, so that many large bodies do not keep out an event."""
_TRIMMED_BYTES = 8 * 1024 * 1024
"""Bytes in use, after which the freed memory is given back to the system."""
_TRIM_DELAY_S = 0.5
_LAST_TRIM_DELAY_S = 5.0
"""Seconds until memory is given back once more: on a busy machine, the application may still hold a
body when its bytes are back in the budget."""


class BodyBudget:
    """Bytes of bodies that all connections of one event loop may hold."""

    def __init__(self, max_bytes: int) -> None:
        """Allow `max_bytes` at one time."""
        self.max_bytes = max_bytes
        self._used = self._peak = 0
        self._is_trim_due = False

    def take(self, count: int) -> bool:
        """Take `count` bytes; return False, and take none, if that exceeds the limit."""
        if self._used + count > self.max_bytes:
            return False
        self._used += count
        self._peak = max(self._peak, self._used)
        return True

    def give_back(self, count: int) -> None:
        """Give back bytes that were taken."""
        self._used -= count
        if self._peak > _TRIMMED_BYTES and not self._is_trim_due:
            self._is_trim_due = True
            asyncio.get_running_loop().call_later(_TRIM_DELAY_S, self._trim)

    def _trim(self) -> None:
        """Give freed memory back to the system; the C library keeps it, in pieces, for later."""
        self._is_trim_due = False
        if self._used <= self._peak // 2:
            self._peak = self._used
            _give_memory_back()
            asyncio.get_running_loop().call_later(_LAST_TRIM_DELAY_S, _give_memory_back)


def _give_memory_back() -> None:
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return  # only the GNU C library has it
    trim(0)
