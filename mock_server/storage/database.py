"""State of the mock in SQLite: in memory, or in a file that restarts and workers share.

The changes of all requests in one turn of the event loop are one transaction, and no success is
sent before its commit: a killed process loses nothing that it has acknowledged. (A machine that
loses power may lose the last moments.) Waiting for the others costs no time: responses that are
sent together cost the system much less than one by one.
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
from openapi.sqlite_file import SqliteFile

_CHECKPOINT_PAGES = 10_000
"""Pages of the write-ahead log that are written back to the file at once."""
_LOCK_TIMEOUT_S = 10.0

MAX_STORED_BODY_BYTES = 2048
"""Of a request body; a client that creates much must not fill the memory."""

ResourceKey = tuple[str, str]
"""The id of an operation, and values as JSON."""
StateConflict = Literal["duplicate-request", "unknown-resource"]


class StateChange(NamedTuple):
    """Change of the state by one success."""

    operation: str
    """Its id."""
    claim: str | None
    """Unique key: the operation and values, as text; None if the success needs none."""
    request: bytes
    """The body that asked for it."""
    added: tuple[ResourceKey, ...]
    """One resource by all the names that it can be asked for; empty if none came to be."""
    removed: ResourceKey | None
    """A name of the resource that is gone, or None."""


@dataclass(frozen=True, slots=True)
class CreatedRecord:
    """A success that is remembered."""

    id: int
    operation: str
    at: float
    request: bytes
    """The first `MAX_STORED_BODY_BYTES` bytes of the body."""
    size: int
    """Bytes of the whole body."""


def check_state_writable(path: Path | None) -> None:
    """Raise `StoreError` if a mock could not keep its state at `path`."""
    if path is not None:
        store = Store(path)
        store.open()
        store.close()


class Store(SqliteFile):
    """One connection, used by one loop. `open` before anything else."""

    def __init__(self, path: Path | None = None, *, persistent: bool = True) -> None:
        """Take the file, which is made if need be; None keeps everything in memory.

        `persistent`: the file is there to be used again.
        """
        # A file that goes when the mock stops need not outlive a loss of power.
        pragmas = (
            f"synchronous = {'NORMAL' if persistent else 'OFF'}",
            f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
        )
        super().__init__(
            "state", path, schema.SCHEMA, pragmas=pragmas, lock_timeout=_LOCK_TIMEOUT_S
        )
        self._pending: list[tuple[StateChange, asyncio.Future[StateConflict | None]]] = []

    async def commit_change(self, change: StateChange) -> StateConflict | None:
        """Remember `change`, or return why it cannot be, and then nothing of it is kept."""
        future: asyncio.Future[StateConflict | None] = asyncio.get_running_loop().create_future()
        self._pending.append((change, future))
        if len(self._pending) == 1:
            # Not in the next turn but the one after: what arrives meanwhile goes with it.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._commit)
        return await future

    def _commit(self) -> None:
        pending, self._pending = self._pending, []
        try:
            with self.transaction() as db:
                results = [self._apply_change(db, change) for change, _ in pending]
        except Exception as error:  # whatever it is, those who wait must hear of it
            for _, future in pending:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(pending, results, strict=True):
            if not future.done():  # the client may have left meanwhile
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
        """Say whether the operation of `key` can be asked for its values."""
        return bool(self.rows(schema.SELECT_RESOURCE, *key))

    def created(
        self, operations: Iterable[str], before: int | None = None, limit: int = 100
    ) -> list[CreatedRecord]:
        """Return successes of `operations`, the newest first, with ids below `before`."""
        values = (json.dumps([*operations]), before or 2**62, limit)
        return [CreatedRecord(*row) for row in self.rows(schema.SELECT_CREATED, *values)]

    def reset(self) -> None:
        """Forget everything."""
        with self.transaction() as db:
            for table in schema.SCHEMA.tables:
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
