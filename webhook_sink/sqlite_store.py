"""Deliveries in one SQLite file, which other processes may read meanwhile."""

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from webhook_sink.delivery import Delivery

_FORMAT = 1
"""Kept in the file's `user_version`; a file of another format is refused."""
_TABLE = """
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        received_at REAL NOT NULL,
        method TEXT NOT NULL,
        target TEXT NOT NULL,
        headers TEXT NOT NULL, -- JSON: pairs of Latin-1 text
        body BLOB NOT NULL,
        truncated INTEGER NOT NULL,
        remote TEXT NOT NULL,
        status INTEGER NOT NULL
    )
"""
_COLUMNS = "received_at, method, target, headers, body, truncated, remote, status"


class StoreError(Exception):
    """Deliveries cannot be kept or read; the sentence says where and why."""


class SqliteStore:
    """A `webhook_sink.store.Store` whose deliveries outlive the process and a loss of power."""

    def __init__(self, path: Path, patience: float = 5.0) -> None:
        """Open or make the file at `path`, readable by its owner alone; raise `StoreError`.

        `patience` is how many seconds a lock of somebody else is waited for.
        """
        self._path = path
        self._patience = patience
        self._writing, self._reading = threading.Lock(), threading.Lock()
        with self._explained("cannot be opened"):
            path.touch(mode=0o600, exist_ok=True)
            self._writer = self._connect()
            try:
                self._prepare()
                # A connection of its own: whoever reads does not wait for a commit.
                self._reader = self._connect()
            except BaseException:
                self._writer.close()
                raise

    def append(self, drafts: Sequence[Delivery]) -> tuple[Delivery, ...]:
        """See `Store.append`; one transaction, on the disk when it returns."""
        with self._writing, self._explained("cannot be written"), self._transaction():
            return tuple(replace(draft, id=self._insert(draft)) for draft in drafts)

    def get(self, delivery_id: int) -> Delivery | None:
        """See `Store.get`."""
        found = self._select("WHERE id = ?", delivery_id)
        return found[0] if found else None

    def list(
        self, after: int = 0, limit: int | None = None, *, newest_first: bool = False
    ) -> tuple[Delivery, ...]:
        """See `Store.list`."""
        order = "DESC" if newest_first else "ASC"
        most = -1 if limit is None else limit
        return self._select(f"WHERE id > ? ORDER BY id {order} LIMIT ?", after, most)

    def close(self) -> None:
        """See `Store.close`."""
        with self._writing, self._reading:
            self._reader.close()
            self._writer.close()

    def _insert(self, draft: Delivery) -> int:
        row = _row(draft)
        marks = ", ".join("?" * len(row))
        statement = f"INSERT INTO deliveries ({_COLUMNS}) VALUES ({marks})"  # noqa: S608
        return self._writer.execute(statement, row).lastrowid or 0

    def _select(self, clause: str, *values: int) -> tuple[Delivery, ...]:
        statement = f"SELECT id, {_COLUMNS} FROM deliveries {clause}"  # noqa: S608
        with self._reading, self._explained("cannot be read"):
            return tuple(_delivery(row) for row in self._reader.execute(statement, values))

    def _connect(self) -> sqlite3.Connection:
        # The locks above keep to one thread at a time; transactions begin where we say so.
        connection = sqlite3.connect(
            self._path, timeout=self._patience, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _prepare(self) -> None:
        with self._transaction():
            (found,) = self._writer.execute("PRAGMA user_version").fetchone()
            tables = self._writer.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            if not found and not tables:
                self._writer.execute(_TABLE)
                self._writer.execute(f"PRAGMA user_version = {_FORMAT}")
            elif found != _FORMAT:
                raise StoreError(f"{self._path} is a database, but none that this hookproof made")
        self._writer.execute("PRAGMA journal_mode = WAL")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:  # a full disk may have rolled it back already
                self._writer.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _explained(self, trouble: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"the store {self._path} {trouble}: {error}") from error


def _row(draft: Delivery) -> tuple[object, ...]:
    pairs = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in draft.headers]
    return (
        draft.received_at,
        draft.method,
        draft.target,
        json.dumps(pairs),
        draft.body,
        draft.truncated,
        draft.remote,
        draft.status,
    )


def _delivery(row: tuple[int, float, str, str, str, bytes, int, str, int]) -> Delivery:
    number, received_at, method, target, headers, body, truncated, remote, status = row
    pairs = json.loads(headers)
    return Delivery(
        id=number,
        received_at=received_at,
        method=method,
        target=target,
        headers=tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in pairs),
        body=body,
        truncated=bool(truncated),
        remote=remote,
        status=status,
    )
