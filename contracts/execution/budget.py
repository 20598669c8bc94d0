"""Budget of a run: requests and seconds, shared equally over the operations.

The share of an operation is computed at its start from what is left, so that the others get what it
leaves unused. First of all, each operation gets its plain valid request, as far as the budget goes.
"""

import time
from collections.abc import Callable, Sequence
from itertools import accumulate

from contracts.model.errors import RunStopped


class Budget:
    """Requests and seconds of a run, and the share of the current operation."""

    def __init__(
        self,
        max_requests: int | None,
        max_time: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the limits, None for no limit; the seconds count from now or from `start`."""
        self._max_requests = max_requests
        self._max_time = max_time
        self._clock = clock
        self._sent = 0
        self._last = max_requests
        """Number of the last request of the current operation, or None."""
        self._guaranteed = 0
        """Number of the last request that only the end of the whole time prevents."""
        self.start()

    def start(self) -> None:
        """Count the seconds from now."""
        self._end = None if self._max_time is None else self._clock() + self._max_time
        self._share_end = self._end

    def reachable(self, needs: Sequence[int]) -> frozenset[int]:
        """Return the indexes of the operations that get their plain valid request.

        `needs` has the number of requests for that, by operation. Those that need few come first,
        so that these are as many as possible.
        """
        cheapest = sorted(range(len(needs)), key=needs.__getitem__)
        totals = accumulate(needs[index] for index in cheapest)
        most = self._max_requests
        return frozenset(
            index
            for index, total in zip(cheapest, totals, strict=True)
            if most is None or total <= most
        )

    def share(self, need: int, operations: int, total_need: int) -> None:
        """Give the next operation, which needs `need` requests, its share.

        `operations` is the number of operations that are left, with this one, and `total_need` what
        all of them need.
        """
        if self._max_requests is not None:
            left = self._max_requests - self._sent
            surplus = max(left - total_need, 0)
            self._last = self._sent + min(left, need + surplus // operations)
        if self._end is not None:
            now = self._clock()
            self._share_end = now + max(self._end - now, 0.0) / operations
        self._guaranteed = self._sent + need

    def share_rest(self) -> None:
        """Give all that is left to what follows."""
        self.share(0, 1, 0)

    def take(self) -> None:
        """Count one request; raise `RunStopped` if it is beyond the share or the whole."""
        if self._last is not None and self._sent >= self._last:
            most = f"{self._max_requests} requests"
            is_whole = self._sent == self._max_requests
            done = f"{most} were sent" if is_whole else f"its share of {most} was sent"
            raise RunStopped(f"{done} (--max-requests)", intentional=True)
        self.require_seconds(0.0)
        self._sent += 1

    def require_seconds(self, seconds: float) -> None:
        """Raise `RunStopped` if the time of the share or of the whole ends within `seconds`."""
        if self._end is None or self._share_end is None:
            return
        then = self._clock() + seconds
        most = f"{self._max_time:g} s"
        if then >= self._end:
            raise RunStopped(f"{most} have passed (--max-time)", intentional=True)
        if then >= self._share_end and self._sent >= self._guaranteed:
            raise RunStopped(f"its share of {most} has passed (--max-time)", intentional=True)
