"""Word of what changed beside new deliveries: for the pages that are open."""

import threading
from collections import deque
from dataclasses import dataclass

from webhook_sink.arrivals import Arrivals

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """Something to look at again."""

    number: int
    """Counts from 1."""
    delivery_id: int | None
    """The delivery; None is all of them."""


class News:
    """The latest changes. From any thread."""

    def __init__(self) -> None:
        """Know of no change yet."""
        self._lock = threading.Lock()
        self._changes: deque[Change] = deque(maxlen=_MOST)
        self.arrivals = Arrivals()
        """Hears of the number of each change."""

    def tell(self, delivery_id: int | None = None) -> None:
        """Tell that more is known of a delivery, or that many are gone."""
        with self._lock:
            number = self.arrivals.last + 1
            self._changes.append(Change(number, delivery_id))
            self.arrivals.announce(number)

    def since(self, number: int) -> tuple[Change, ...]:
        """Return the changes after the one with this number; where too many came, that all did."""
        with self._lock:
            found = tuple(change for change in self._changes if change.number > number)
            missed = self.arrivals.last - number - len(found)
        return (Change(self.arrivals.last, None),) if missed > 0 else found
