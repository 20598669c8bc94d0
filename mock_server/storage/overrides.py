"""Overrides: faults, delays and responses for the next N requests, added while the mock runs.

A number in shared memory says whether any override is active, so that a request queries the
database only if needed.
"""

import json
from collections.abc import MutableSequence
from dataclasses import dataclass
from typing import Any, Literal

from mock_server.storage.database import Store
from mock_server.storage.worker_signals import OVERRIDES_SLOT

OverrideKind = Literal["fault", "delay", "response"]
OverrideValue = str | float | dict[str, Any]
"""Name of a fault, delay in seconds, or `status`, `headers` and `body` of a response."""


@dataclass(frozen=True, slots=True)
class Override:
    """Active fault, delay or response."""

    id: int
    kind: OverrideKind
    value: OverrideValue
    requests: int
    """Number of requests that it still applies to."""


class Overrides:
    """Active overrides.

    Each request to an operation of the contract uses one turn of each fault and delay, and of the
    oldest response.
    """

    def __init__(self, store: Store, shared: MutableSequence[int]) -> None:
        """Store the overrides in `store`, and the flag for them in the `shared` numbers."""
        self._store = store
        self._shared = shared

    @property
    def has_any(self) -> bool:
        """Whether any override is active; reads shared memory only."""
        return self._shared[OVERRIDES_SLOT] != 0

    def add(self, kind: OverrideKind, value: OverrideValue, requests: int) -> None:
        """Add an override for the next `requests` requests."""
        with self._store.transaction() as db:
            db.execute(_INSERT_OVERRIDE, (kind, json.dumps(value), requests))
            self._shared[OVERRIDES_SLOT] = 1

    def all(self) -> tuple[Override, ...]:
        """Return the active overrides in the order in which they were added."""
        rows = self._store.rows("SELECT id, kind, value, requests FROM overrides ORDER BY id")
        return tuple(Override(i, kind, json.loads(value), n) for i, kind, value, n in rows)

    def take(self) -> tuple[Override, ...]:
        """Return the overrides for one request and use one turn of each."""
        if not self.has_any:
            return ()
        with self._store.transaction() as db:
            active = self.all()
            later = [one.id for one in active if one.kind == "response"][1:]
            taken = tuple(one for one in active if one.id not in later)
            db.executemany(_USE_TURN, [(one.id,) for one in taken])
            db.execute("DELETE FROM overrides WHERE requests < 1")
            if not later and all(override.requests <= 1 for override in taken):
                self._shared[OVERRIDES_SLOT] = 0
        return taken

    def clear(self) -> None:
        """Remove all overrides."""
        with self._store.transaction() as db:
            db.execute("DELETE FROM overrides")
            self._shared[OVERRIDES_SLOT] = 0

    def refresh_shared_flag(self) -> None:
        """Set the shared flag from the store, which may contain overrides of an earlier mock."""
        with self._store.transaction():
            self._shared[OVERRIDES_SLOT] = 1 if self.all() else 0


_USE_TURN = "UPDATE overrides SET requests = requests - 1 WHERE id = ?"
_INSERT_OVERRIDE = "INSERT INTO overrides (kind, value, requests) VALUES (?, ?, ?)"
