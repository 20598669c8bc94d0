"""Store of deliveries: the interface that SQLite and PostgreSQL implement."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar, Protocol

from openapi.files.sqlite_file import StoreBusy, StoreError
from webhook_sink.delivery import Delivery, DeliveryMetadata, ForwardAttempt
from webhook_sink.storage.retention import RetentionLimits, StoreTotals

__all__ = ["Store", "StoreBusy", "StoreError", "StoreObserver"]

_READ_COUNT, _READ_BYTES = 100, 1024 * 1024
"""Limits of the deliveries that `Store.read` reads at once; a larger body is read alone."""


class StoreObserver(Protocol):
    """Receiver of the changes that other processes make to a shared store; from any thread."""

    def stored(self, last_id: int) -> None:
        """Note that all deliveries up to the id `last_id` are stored."""
        ...

    def removed(self, ids: Sequence[int] = ()) -> None:
        """Note that these deliveries were removed, or without `ids` that any were."""
        ...

    def changed(self, delivery_id: int) -> None:
        """Note that the forward attempts of this delivery changed."""
        ...

    def missed(self) -> None:
        """Note that some removals and changes may never have been reported."""
        ...


class Store(ABC):
    """Store of deliveries, in the order of storing. From any thread.

    Every method raises `StoreError` if the store cannot be read or written. The store can then be
    used again, and it is unchanged, unless the connection to it broke during a commit.
    """

    is_shared: ClassVar[bool]
    """Whether several processes may store into it; then `observe` reports what others do."""

    @abstractmethod
    def append(self, drafts: Sequence[Delivery], *, wait: bool = True) -> tuple[Delivery, ...]:
        """Store all of `drafts` or none; return them with their ids.

        Ids increase in the order of `drafts` and are never reused. No id becomes visible after a
        greater one, so a reader that continues after the last id that it read misses nothing.
        The deliveries are durable when this returns, unless the store is temporary. Without `wait`,
        raise `StoreBusy` instead of waiting for another writer or for a network.
        """

    @abstractmethod
    def get(self, delivery_id: int) -> Delivery | None:
        """Return the delivery with this id, or None."""

    @abstractmethod
    def get_all(self, ids: Sequence[int]) -> tuple[Delivery, ...]:
        """Return those of these deliveries that are stored, in order."""

    def read(self, ids: Sequence[int]) -> Iterator[Delivery]:
        """Yield those of these deliveries that are stored, in order.

        Small ones are read together, because each read may be a round trip of a network.
        """
        some: list[int] = []
        size = 0
        for head in self.metadata(ids) if ids else ():
            if some and (len(some) == _READ_COUNT or size + head.size > _READ_BYTES):
                yield from self.get_all(some)
                some, size = [], 0
            some.append(head.id)
            size += head.size
        if some:
            yield from self.get_all(some)

    @abstractmethod
    def list(
        self, after: int = 0, limit: int | None = None, *, newest_first: bool = False
    ) -> tuple[Delivery, ...]:
        """Return at most `limit` deliveries with an id greater than `after`.

        These are the oldest, oldest first, or with `newest_first` the newest, newest first.
        """

    @abstractmethod
    def ids(
        self,
        after: int = 0,
        before: int | None = None,
        limit: int | None = None,
        *,
        newest_first: bool = False,
    ) -> tuple[int, ...]:
        """Return at most `limit` ids between `after` and `before`, both excluded; as `list`."""

    @abstractmethod
    def metadata(self, ids: Sequence[int]) -> tuple[DeliveryMetadata, ...]:
        """Return the metadata of those of these deliveries that are stored, in order."""

    @abstractmethod
    def add_forward_attempt(self, forward_attempt: ForwardAttempt) -> ForwardAttempt:
        """Store a forward attempt; return it with its id."""

    @abstractmethod
    def forward_attempts(self, delivery_id: int) -> tuple[ForwardAttempt, ...]:
        """Return all forward attempts of this delivery, oldest first."""

    @abstractmethod
    def last_forward_outcomes(self, ids: Sequence[int]) -> Mapping[int, str]:
        """Return the outcome of the last forward attempt, by delivery; omit those without one."""

    @abstractmethod
    def prune(self, retention_limits: RetentionLimits, now: float) -> int:
        """Remove deliveries beyond the limits at `now` (Unix seconds); return their number.

        Several processes may prune a shared store at once.
        """

    @abstractmethod
    def clear(self) -> int:
        """Remove everything that is stored now; return the number of deliveries.

        Their ids are not reused. Deliveries that are stored in the meantime stay.
        """

    @abstractmethod
    def remove(self, ids: Sequence[int]) -> int:
        """Remove these deliveries; return the number of those that were stored."""

    @abstractmethod
    def shrink(self) -> None:
        """Give the space of removed deliveries back to the system, unless a database does that."""

    @abstractmethod
    def maintain(self) -> None:
        """Do the maintenance that is due; the pruner calls this every second."""

    @abstractmethod
    def totals(self) -> StoreTotals:
        """Return the totals, in constant time."""

    @abstractmethod
    def check(self) -> None:
        """Write to the store without a delivery; raise `StoreError` if that fails."""

    @abstractmethod
    def observe(self, observer: StoreObserver) -> AbstractContextManager[None]:
        """Return a context in which a shared store reports changes of others to `observer`.

        It may also report what this process stored, and removals after a lost connection.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the store; it cannot be used afterwards."""
