"""Interface of the store, and the choice between a file and memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from openapi.sqlite_file import StoreBusy, StoreError
from webhook_sink.delivery import Delivery, DeliveryMetadata, ForwardAttempt
from webhook_sink.storage.retention import RetentionLimits, StoreTotals
from webhook_sink.storage.sqlite_store import SqliteStore

__all__ = ["RetentionLimits", "Store", "StoreBusy", "StoreError", "StoreTotals", "open_store"]


class Store(Protocol):
    """Deliveries in the order they were stored. Every method may be called from any thread.

    Every method raises `StoreError` where the store cannot be read or written; it is as it was
    before then, and may be used again.
    """

    def append(self, drafts: Sequence[Delivery], *, wait: bool = True) -> tuple[Delivery, ...]:
        """Store all of `drafts` or none, and return them with the ids they were given.

        Ids count upwards in the order of `drafts` and are never given twice. When it returns, the
        deliveries outlive the process, as far as the store is meant to. With `wait` being false,
        it raises `StoreBusy` instead of waiting for another writer.
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

    def ids(
        self,
        after: int = 0,
        before: int | None = None,
        limit: int | None = None,
        *,
        newest_first: bool = False,
    ) -> tuple[int, ...]:
        """Return at most `limit` ids between `after` and `before`, both left out; as `list`."""
        ...

    def metadata(self, ids: Sequence[int]) -> tuple[DeliveryMetadata, ...]:
        """Return what a list needs of those of these deliveries that are there, in order."""
        ...

    def add_forward_attempt(self, forward_attempt: ForwardAttempt) -> ForwardAttempt:
        """Store an attempt to pass a delivery on, and return it with its id."""
        ...

    def forward_attempts(self, delivery_id: int) -> tuple[ForwardAttempt, ...]:
        """Return every attempt to pass this delivery on, oldest first."""
        ...

    def last_forward_outcomes(self, ids: Sequence[int]) -> Mapping[int, str]:
        """Return the outcome of the last forward of each of these deliveries that has one."""
        ...

    def prune(self, retention_limits: RetentionLimits, now: float) -> int:
        """Remove deliveries beyond the limits at `now` (Unix seconds); return their number."""
        ...

    def clear(self) -> int:
        """Remove everything; return how many deliveries. Their ids are not given again."""
        ...

    def totals(self) -> StoreTotals:
        """Return how much there is; costs the same however much that is."""
        ...

    def check(self) -> None:
        """Return if deliveries can be stored now, which is tried, but for the delivery."""
        ...

    def close(self) -> None:
        """Let go of what the store holds. Nothing can be read any more then."""
        ...


def open_store(path: Path | None = None) -> Store:
    """Open the SQLite file at `path`, made if need be; memory alone if None. `StoreError`.

    What exceeds memory goes to a temporary file of SQLite, which no other process can find.
    """
    return SqliteStore(path)
