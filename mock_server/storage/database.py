"""State of the mock in SQLite: in memory, or in a file that restarts and workers share.

One transaction contains the changes of all requests in one turn of the event loop. The mock sends
a success only after its commit, so a killed process loses nothing that it has acknowledged. A
power failure may lose the latest changes. The batch costs no time: responses that are sent
together cost the system much less than single ones.
"""

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from mock_server.storage import schema
from openapi.files.sqlite_file import SqliteFile

_CHECKPOINT_PAGES = 10_000
"""Pages of the write-ahead log before a checkpoint writes them to the database file."""
_LOCK_TIMEOUT_S = 10.0

MAX_STORED_BODY_BYTES = 2048
"""Stored bytes of each request body; the limit bounds the memory use of many creations."""

ResourceKey = tuple[str, str]
"""Id of an operation, and values as JSON."""
StateConflict = Literal["duplicate-request", "unknown-resource"]


class StateChange(NamedTuple):
    """Change of the state by one success."""

    operation: str
    """Id of the operation."""
    claim: str | None
    """Unique key: the operation and values, as text; None if the success needs none."""
    request: bytes
    """Request body."""
    added: tuple[ResourceKey, ...]
    """Every key of the created resource; empty if no resource was created."""
    removed: ResourceKey | None
    """One key of the deleted resource, or None."""


@dataclass(frozen=True, slots=True)
class CreatedRecord:
    """Record of a success."""

    id: int
    operation: str
    at: float
    request: bytes
    """First `MAX_STORED_BODY_BYTES` bytes of the body."""
    size: int
    """Size of the whole body in bytes."""


def check_state_writable(path: Path | None) -> None:
    """Raise `StoreError` if a mock cannot store its state at `path`."""
    if path is not None:
        store = Store(path)
        store.open()
        store.close()


class Store(SqliteFile):
    """Connection to the state database for one event loop. Call `open` first."""

    def __init__(self, path: Path | None = None, *, persistent: bool = True) -> None:
        """Use or create the file at `path`; None keeps everything in memory.

        `persistent` says that the file outlives the mock.
        """
        # A temporary file need not survive a power failure.
        pragmas = (
            f"synchronous = {'NORMAL' if persistent else 'OFF'}",
            f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
        )
        super().__init__(
            "state", path, schema.SCHEMA, pragmas=pragmas, lock_timeout=_LOCK_TIMEOUT_S
        )
        self._pending: list[tuple[StateChange, asyncio.Future[StateConflict | None]]] = []

    async def commit_change(self, change: StateChange) -> StateConflict | None:
        """Store `change`; return the conflict if there is one, and then store nothing."""
        future: asyncio.Future[StateConflict | None] = asyncio.get_running_loop().create_future()
        self._pending.append((change, future))
        if len(self._pending) == 1:
            # Commit two turns later, so that changes that arrive in between join the batch.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._commit)
        return await future

    def _commit(self) -> None:
        pending, self._pending = self._pending, []
        try:
            with self.transaction() as db:
                results = [self._apply_change(db, change) for change, _ in pending]
        except Exception as error:  # every waiting request must get the error
            for _, future in pending:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(pending, results, strict=True):
            if not future.done():  # the client may have disconnected
                future.set_result(result)

    def _apply_change(self, db: sqlite3.Connection, change: StateChange) -> StateConflict | None:
        operation, claim, request, added, removed = change
        if removed is not None and not self.knows(removed):
            return "unknown-resource"
        row = (operation, claim, time.time(), request[:MAX_STORED_BODY_BYTES], len(request))
        if not db.execute(schema.INSERT_CREATED, row).rowcount:
            return "duplicate-request"
        if removed is not None:
            db.execute(schema.DELETE_RESOURCE, removed)
        for key in added:
            db.execute(schema.INSERT_RESOURCE, (*key, repr(sorted(added))))
        return None

    def knows(self, key: ResourceKey) -> bool:
        """Check whether a resource with `key` exists."""
        return bool(self.rows(schema.SELECT_RESOURCE, *key))

    def created(
        self, operations: Iterable[str], before: int | None = None, limit: int = 100
    ) -> list[CreatedRecord]:
        """Return successes of `operations` with ids below `before`, newest first."""
        values = (json.dumps([*operations]), before or 2**62, limit)
        return [CreatedRecord(*row) for row in self.rows(schema.SELECT_CREATED, *values)]

    def reset(self) -> None:
        """Delete everything."""
        with self.transaction() as db:
            for table in schema.SCHEMA.tables:
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - constant table names
