"""SQLite files of mock server and sink: private files, locks, errors with a remedy."""

import logging
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from openapi.files.sqlite_schema import FOREIGN, Schema, UnusableFile

_HINTS = {
    "SQLITE_BUSY": "another process writes to it",
    "SQLITE_CANTOPEN": "its directory must exist and be writable",
    "SQLITE_CORRUPT": "restore a copy, or name another file",
    "SQLITE_FULL": "free some disk space",
    "SQLITE_IOERR_WRITE": "the disk quota or the file size limit may be reached",
    "SQLITE_READONLY": "file and directory must be writable",
}
"""Remedies, by the beginning of SQLite's error name."""


_log = logging.getLogger("hookproof.store")
_MODE_OF_OTHERS = 0o077
_INCREMENTAL = 2
"""Value of `auto_vacuum`: free pages are given back on request."""
_VACUUM_STEP_PAGES = 1000
_MAX_REWRITTEN_PAGES = 2000
_HEADER_BYTES = 100
_WAL_FORMAT = b"\x02"
"""Byte 18 of the header of a file with a write-ahead log; bytes 68 to 71 are the
`application_id` (https://www.sqlite.org/fileformat.html)."""


class StoreError(Exception):
    """Error of opening, reading or writing a store; the message states the file and the reason."""


class StoreBusy(StoreError):
    """Lock of another connection, for a caller that does not wait."""


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
        self._name = name
        self._schema = schema
        self._pragmas = pragmas
        self._lock_timeout = lock_timeout
        self._without_path = without_path
        self._separate_reader = separate_reader
        self._inodes: Mapping[Path, tuple[int, int] | None] = {}
        self._write_lock = self._read_lock = threading.RLock()

    def open(self) -> None:
        """Open the file, or create it, and make it private: only its owner may read or write it.

        A file of another program is an error and is not changed.
        """
        with self._explain("cannot be opened"):
            if self.path:
                self._check_unwritten(self.path)
                self.path.touch(mode=0o600, exist_ok=True)
                self._make_private(self.path)
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

    def shrink(self) -> None:
        """Give the free pages of a file that was opened with `auto_vacuum` back to the system.

        Other threads can write between the steps. A file of an earlier release has no
        `auto_vacuum`; it is rewritten if it is almost empty, which gives it one.
        """
        (vacuum,) = self.rows("PRAGMA auto_vacuum")[0]
        (pages,), (free,) = self.rows("PRAGMA page_count")[0], self.rows("PRAGMA freelist_count")[0]
        if vacuum == _INCREMENTAL:
            for _ in range(0, free, _VACUUM_STEP_PAGES):
                self._run_script(f"PRAGMA incremental_vacuum({_VACUUM_STEP_PAGES})")
        elif pages - free <= _MAX_REWRITTEN_PAGES:
            self._run_script(f"PRAGMA auto_vacuum = {_INCREMENTAL}; VACUUM")
        self.truncate_log()

    def _run_script(self, script: str) -> None:
        """Run statements to their end; `execute` would free one page alone."""
        with self._write_lock, self._explain("cannot be written"):
            self._check_in_place()
            self._write_connection.executescript(script)

    def truncate_log(self) -> None:
        """Write the log into the file and empty it, unless another connection uses it."""
        if self.path and self._write_lock.acquire(blocking=False):
            try:
                with self._explain("cannot be written"):
                    self._check_in_place()
                    self._write_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                self._write_lock.release()

    @property
    def log_bytes(self) -> int:
        """Size of the write-ahead log."""
        try:
            return self.path.with_name(f"{self.path.name}-wal").stat().st_size if self.path else 0
        except FileNotFoundError:
            return 0

    @property
    def change_count(self) -> int:
        """Number of rows that were changed since the file was opened."""
        return self._write_connection.total_changes

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

    def _check_unwritten(self, path: Path) -> None:
        """Raise `StoreError` for an existing file of another program; write nothing to it.

        The tables of a file of hookproof are in the file itself, not only in its write-ahead log,
        because they are created before the log is used.
        """
        try:
            found = path.stat()
        except FileNotFoundError:
            return
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{path.name} is not a regular file")
        if not found.st_size:
            return
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
        try:
            script = self._missing_in(path, immutable=header[18:19] == _WAL_FORMAT)
        except sqlite3.DatabaseError as error:
            is_own = header[68:72] == self._schema.application_id.to_bytes(4)
            if is_own and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT:
                return  # opening it repairs what a killed process has half written
            raise
        log = path.with_name(f"{path.name}-wal")
        if script == self._schema.script and log.exists() and log.stat().st_size:
            with self._explain_unusable():
                raise UnusableFile(FOREIGN)  # its tables are in the log

    def _missing_in(self, path: Path, *, immutable: bool) -> str:
        """Return the statements that the file needs.

        An immutable file is read without its log, for which SQLite would write an index; another
        one is locked, because a process may be creating its tables.
        """
        url = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if immutable else ''}"
        opened = sqlite3.connect(url, timeout=self._lock_timeout, uri=True)
        with closing(opened) as connection, self._explain_unusable():
            # Without this, SQLite refuses a file that a checkpoint has not yet made long enough.
            connection.execute("PRAGMA writable_schema = ON")
            try:
                return self._schema.missing(connection)
            except sqlite3.OperationalError as error:
                if immutable or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
                    raise
        return self._missing_in(path, immutable=True)  # a killed process left a journal

    def _make_private(self, path: Path) -> None:
        """Remove the permissions of others from the file and those beside it, and log it.

        A stricter mode stays. SQLite creates a missing log and its index with the mode of the file.
        """
        for suffix in ("", "-wal", "-shm", "-journal"):
            file = path.with_name(path.name + suffix)
            try:
                mode = stat.S_IMODE(file.stat().st_mode)
                if mode & _MODE_OF_OTHERS:
                    file.chmod(mode & ~_MODE_OF_OTHERS)
                    _log.warning("%s: mode %03o was too wide, now %03o", file, mode, mode & 0o700)
            except FileNotFoundError:
                continue
            except PermissionError:  # it belongs to another user
                _log.warning("%s: other users can access it (mode %03o)", file, mode)

    def _create_tables(self) -> None:
        with self.transaction() as connection, self._explain_unusable():
            script = self._schema.missing(connection)
            if script:
                for statement in script.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {self._schema.version}")
                connection.execute(f"PRAGMA application_id = {self._schema.application_id}")

    @contextmanager
    def _explain_unusable(self) -> Iterator[None]:
        try:
            yield
        except UnusableFile as error:
            article = f"{self.path} is no {self._name} of this version of hookproof"
            raise StoreError(f"{article}: it {error}; name another file") from error

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
                message = f"{self.path} is no {self._name} of hookproof: it is no SQLite file"
                raise StoreError(f"{message}; name another file") from error
            hint = next((f" ({h})" for c, h in _HINTS.items() if code.startswith(c)), "")
            reason = getattr(error, "strerror", None) or error
            raise StoreError(f"{self._place} {problem}: {reason}{hint}") from error


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - faster; runs at each commit
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
