"""What happened lately: requests, deliveries, attempts. For whoever looks, not for the mock.

The path of a request only appends to a list. In memory the records become rows when somebody looks;
in a file that workers share, a few times a second.
"""

import asyncio
import json
from collections import deque
from typing import Any, Protocol

from mock_server.store import Store

KEPT = {"request": 1000, "delivery": 1000, "attempt": 6000}
"""How many records of each kind are kept."""
_SECONDS = 0.1
"""How often workers write theirs down."""
_AT_ONCE = 500
"""Records of one kind that one worker holds back meanwhile; older ones are dropped."""


class Record(Protocol):
    """Something that happened."""

    @property
    def at(self) -> float:
        """When, in Unix seconds."""

    def shown(self) -> dict[str, Any]:
        """Return it as JSON data, without secrets."""


class Journal:
    """The records of all workers, kept in their store."""

    def __init__(self, store: Store, *, shared: bool) -> None:
        """`shared`: other workers write to the store as well."""
        self._store = store
        self._shared = shared
        most = _AT_ONCE if shared else None
        self._held = {kind: deque[Record](maxlen=most or kept) for kind, kept in KEPT.items()}
        self._timer: asyncio.TimerHandle | None = None

    def note(self, kind: str, record: Record) -> None:
        """Keep a record of one of the `KEPT` kinds."""
        self._held[kind].append(record)
        if self._shared and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SECONDS, self.write)

    def write(self) -> None:
        """Write down what is held back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        with self._store.transaction() as db:
            for kind, held in self._held.items():
                if held:
                    rows = [(kind, r.at, json.dumps(r.shown())) for r in held]
                    held.clear()
                    db.executemany(_ADD, rows)
                    db.execute(_TRIM, (kind, kind, KEPT[kind]))

    async def latest(self, kind: str, before: int | None = None, limit: int = 100) -> list[Any]:
        """Return records, the newest first, each with its `id`, all below `before`."""
        if self._shared:
            await asyncio.sleep(2 * _SECONDS)  # the other workers write theirs down meanwhile
        self.write()
        found = self._store.rows(_LATEST, kind, before or 2**62, limit)
        return [{"id": i, **json.loads(record)} for i, record in found]


_ADD = "INSERT INTO journal (kind, at, record) VALUES (?, ?, ?)"
_TRIM = """
    DELETE FROM journal WHERE kind = ? AND id <= (
        SELECT id FROM journal WHERE kind = ? ORDER BY id DESC LIMIT 1 OFFSET ?
    )
"""
_LATEST = """
    SELECT id, record FROM journal WHERE kind = ? AND id < ? ORDER BY id DESC LIMIT ?
"""
