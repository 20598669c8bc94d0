"""Retention limits of a store, and its totals."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """How much is kept; None is without bound. What is beyond goes, the oldest first."""

    count: int | None = None
    """Deliveries."""
    age: float | None = None
    """Seconds since they came."""
    size: int | None = None
    """Bytes of bodies and headers."""

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return (self.count, self.age, self.size) != (None, None, None)

    def __str__(self) -> str:
        """Return them for people."""
        said = ((self.count, "deliveries"), (self.age, "seconds"), (self.size, "bytes"))
        return " or ".join(f"{value:.12g} {unit}" for value, unit in said if value is not None)


@dataclass(frozen=True, slots=True)
class StoreTotals:
    """How much a store holds."""

    count: int
    """Deliveries."""
    size: int
    """Bytes of bodies and headers."""
    removed: int
    """Deliveries removed by retention since the store was created or cleared."""


@dataclass(frozen=True, slots=True)
class PruneCandidate:
    """What decides whether a delivery goes."""

    id: int
    received_at: float
    stored_bytes: int
    """Bytes of its body and headers."""


def select_excess(
    retention_limits: RetentionLimits,
    totals: StoreTotals,
    oldest: Sequence[PruneCandidate],
    now: float,
) -> Sequence[PruneCandidate]:
    """Return those of `oldest`, in order, that are beyond the limits at `now` (Unix seconds).

    `totals` count all that there is. The newest delivery stays, however large it is.
    """
    count, size = totals.count, totals.size
    for place, old in enumerate(oldest):
        too_many = retention_limits.count is not None and count > retention_limits.count
        too_much = retention_limits.size is not None and size > retention_limits.size
        too_old = retention_limits.age is not None and old.received_at < now - retention_limits.age
        alone = count <= 1 and not too_old
        if alone or not (too_many or too_much or too_old):
            return oldest[:place]
        count, size = count - 1, size - old.stored_bytes
    return oldest
