"""Overrides: faults and delays for the next N requests, added while the mock runs.

A number in shared memory says whether there is any, so a request queries no database otherwise.
"""

import json
from collections.abc import MutableSequence
from dataclasses import dataclass
from typing import Literal

from mock_server.storage.database import Store
from mock_server.storage.worker_signals import OVERRIDES_SLOT

OverrideKind = Literal["fault", "delay"]


@dataclass(frozen=True, slots=True)
class Override:
    """One misbehaviour and how long it still lasts."""

    id: int
    kind: OverrideKind
    value: str | float
    """The name of a fault, or the seconds that every answer waits."""
    requests: int
    """How many requests it is still for."""


class Overrides:
    """Those that are on. Each request to an operation of the contract uses one turn of each."""

    def __init__(self, store: Store, shared: MutableSequence[int]) -> None:
        """Keep them in `store`, and in the `shared` numbers whether there are any."""
        self._store = store
        self._shared = shared

    @property
    def has_any(self) -> bool:
        """Whether there are any; costs next to nothing."""
        return self._shared[OVERRIDES_SLOT] != 0

    def add(self, kind: OverrideKind, value: str | float, requests: int) -> None:
        """Enable an override for the next `requests` requests."""
        with self._store.transaction() as db:
            db.execute(_INSERT_OVERRIDE, (kind, json.dumps(value), requests))
            self._shared[OVERRIDES_SLOT] = 1

    def all(self) -> tuple[Override, ...]:
        """Return those that are on, in the order in which they were added."""
        rows = self._store.rows("SELECT id, kind, value, requests FROM overrides ORDER BY id")
        return tuple(Override(i, kind, json.loads(value), n) for i, kind, value, n in rows)

    def take(self) -> tuple[Override, ...]:
        """Return those that hold for this request, which uses up one turn of each."""
        if not self.has_any:
            return ()
        with self._store.transaction() as db:
            active = self.all()
            db.execute("UPDATE overrides SET requests = requests - 1")
            db.execute("DELETE FROM overrides WHERE requests < 1")
            if all(override.requests <= 1 for override in active):
                self._shared[OVERRIDES_SLOT] = 0
        return active

    def clear(self) -> None:
        """Switch all of them off."""
        with self._store.transaction() as db:
            db.execute("DELETE FROM overrides")
            self._shared[OVERRIDES_SLOT] = 0

    def refresh_shared_flag(self) -> None:
        """Set the shared number by what the store holds: an earlier mock may have left some."""
        with self._store.transaction():
            self._shared[OVERRIDES_SLOT] = 1 if self.all() else 0


_INSERT_OVERRIDE = "INSERT INTO overrides (kind, value, requests) VALUES (?, ?, ?)"
