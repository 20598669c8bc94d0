"""Index of verdicts for search: for each judged delivery, what a list needs.

Every process computes it from the records, so it cannot hold a verdict by another contract or
secret.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from typing import Any

from openapi.sqlite_file import StoreError
from webhook_sink.verdicts.filter import DeliveryFilter, sql_conditions

_MAX_ID = 2**63 - 1
_ORDER_WINDOW = 100
"""How many deliveries before one say whether it came in order."""
_MAX_PATHS = 50
MAX_ATTEMPTS = 1000
"""Of one event; further ones are not counted."""
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
    """What a delivery was judged to be."""

    id: int
    event: str | None
    """The name of the event, None where the contract knows none."""
    kind: str
    """`conforms`, `warning` or `violation`."""
    signature: str
    violations: int
    warnings: int
    path: str
    key: bytes
    """The same for all attempts of one event."""
    occurred_at: float | None
    """When the event happened by its own account, in Unix seconds."""


@dataclass(frozen=True, slots=True)
class DeliveryRelation:
    """How a delivery stands to those before it."""

    first_attempt: int | None
    """The first delivery of the same event, where that is another."""
    attempt: int
    """The how-manieth of that event it is, from 1 to `MOST_ATTEMPTS`."""
    late_after: int | None
    """A delivery shortly before it whose event of the same name happened later; not for repeats."""


class VerdictIndex:
    """The rows. Every method may be called from any thread."""

    def __init__(self) -> None:
        """Hold nothing yet. What is too much for memory goes to a temporary file of SQLite's."""
        self._lock = threading.Lock()
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._connection.executescript(
            f"PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; {_SCHEMA}"
        )

    def add(self, judged: Iterable[IndexEntry]) -> None:
        """Take `judged` in, in place of what was known of the same deliveries."""
        rows = [astuple(one) for one in judged]
        with self._locked():
            self._connection.execute("BEGIN")
            statement = "INSERT OR REPLACE INTO judged VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            self._connection.executemany(statement, rows)
            self._connection.execute("COMMIT")

    def get(self, ids: Sequence[int]) -> Mapping[int, IndexEntry]:
        """Return what is known of these deliveries."""
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
        """Return at most `limit` ids between `after` and `before` of what fits but for its text."""
        clauses, values = sql_conditions(delivery_filter)
        end = _MAX_ID if before is None else before
        order = "DESC" if newest_first else "ASC"
        where = " AND ".join(["id > ? AND id < ?", *clauses])
        text = f"id FROM judged WHERE {where} ORDER BY id {order} LIMIT ?"
        return tuple(number for (number,) in self._read(text, after, end, *values, limit))

    def relations(self, ids: Sequence[int]) -> Mapping[int, DeliveryRelation]:
        """Return how those of these deliveries stand that were judged."""
        return {number: self._relation(judged) for number, judged in self.get(ids).items()}

    def same_event(self, number: int, limit: int) -> tuple[int, ...]:
        """Return the ids of the first `limit` deliveries of the same event, itself among them."""
        known = self.get([number])
        if number not in known:
            return (number,)
        found = self._read(
            "id FROM judged WHERE key = ? ORDER BY id LIMIT ?", known[number].key, limit
        )
        return tuple(sorted({number, *(same_event for (same_event,) in found)}))

    def paths(self) -> tuple[str, ...]:
        """Return the first paths that deliveries came to, in their order."""
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
        """Return the greatest id that is known, or 0."""
        return int(self._read("ifnull(max(id), 0) FROM judged")[0][0])

    def count(self) -> int:
        """Return how many deliveries are known."""
        return int(self._read("count(*) FROM judged")[0][0])

    def forget(self, before: int) -> None:
        """Forget the deliveries with an id less than `before`."""
        with self._locked():
            self._connection.execute("DELETE FROM judged WHERE id < ?", (before,))

    def close(self) -> None:
        """Forget everything."""
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
            raise StoreError(f"the index of verdicts cannot be kept: {error}") from error

    def _read(self, clause: str, *values: object) -> Sequence[Any]:
        with self._locked():
            return self._connection.execute(f"SELECT {clause}", values).fetchall()
