"""Journal of the latest requests, deliveries and attempts, for the admin API.

A request only appends to a list; the records are written to the store when the journal is read.
"""

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Set
from types import MappingProxyType
from typing import Any, Literal, Protocol

from mock_server.storage.database import Store
from mock_server.storage.worker_signals import WorkerSignals

RecordKind = Literal["request", "delivery", "attempt"]
MAX_RECORDS: dict[RecordKind, int] = {"request": 1000, "delivery": 1000, "attempt": 6000}
_BATCH_SIZE = 50


_UNDELIVERED: Mapping[str, Any] = MappingProxyType(
    {
        "milliseconds": None,
        "attempt": 1,
        "redelivered": False,
        "outcome": None,
        "next": "undelivered",
        "backoff_seconds": None,
        "method": None,
        "headers": [],
        "size": None,
    }
)
"""Record, instead of an attempt, that a mock was killed before the end of a delivery."""
Rows = Iterable[tuple[int, int | None, Mapping[str, Any]]]
"""Id, id of the parent record or None, and data of records."""


class Record(Protocol):
    """Record of a request, a delivery or an attempt."""

    @property
    def id(self) -> int:
        """Id of the record."""

    @property
    def about(self) -> int | None:
        """Id of the parent record, or None."""

    def data(self) -> dict[str, Any]:
        """Return the record as JSON data."""


class Journal:
    """Records of all workers, in their store."""

    def __init__(self, store: Store, signals: WorkerSignals) -> None:
        """Use `signals` to make the other workers write their records."""
        self._store = store
        self._signals = signals
        self._pending = {
            kind: deque[Record](maxlen=limit_of_kind) for kind, limit_of_kind in MAX_RECORDS.items()
        }
        self._counts: Counter[str] = Counter()
        self._open: set[int | None] = set()
        """Deliveries in the store without their last attempt."""
        self._last = 0

    def open(self) -> None:
        """Continue the ids of an earlier mock."""
        ((last,),) = self._store.rows(_SELECT_LAST_ID)
        self._last = max(self._last, last)

    def recover(self, requests: Rows, deliveries: Rows) -> None:
        """Write what a killed mock left; none of its deliveries is sent any more."""
        with self._store.transaction() as db:
            for kind, rows in (("request", requests), ("delivery", deliveries)):
                values = [(i, kind, about, json.dumps(data)) for i, about, data in rows]
                db.executemany(_INSERT_RECORD, values)
            self.open()
            for number, record in db.execute(_SELECT_OPEN).fetchall():
                attempt = {**_UNDELIVERED, "at": time.time()}
                attempt["expected_response"] = json.loads(record)["expected_response"]
                row = (self.number(), "attempt", number, json.dumps(attempt))
                db.execute(_INSERT_RECORD, row)
            for kind, limit in MAX_RECORDS.items():
                db.execute(_DELETE_OLDEST, (kind, kind, limit))
            db.execute("DELETE FROM unfinished")

    def number(self) -> int:
        """Return the id for the next record, greater than all ids before."""
        self._last = max(self._last + 1, self._signals.time_based_id())
        return self._last

    def append(self, kind: RecordKind, record: Record) -> None:
        self._pending[kind].append(record)

    def count(self, name: str) -> None:
        """Increment the counter `name`."""
        self._counts[name] += 1

    async def write(self) -> None:
        """Write the pending records to the store in batches."""
        for name, count in self._counts.items():
            self._store.rows(_INCREMENT_COUNT, name, count)
        self._counts.clear()
        for kind, pending in self._pending.items():
            for _ in range(0, len(pending), _BATCH_SIZE):
                self._write(kind, pending)
                await asyncio.sleep(0)

    def write_attempts(self, deliveries: Set[int]) -> None:
        """Write the pending attempts if any of the deliveries is in the store without them."""
        if self._open.isdisjoint(deliveries):
            return
        while self._pending["attempt"]:
            self._write("attempt", self._pending["attempt"])

    def _write(self, kind: RecordKind, pending: deque[Record]) -> None:
        batch = [pending.popleft() for _ in range(min(len(pending), _BATCH_SIZE))]
        found = [(r.id, r.about, r.data()) for r in batch]
        rows = [(number, kind, about, json.dumps(data)) for number, about, data in found]
        with self._store.transaction() as db:
            db.executemany(_INSERT_RECORD, rows)
            db.execute(_DELETE_OLDEST, (kind, kind, MAX_RECORDS[kind]))
            if kind == "request":
                db.executemany("DELETE FROM unfinished WHERE id = ?", [(r.id,) for r in batch])
        if kind == "delivery":
            self._open.update(number for number, _, data in found if not data["dropped"])
        elif kind == "attempt":
            ended = (about for _, about, data in found if data["next"] != "retry")
            self._open.difference_update(ended)

    async def forget(self) -> None:
        """Drop the pending records."""
        self._counts.clear()
        self._open.clear()
        for pending in self._pending.values():
            pending.clear()

    async def flush(self) -> None:
        """Write the pending records of all workers."""
        await self._signals.broadcast("write")
        await self.write()

    def latest(self, kind: RecordKind, before: int | None, limit: int) -> list[dict[str, Any]]:
        """Return records with ids below `before`, newest first, each with its `id`."""
        return _records_from_rows(self._store.rows(_SELECT_LATEST, kind, before or 2**62, limit))

    def get(self, kind: RecordKind, number: int) -> dict[str, Any] | None:
        """Return the record with this id, or None."""
        return next(iter(_records_from_rows(self._store.rows(_SELECT_BY_ID, kind, number))), None)

    def about(self, number: int) -> list[dict[str, Any]]:
        """Return the child records of a record, oldest first."""
        return _records_from_rows(self._store.rows(_SELECT_BY_PARENT, number))

    def counts(self) -> dict[str, int]:
        """Return the counters by name."""
        return dict(self._store.rows("SELECT name, count FROM counts"))


def _records_from_rows(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [{"id": number, **json.loads(record)} for number, record in rows]


_INSERT_RECORD = "INSERT OR IGNORE INTO journal (id, kind, about, record) VALUES (?, ?, ?, ?)"
_SELECT_LAST_ID = """
    SELECT coalesce(max(id), 0) FROM (SELECT id FROM journal UNION ALL SELECT id FROM unfinished)
"""
_INCREMENT_COUNT = """
    INSERT INTO counts (name, count) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET count = count + excluded.count
"""
_DELETE_OLDEST = """
    DELETE FROM journal WHERE kind = ? AND id <= (
        SELECT id FROM journal WHERE kind = ? ORDER BY id DESC LIMIT 1 OFFSET ?
    )
"""
_SELECT_OPEN = """
    SELECT id, record FROM journal AS delivery
    WHERE kind = 'delivery' AND NOT json_extract(record, '$.dropped') AND coalesce(
        (
            SELECT json_extract(record, '$.next') FROM journal WHERE about = delivery.id
            ORDER BY id DESC LIMIT 1
        ),
        'retry'
    ) = 'retry'
"""
"""Deliveries without a last attempt."""
_SELECT_LATEST = """
    SELECT id, record FROM journal WHERE kind = ? AND id < ? ORDER BY id DESC LIMIT ?
"""
_SELECT_BY_ID = "SELECT id, record FROM journal WHERE kind = ? AND id = ?"
_SELECT_BY_PARENT = "SELECT id, record FROM journal WHERE about = ? ORDER BY id"
