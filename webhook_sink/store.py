"""Where deliveries are kept: the interface, and the choice between a file and memory."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from webhook_sink.delivery import Delivery
from webhook_sink.memory_store import MemoryStore
from webhook_sink.sqlite_store import SqliteStore, StoreError

__all__ = ["Store", "StoreError", "open_store"]


class Store(Protocol):
    """Deliveries in the order they were stored. Every method may be called from any thread."""

    def append(self, drafts: Sequence[Delivery]) -> tuple[Delivery, ...]:
        """Store all of `drafts` or none, and return them with the ids they were given.

        Ids count upwards in the order of `drafts` and are never given twice. When it returns, the
        deliveries outlive the process, as far as the store is meant to. Raises `StoreError`, after
        which the store is as it was before and may be used again.
        """
        ...

    def get(self, delivery_id: int) -> Delivery | None:
        """Return the delivery with this id, exactly as it was stored, or None."""
        ...

    def list(
        self, after: int = 0, limit: int | None = None, *, newest_first: bool = False
    ) -> tuple[Delivery, ...]:
        """Return at most `limit` deliveries with an id greater than `after`.

        The oldest of them, oldest first; or the newest of them, newest first.
        """
        ...

    def close(self) -> None:
        """Let go of what the store holds. A file's deliveries cannot be read any more then."""
        ...


def open_store(path: Path | None = None) -> Store:
    """Open the SQLite file at `path`, made if need be; memory alone if None. `StoreError`."""
    return MemoryStore() if path is None else SqliteStore(path)
