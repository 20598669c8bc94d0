"""Retention limits of a store, and its totals."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """Limits of what a store keeps; None is no limit. The oldest deliveries are removed first."""

    count: int | None = None
    """Number of deliveries."""
    age: float | None = None
    """Seconds since a delivery was received."""
    size: int | None = None
    """Bytes of bodies and headers."""

    def __bool__(self) -> bool:
        """Say whether there is a limit."""
        return (self.count, self.age, self.size) != (None, None, None)

    def __str__(self) -> str:
        """Return the limits for the log."""
        said = ((self.count, "deliveries"), (self.age, "seconds"), (self.size, "bytes"))
        return " or ".join(f"{value:.12g} {unit}" for value, unit in said if value is not None)


@dataclass(frozen=True, slots=True)
class StoreTotals:
    """Totals of a store."""

    count: int
    """Number of stored deliveries."""
    size: int
    """Bytes of bodies and headers."""
    removed: int
    """Deliveries that retention removed since the store was created or cleared."""


@dataclass(frozen=True, slots=True)
class PruneCandidate:
    """Properties of a delivery that decide whether it is removed."""

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
    """Return the first of `oldest`, those beyond the limits at `now` (Unix seconds).

    `totals` are those of the store. The newest delivery stays, whatever its size.
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
