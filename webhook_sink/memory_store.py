"""Deliveries in memory: for tests and for looking, gone with the process."""

import threading
from collections.abc import Sequence
from dataclasses import replace

from webhook_sink.delivery import Delivery


class MemoryStore:
    """A `webhook_sink.store.Store` without a file."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._deliveries: list[Delivery] = []
        self._lock = threading.Lock()

    def append(self, drafts: Sequence[Delivery]) -> tuple[Delivery, ...]:
        """See `Store.append`; never fails."""
        with self._lock:
            first = len(self._deliveries) + 1
            kept = tuple(replace(draft, id=first + n) for n, draft in enumerate(drafts))
            self._deliveries.extend(kept)
        return kept

    def get(self, delivery_id: int) -> Delivery | None:
        """See `Store.get`."""
        with self._lock:
            known = 0 < delivery_id <= len(self._deliveries)
            return self._deliveries[delivery_id - 1] if known else None

    def list(
        self, after: int = 0, limit: int | None = None, *, newest_first: bool = False
    ) -> tuple[Delivery, ...]:
        """See `Store.list`."""
        with self._lock:
            found = self._deliveries[max(after, 0) :]
        return tuple(found[::-1] if newest_first else found)[:limit]

    def close(self) -> None:
        """Do nothing: memory needs no closing, and may still be read."""
