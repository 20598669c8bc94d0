"""State of the mock in SQLite: in memory, or in a file that restarts and workers share.

One transaction contains the changes of all requests in one turn of the event loop. The mock sends
a success only after its commit, so a killed process loses nothing that it has acknowledged. A
power failure may lose the latest changes. The batch costs no time: responses that are sent
together cost the system much less than single ones.
"""

import asyncio
import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from mock_server.storage import schema
from openapi.files.sqlite_file import SqliteFile

_CHECKPOINT_PAGES = 10_000
"""Pages of the write-ahead log before a checkpoint writes them to the database file."""
_LOCK_TIMEOUT_S = 10.0

MAX_STORED_BODY_BYTES = 2048
"""Stored bytes of each request body."""
MAX_CREATED = 1000
"""Successes whose request is stored: the newest ones."""
_DELETION_INTERVAL = 256
"""Successes after which the store deletes older ones; to delete with each takes time."""

StateConflict = Literal["duplicate-request"]
Result = TypeVar("Result")


class StateChange(NamedTuple):
    """Record of one success, and what it claims."""

    operation: str
    """Id of the operation."""
    claim: str | None
    """Unique key: the operation and values, as text; None if the success needs none."""
    request: bytes | None
    """Request body of a success that issues a credential, else None."""


def claim_digest(claim: str) -> bytes:
    """Return what the store keeps of a claim: 16 bytes, however long the values are."""
    return hashlib.blake2b(claim.encode(errors="surrogatepass"), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class _Failure:
    """Error of one change; the other changes of its batch are stored."""

    error: Exception


_Pending = tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]]


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
        self._pending: list[_Pending] = []

    async def commit_change(
        self, change: StateChange, also: Callable[[sqlite3.Connection], None] | None = None
    ) -> StateConflict | None:
        """Store `change`, and run `also` in its transaction.

        Return the conflict if there is one, and then store nothing.
        """

        def store(db: sqlite3.Connection) -> bool:
            is_stored = self.insert_created(db, change)
            if is_stored and also is not None:
                also(db)
            return is_stored

        is_stored = await self._enqueue(store)
        return None if is_stored else "duplicate-request"

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work` in the next transaction; if it raises, store nothing of it and raise that."""
        done = await self._enqueue(lambda db: _attempt(db, work))
        if isinstance(done, _Failure):
            raise done.error
        return done

    def _enqueue(self, work: Callable[[sqlite3.Connection], Result]) -> asyncio.Future[Result]:
        """Return the future result of `work`, which runs in the next transaction."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._pending.append((work, future))
        if len(self._pending) == 1:
            # Commit two turns later, so that changes that arrive in between join the batch.
            loop.call_soon(loop.call_soon, self._commit)
        return future

    def _commit(self) -> None:
        pending, self._pending = self._pending, []
        try:
            with self.transaction() as db:
                results = [work(db) for work, _ in pending]
        except Exception as error:  # every waiting request must get the error
            for _, future in pending:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(pending, results, strict=True):
            if not future.done():  # the client may have disconnected
                future.set_result(result)

    @staticmethod
    def insert_created(db: sqlite3.Connection, change: StateChange) -> bool:
        """Store the record of a success; return False if another success has its claim."""
        operation, claim, request = change
        if claim is not None:
            digest = (claim_digest(claim),)
            if not db.execute(schema.INSERT_CLAIM, digest).rowcount:
                return False
        if request is not None:
            row = (operation, time.time(), request[:MAX_STORED_BODY_BYTES], len(request))
            number = db.execute(schema.INSERT_CREATED, row).lastrowid or 0
            if number % _DELETION_INTERVAL == 0:
                db.execute(schema.DELETE_OLD_CREATED, (number - MAX_CREATED,))
        return True

    def created(
        self, operations: Iterable[str], before: int | None = None, limit: int = 100
    ) -> list[CreatedRecord]:
        """Return successes of `operations` with ids below `before`, newest first."""
        values = (json.dumps([*operations]), before or 2**62, MAX_CREATED, limit)
        return [CreatedRecord(*row) for row in self.rows(schema.SELECT_CREATED, *values)]

    def reset(self) -> None:
        """Delete everything, and give memory and disk space back."""
        with self.transaction() as db:
            for table in schema.SCHEMA.tables:
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - constant table names
        self.rows("VACUUM")
        if self.path is not None:
            self.rows("PRAGMA wal_checkpoint(TRUNCATE)")


def _attempt(
    db: sqlite3.Connection, work: Callable[[sqlite3.Connection], Result]
) -> Result | _Failure:
    """Return the result of `work`, or its error, after which nothing of it is left."""
    db.execute("SAVEPOINT work")
    try:
        done: Result | _Failure = work(db)
    except sqlite3.Error:
        raise
    except Exception as error:  # the request that caused it gets it
        db.execute("ROLLBACK TO work")
        done = _Failure(error)
    db.execute("RELEASE work")
    return done
