"""Interface of the store, and `open_store`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from openapi.sqlite_file import StoreBusy, StoreError
from webhook_sink.delivery import Delivery, DeliveryMetadata, ForwardAttempt
from webhook_sink.storage.retention import RetentionLimits, StoreTotals
from webhook_sink.storage.sqlite_store import SqliteStore

__all__ = ["RetentionLimits", "Store", "StoreBusy", "StoreError", "StoreTotals", "open_store"]


class Store(Protocol):
    """Store of deliveries, in the order of storing. From any thread.

    Every method raises `StoreError` if the store cannot be read or written. The store is then
    unchanged and can be used again.
    """

    def append(self, drafts: Sequence[Delivery], *, wait: bool = True) -> tuple[Delivery, ...]:
        """Store all of `drafts` or none; return them with their ids.

        Ids increase in the order of `drafts` and are never reused. The deliveries are durable when
        this returns, unless the store is temporary. Without `wait`, raise `StoreBusy` instead of
        waiting for another writer.
        """
        ...

    def get(self, delivery_id: int) -> Delivery | None:
        """Return the delivery with this id, or None."""
        ...

    def list(
        self, after: int = 0, limit: int | None = None, *, newest_first: bool = False
    ) -> tuple[Delivery, ...]:
        """Return at most `limit` deliveries with an id greater than `after`.

        These are the oldest, oldest first, or with `newest_first` the newest, newest first.
        """
        ...

    def ids(
        self,
        after: int = 0,
        before: int | None = None,
        limit: int | None = None,
        *,
        newest_first: bool = False,
    ) -> tuple[int, ...]:
        """Return at most `limit` ids between `after` and `before`, both excluded; as `list`."""
        ...

    def metadata(self, ids: Sequence[int]) -> tuple[DeliveryMetadata, ...]:
        """Return the metadata of those of these deliveries that are stored, in order."""
        ...

    def add_forward_attempt(self, forward_attempt: ForwardAttempt) -> ForwardAttempt:
        """Store a forward attempt; return it with its id."""
        ...

    def forward_attempts(self, delivery_id: int) -> tuple[ForwardAttempt, ...]:
        """Return all forward attempts of this delivery, oldest first."""
        ...

    def last_forward_outcomes(self, ids: Sequence[int]) -> Mapping[int, str]:
        """Return the outcome of the last forward attempt, by delivery; omit those without one."""
        ...

    def prune(self, retention_limits: RetentionLimits, now: float) -> int:
        """Remove deliveries beyond the limits at `now` (Unix seconds); return their number."""
        ...

    def clear(self) -> int:
        """Remove everything; return the number of deliveries. Their ids are not reused."""
        ...

    def totals(self) -> StoreTotals:
        """Return the totals, in constant time."""
        ...

    def check(self) -> None:
        """Write to the store without a delivery; raise `StoreError` if that fails."""
        ...

    def close(self) -> None:
        """Close the store; it cannot be used afterwards."""
        ...


def open_store(path: Path | None = None) -> Store:
    """Open or create the SQLite file at `path`; raise `StoreError`.

    Without `path` SQLite keeps the deliveries in a temporary file, which no other process can open.
    """
    return SqliteStore(path)
