"""SQLite files of mock server and sink: private files, schema check, errors with a remedy."""

import os
import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_HINTS = {
    "SQLITE_BUSY": "another process writes to it",
    "SQLITE_CANTOPEN": "its directory must exist and be writable",
    "SQLITE_FULL": "free some disk space",
    "SQLITE_IOERR_WRITE": "the disk quota or the file size limit may be reached",
    "SQLITE_READONLY": "file and directory must be writable",
}
"""Remedies, by the beginning of SQLite's error name."""


class StoreError(Exception):
    """Error of opening, reading or writing a store; the message states the file and the reason."""


class StoreBusy(StoreError):
    """Lock of another connection, for a caller that does not wait."""


@dataclass(frozen=True, slots=True)
class Schema:
    """Schema of one kind of file."""

    version: int
    """Value of the file's `user_version`."""
    script: str
    """Statements that create the tables."""
    migrations: Mapping[int, str] = field(default_factory=dict)
    """Earlier version -> statements that convert such a file."""

    @property
    def tables(self) -> frozenset[str]:
        """Names of the tables."""
        return frozenset(re.findall(r"CREATE TABLE (\w+)", self.script))

    def missing(self, connection: sqlite3.Connection) -> str | None:
        """Return the statements that the database needs; None if it has another schema."""
        ((version,),) = connection.execute("PRAGMA user_version")
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        if not found and not version:
            return self.script
        if version == self.version:
            return "" if found >= self.tables else None
        return self.migrations.get(version) if found & self.tables else None


class SqliteFile:
    """SQLite file, or a database without a file. All methods are thread-safe."""

    def __init__(
        self,
        name: str,
        path: Path | None,
        schema: Schema,
        *,
        pragmas: Sequence[str],
        lock_timeout: float,
        without_path: str = ":memory:",
        separate_reader: bool = False,
    ) -> None:
        """Take the file at `path`, or SQLite's database name `without_path`.

        `name` is the name in messages. `lock_timeout` is in seconds. With `separate_reader`, a
        second connection reads, which does not wait for a commit.
        """
        self.path = path
        self._place = f"the {name} {path or 'in memory'}"
        self._foreign = f"{path} is no {name} of this version of hookproof; name another file"
        self._schema = schema
        self._pragmas = pragmas
        self._lock_timeout = lock_timeout
        self._without_path = without_path
        self._separate_reader = separate_reader
        self._inodes: Mapping[Path, tuple[int, int] | None] = {}
        self._write_lock = self._read_lock = threading.RLock()

    def open(self) -> None:
        """Open the file; create a missing one, readable by its owner only."""
        with self._explain("cannot be opened"):
            if self.path:
                self.path.touch(mode=0o600, exist_ok=True)
            self._write_connection = self._read_connection = self._connect()
            try:
                self._create_tables()
                if self.path:
                    self._write_connection.execute("PRAGMA journal_mode = WAL")
                    self._write_connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
                    log = self.path.with_name(f"{self.path.name}-wal")
                    self._inodes = {file: _inode(file) for file in (self.path, log)}
                    if self._separate_reader:
                        self._read_connection, self._read_lock = self._connect(), threading.RLock()
            except BaseException:
                self._write_connection.close()
                raise

    @contextmanager
    def transaction(self, *, wait: bool = True) -> Iterator[sqlite3.Connection]:
        """Run the block as a transaction; commit at its end.

        Without `wait`, raise `StoreBusy` at once if another thread or process has the lock.
        """
        if not self._write_lock.acquire(blocking=wait):
            raise StoreBusy(f"{self._place} is being written to")
        try:
            with self._explain("cannot be written"):
                self._check_in_place()
                self._begin(wait=wait)
                try:
                    yield self._write_connection
                    self._write_connection.execute("COMMIT")
                except BaseException:
                    if self._write_connection.in_transaction:  # a full disk may roll it back
                        self._write_connection.execute("ROLLBACK")
                    raise
        finally:
            self._write_lock.release()

    def rows(self, statement: str, *values: object) -> list[Any]:
        """Return the rows of a statement. Without a separate reader it sees an open transaction."""
        with self._read_lock, self._explain("cannot be read"):
            return self._read_connection.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the connections."""
        with self._write_lock, self._read_lock:
            self._read_connection.close()
            self._write_connection.close()

    def _connect(self) -> sqlite3.Connection:
        # The locks serialise the threads; only `transaction` begins transactions.
        connection = sqlite3.connect(
            self.path or self._without_path,
            timeout=self._lock_timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            for pragma in self._pragmas:
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _create_tables(self) -> None:
        with self.transaction() as connection:
            script = self._schema.missing(connection)
            if script is None:
                raise StoreError(self._foreign)
            if script:
                for statement in script.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {self._schema.version}")

    def _check_in_place(self) -> None:
        for file, inode in self._inodes.items():
            if _inode(file) != inode:
                problem = "was replaced after it was opened; restore the old file, or restart"
                raise OSError(f"{file.name} {problem}")

    def _begin(self, *, wait: bool) -> None:
        connection = self._write_connection
        if wait:
            connection.execute("BEGIN IMMEDIATE")
            return
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise StoreBusy(f"{self._place} is locked") from error
            raise
        finally:
            connection.execute(f"PRAGMA busy_timeout = {round(self._lock_timeout * 1000)}")

    @contextmanager
    def _explain(self, problem: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            code = getattr(error, "sqlite_errorname", "")
            if code == "SQLITE_NOTADB":
                raise StoreError(self._foreign) from error
            hint = next((f" ({h})" for c, h in _HINTS.items() if code.startswith(c)), "")
            reason = getattr(error, "strerror", None) or error
            raise StoreError(f"{self._place} {problem}: {reason}{hint}") from error


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - faster; runs at each commit
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
