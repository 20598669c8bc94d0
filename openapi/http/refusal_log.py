"""Refusal log: one line for the first refusal of a kind, then one counted line in each period.

A client can be refused as often as it likes, so that a line for each would fill the disk.
"""

import asyncio
import logging

PERIOD_S = 60.0
"""Shortest time between two lines of one kind."""
STATE_KEY = "hookproof.refusals"
"""Key of the application's `RefusalLog` in its lifespan state, where the protocol finds it."""


class RefusalLog:
    """Log of refusals by kind. For the thread of one event loop."""

    def __init__(self, log: logging.Logger, period_s: float = PERIOD_S) -> None:
        """Write warnings to `log`, of each kind at most one in `period_s`."""
        self._log = log
        self._period_s = period_s
        self._kinds: dict[str, _Repeated] = {}

    def record(self, kind: str, who: str = "", error: BaseException | None = None) -> None:
        """Log the first refusal of a `kind`, and count those that follow within the period.

        `who` is the address of the client. The first line has the traceback of `error`.
        """
        repeated = self._kinds.get(kind)
        if repeated is not None:
            repeated.count += 1
            repeated.who = who
            return
        self._log.warning("%s%s", kind, f", from {who}" if who else "", exc_info=error)
        self._kinds[kind] = _Repeated(self._schedule(kind))

    def close(self) -> None:
        """Log what was counted, and begin again."""
        for kind, repeated in self._kinds.items():
            repeated.timer.cancel()
            self._write(kind, repeated)
        self._kinds.clear()

    def _schedule(self, kind: str) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self._period_s, self._end_period, kind)

    def _end_period(self, kind: str) -> None:
        repeated = self._kinds.pop(kind)
        if repeated.count:
            self._write(kind, repeated)
            self._kinds[kind] = _Repeated(self._schedule(kind))

    def _write(self, kind: str, repeated: "_Repeated") -> None:
        if repeated.count:
            last = f", the last from {repeated.who}" if repeated.who else ""
            self._log.warning("%s: %d more%s", kind, repeated.count, last)


class _Repeated:
    """Refusals of one kind since its last line."""

    def __init__(self, timer: asyncio.TimerHandle) -> None:
        self.timer = timer
        self.count = 0
        self.who = ""
