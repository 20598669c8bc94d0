"""Verdict index: the verdicts and event keys of judged deliveries, for lists and search.

Every process computes its own index, so no verdict is by another contract or secret.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Any

from openapi.files.sqlite_file import StoreError
from webhook_sink.verdicts.filter import DeliveryFilter, sql_conditions

_MAX_ID = 2**63 - 1
_ORDER_WINDOW = 100
"""Number of earlier deliveries of an event name that are compared for `late_after`."""
_MAX_PATHS = 50
MAX_ATTEMPTS = 1000
"""Further attempts of one event are not counted."""
_SCHEMA = """
    CREATE TABLE judged (
        id INTEGER PRIMARY KEY,
        event TEXT,
        kind TEXT NOT NULL,
        signature TEXT NOT NULL,
        violations INTEGER NOT NULL,
        warnings INTEGER NOT NULL,
        path TEXT NOT NULL,
        key BLOB NOT NULL,
        occurred_at REAL
    );
    CREATE INDEX of_event ON judged (event);
    CREATE INDEX of_kind ON judged (kind);
    CREATE INDEX of_signature ON judged (signature);
    CREATE INDEX of_path ON judged (path);
    CREATE INDEX of_key ON judged (key);
"""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """Indexed part of a verdict."""

    id: int
    event: str | None
    """Name of the event; None if it is not in the contract."""
    kind: str
    """`conforms`, `warning` or `violation`."""
    signature: str
    violations: int
    warnings: int
    path: str
    key: bytes
    """Event key, equal for all attempts of one event."""
    occurred_at: float | None
    """Time of the event by its payload, in Unix seconds."""


@dataclass(frozen=True, slots=True)
class DeliveryRelation:
    """Relation of a delivery to earlier ones."""

    first_attempt: int | None
    """First delivery of the same event, if that is another delivery."""
    attempt: int
    """Number of the attempt, from 1 to `MAX_ATTEMPTS`."""
    late_after: int | None
    """Recent delivery of the same name whose event occurred later; only for first attempts."""


class VerdictIndex:
    """Index of verdicts in SQLite. From any thread; raises `StoreError`."""

    def __init__(self) -> None:
        """Begin empty. SQLite keeps it in memory, or in a temporary file if it is large."""
        self._lock = threading.Lock()
        self._count = 0

    @cached_property
    def _connection(self) -> sqlite3.Connection:
        """Connection, opened at the first use: an application that never starts needs none."""
        opened = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        opened.executescript(f"PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; {_SCHEMA}")
        return opened

    def add(self, entries: Iterable[IndexEntry]) -> None:
        """Add entries; replace earlier entries of the same deliveries."""
        rows = [astuple(one) for one in entries]
        known = "SELECT count(*) FROM judged WHERE id IN (SELECT value FROM json_each(?))"
        with self._locked():
            self._connection.execute("BEGIN")
            numbers = json.dumps([*{row[0] for row in rows}])
            (replaced,) = self._connection.execute(known, (numbers,)).fetchone()
            statement = "INSERT OR REPLACE INTO judged VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            self._connection.executemany(statement, rows)
            self._connection.execute("COMMIT")
            self._count += len({row[0] for row in rows}) - replaced

    def get(self, ids: Sequence[int]) -> Mapping[int, IndexEntry]:
        """Return the entries of those of these deliveries that were judged."""
        chosen = "* FROM judged WHERE id IN (SELECT value FROM json_each(?))"
        return {row[0]: IndexEntry(*row) for row in self._read(chosen, json.dumps(list(ids)))}

    def find(
        self,
        delivery_filter: DeliveryFilter,
        after: int = 0,
        before: int | None = None,
        limit: int = _MAX_ID,
        *,
        newest_first: bool = False,
    ) -> tuple[int, ...]:
        """Return at most `limit` ids between `after` and `before` that match; ignores `text`."""
        clauses, values = sql_conditions(delivery_filter)
        end = _MAX_ID if before is None else before
        order = "DESC" if newest_first else "ASC"
        where = " AND ".join(["id > ? AND id < ?", *clauses])
        text = f"id FROM judged WHERE {where} ORDER BY id {order} LIMIT ?"
        return tuple(number for (number,) in self._read(text, after, end, *values, limit))

    def relations(self, ids: Sequence[int]) -> Mapping[int, DeliveryRelation]:
        """Return the relations of those of these deliveries that were judged."""
        return {number: self._relation(judged) for number, judged in self.get(ids).items()}

    def same_event(self, number: int, limit: int) -> tuple[int, ...]:
        """Return the ids of the first `limit` deliveries of the same event, including this one."""
        known = self.get([number])
        if number not in known:
            return (number,)
        found = self._read(
            "id FROM judged WHERE key = ? ORDER BY id LIMIT ?", known[number].key, limit
        )
        return tuple(sorted({number, *(other for (other,) in found)}))

    def paths(self) -> tuple[str, ...]:
        """Return the first paths of deliveries, sorted."""
        with self._locked():
            found: list[str] = []
            while len(found) < _MAX_PATHS:
                (path,) = self._connection.execute(
                    "SELECT min(path) FROM judged WHERE path > ?", (found[-1] if found else "",)
                ).fetchone()
                if path is None:
                    break
                found.append(path)
        return tuple(found)

    def last(self) -> int:
        """Return the greatest id, or 0."""
        return int(self._read("ifnull(max(id), 0) FROM judged")[0][0])

    def count(self) -> int:
        """Return the number of entries, in constant time."""
        return self._count

    def forget(self, before: int) -> None:
        """Remove the entries with an id less than `before`."""
        with self._locked():
            done = self._connection.execute("DELETE FROM judged WHERE id < ?", (before,))
            self._count -= done.rowcount

    def remove(self, ids: Sequence[int]) -> None:
        """Remove the entries of these deliveries."""
        with self._locked():
            chosen = "id IN (SELECT value FROM json_each(?))"
            statement = f"DELETE FROM judged WHERE {chosen}"  # noqa: S608 - no text from outside
            done = self._connection.execute(statement, (json.dumps(list(ids)),))
            self._count -= done.rowcount

    def close(self) -> None:
        """Remove the index."""
        with self._locked():
            self._connection.close()

    def _relation(self, one: IndexEntry) -> DeliveryRelation:
        first = self._read("min(id) FROM judged WHERE key = ?", one.key)[0][0]
        if first != one.id:
            some = "SELECT 1 FROM judged WHERE key = ? AND id <= ? LIMIT ?"
            count = self._read(f"count(*) FROM ({some})", one.key, one.id, MAX_ATTEMPTS)[0][0]
            return DeliveryRelation(first, count, None)
        if one.occurred_at is None:
            return DeliveryRelation(None, 1, None)
        near = "id, occurred_at FROM judged WHERE event IS ? AND id < ? ORDER BY id DESC LIMIT ?"
        before = self._read(near, one.event, one.id, _ORDER_WINDOW)
        late = (n for n, at in before if at is not None and at > one.occurred_at)
        return DeliveryRelation(None, 1, next(late, None))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.Error as error:
            raise StoreError(f"the verdict index failed: {error}") from error

    def _read(self, clause: str, *values: object) -> Sequence[Any]:
        with self._locked():
            return self._connection.execute(f"SELECT {clause}", values).fetchall()
