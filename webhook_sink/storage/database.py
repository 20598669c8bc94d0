"""Whether a path still leads to the file that is open: what is written elsewhere is lost.

One SQLite file, for one writer and many readers; or SQLite's own temporary database."""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from webhook_sink.storage.rows import StoreBusy, StoreError, prepare_schema


class FileIdentity:
    """The files of one database, by the numbers that the system knows them by."""

    def __init__(self, path: Path) -> None:
        """Take note of the database at `path` and of its log, both of which are open."""
        self._inodes = {file: _inode(file) for file in (path, path.with_name(f"{path.name}-wal"))}

    def check(self) -> None:
        """Raise `OSError` if a file was removed, moved away or replaced."""
        for file, inode in self._inodes.items():
            if _inode(file) != inode:
                raise OSError(
                    f"{file.name} is not the file that was opened; "
                    "put that one back, or start the sink anew"
                )


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - for each commit, and quicker
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


ExecuteStatement = Callable[..., sqlite3.Cursor]


class Database:
    """The connections. Every method may be called from any thread, and raises `StoreError`."""

    def __init__(self, path: Path | None, lock_timeout: float) -> None:
        """Open or make the file at `path`, readable by its owner alone.

        `patience` is how many seconds a lock of somebody else is waited for.
        """
        self._path = path
        self._lock_timeout = lock_timeout
        self._file_identity: FileIdentity | None = None
        self._write_lock = self._read_lock = threading.RLock()
        with self._as_store_error("cannot be opened"):
            if path is not None:
                path.touch(mode=0o600, exist_ok=True)
            self._write_connection = self._read_connection = self._connect()
            try:
                with self._transaction():
                    prepare_schema(self._write_connection, path)
                if path is not None:
                    self._write_connection.execute("PRAGMA journal_mode = WAL")
                    # A connection of its own: whoever reads does not wait for a commit.
                    self._read_connection, self._read_lock = self._connect(), threading.RLock()
                    self._file_identity = FileIdentity(path)
            except BaseException:
                self._write_connection.close()
                raise

    @contextlib.contextmanager
    def write_transaction(self, *, wait: bool = True) -> Iterator[ExecuteStatement]:
        """Run the block's statements in one transaction, on the disk when the block has ended.

        With `wait` being false, a lock that somebody else holds is a `StoreBusy` at once.
        """
        if not self._write_lock.acquire(blocking=wait):
            raise StoreBusy(f"the store {self._path or 'in memory'} is being written to")
        try:
            with self._as_store_error("cannot be written"):
                if self._file_identity:
                    self._file_identity.check()
                with self._transaction(wait=wait):
                    yield self._write_connection.execute
        finally:
            self._write_lock.release()

    def read(self, clause: str, *values: object) -> Sequence[Any]:
        """Return the rows of `SELECT` and `clause`."""
        with self._read_lock, self._as_store_error("cannot be read"):
            return self._read_connection.execute(f"SELECT {clause}", values).fetchall()

    def close(self) -> None:
        """Close the connections."""
        with self._write_lock, self._read_lock:
            self._read_connection.close()
            self._write_connection.close()

    def _connect(self) -> sqlite3.Connection:
        # The locks above keep to one thread at a time; transactions begin where we say so.
        connection = sqlite3.connect(
            self._path or "",
            timeout=self._lock_timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        # For a new file: of deliveries of some KiB more fit into one page than into two of half.
        connection.execute("PRAGMA page_size = 8192")
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._path else 'OFF'}")
        return connection

    @contextlib.contextmanager
    def _transaction(self, *, wait: bool = True) -> Iterator[None]:
        self._begin(wait=wait)
        try:
            yield
            self._write_connection.execute("COMMIT")
        except BaseException:
            if self._write_connection.in_transaction:  # a full disk may have rolled it back already
                self._write_connection.execute("ROLLBACK")
            raise

    def _begin(self, *, wait: bool) -> None:
        if wait:
            self._write_connection.execute("BEGIN IMMEDIATE")
            return
        self._write_connection.execute("PRAGMA busy_timeout = 0")
        try:
            self._write_connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise StoreBusy(f"the store {self._path} is locked") from error
            raise
        finally:
            self._write_connection.execute(
                f"PRAGMA busy_timeout = {round(self._lock_timeout * 1000)}"
            )

    @contextlib.contextmanager
    def _as_store_error(self, problem: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            place = self._path or "in memory"
            full = getattr(error, "sqlite_errorname", "") == "SQLITE_IOERR_WRITE"
            hint = ", as where a quota or the largest size of a file is reached" if full else ""
            raise StoreError(f"the store {place} {problem}: {error}{hint}") from error
