"""Store of deliveries in one SQLite file, which other processes may read, or a temporary one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import accumulate, chain
from pathlib import Path
from typing import Any, ClassVar

from openapi.files.sqlite_file import SqliteFile
from webhook_sink.delivery import Delivery, DeliveryMetadata, ForwardAttempt
from webhook_sink.storage.retention import (
    PruneCandidate,
    RetentionLimits,
    StoreTotals,
    select_excess,
)
from webhook_sink.storage.rows import (
    DELIVERY_COLUMNS,
    FORWARD_ATTEMPT_COLUMNS,
    METADATA_COLUMNS,
    SCHEMA,
    delivery_from_row,
    delivery_row,
    forward_attempt_from_row,
    forward_attempt_row,
    in_order,
    insert_statement,
    metadata_from_row,
    stored_bytes,
)
from webhook_sink.storage.store import Store, StoreObserver

_INSERT_STATEMENTS = {
    rows: insert_statement("deliveries", DELIVERY_COLUMNS, rows)
    for rows in (1, 2, 4, 8, 16, 32, 64)
}
"""Statement for each number of rows. Few statements, as a thread may wait after each."""
_INSERT_FORWARD_ATTEMPT = insert_statement("passed", FORWARD_ATTEMPT_COLUMNS)
_MAX_ID = 2**63 - 1
_PRUNE_BATCH_SIZE = 500
_REMOVED_ROWS, _REMOVED_BYTES = 2000, 16 * 1024 * 1024
"""Limits of one transaction that removes deliveries; others can store between two of them."""
_KEPT_LOG_BYTES = 16 * 1024 * 1024
"""Size to which SQLite truncates the write-ahead log when it begins again."""
_MAX_LOG_BYTES = 64 * 1024 * 1024
"""Size of the write-ahead log at which deliveries wait until it is written to the file."""


class SqliteStore(Store):
    """Store in an SQLite file of one sink. Deliveries survive the process and a loss of power."""

    is_shared: ClassVar[bool] = False

    def __init__(self, path: Path | None = None, lock_timeout: float = 5.0) -> None:
        """Open or create the file at `path`, which only its owner can read; raise `StoreError`.

        `lock_timeout` is the time to wait for a lock of another process, in seconds. Without a path
        SQLite uses a temporary file.
        """
        # For a new file: more deliveries of some KiB fit into one page than into two half pages.
        # `auto_vacuum` and the size of a page are fixed when the tables are created.
        pragmas = (
            "page_size = 8192",
            "auto_vacuum = INCREMENTAL",
            f"synchronous = {'FULL' if path else 'OFF'}",
            f"journal_size_limit = {_KEPT_LOG_BYTES}",
        )
        self._database = SqliteFile(
            "store",
            path,
            SCHEMA,
            pragmas=pragmas,
            lock_timeout=lock_timeout,
            without_path="",
            separate_reader=True,
        )
        self._database.open()
        self._last_change_count = 0

    def append(self, drafts: Sequence[Delivery], *, wait: bool = True) -> tuple[Delivery, ...]:
        rows = [delivery_row(draft) for draft in drafts]
        size = sum(stored_bytes(row) for row in rows)
        numbers: list[int] = []
        with self._database.transaction(wait=wait) as db:
            for batch in _insert_batches(rows):
                values = tuple(chain.from_iterable(batch))
                last = db.execute(_INSERT_STATEMENTS[len(batch)], values).lastrowid or 0
                numbers += range(last - len(batch) + 1, last + 1)
            db.execute("UPDATE totals SET count = count + ?, bytes = bytes + ?", (len(rows), size))
        return tuple(
            d.with_reply(n, d.status, d.reply) for d, n in zip(drafts, numbers, strict=True)
        )

    def get(self, delivery_id: int) -> Delivery | None:
        found = self._select(f"{DELIVERY_COLUMNS} FROM deliveries WHERE id = ?", delivery_id)
        return delivery_from_row(found[0]) if found else None

    def get_all(self, ids: Sequence[int]) -> tuple[Delivery, ...]:
        found = self._read_some(f"{DELIVERY_COLUMNS} FROM deliveries WHERE id", ids)
        return in_order(ids, map(delivery_from_row, found))

    def list(
        self, after: int = 0, limit: int | None = None, *, newest_first: bool = False
    ) -> tuple[Delivery, ...]:
        clause = _range_clause(newest_first)
        found = self._select(f"{DELIVERY_COLUMNS} {clause}", after, _MAX_ID, _sql_limit(limit))
        return tuple(map(delivery_from_row, found))

    def ids(
        self,
        after: int = 0,
        before: int | None = None,
        limit: int | None = None,
        *,
        newest_first: bool = False,
    ) -> tuple[int, ...]:
        end = _MAX_ID if before is None else before
        found = self._select(f"id {_range_clause(newest_first)}", after, end, _sql_limit(limit))
        return tuple(number for (number,) in found)

    def metadata(self, ids: Sequence[int]) -> tuple[DeliveryMetadata, ...]:
        found = self._read_some(f"{METADATA_COLUMNS} FROM deliveries WHERE id", ids)
        return in_order(ids, map(metadata_from_row, found))

    def add_forward_attempt(self, forward_attempt: ForwardAttempt) -> ForwardAttempt:
        with self._database.transaction() as db:
            number = (
                db.execute(_INSERT_FORWARD_ATTEMPT, forward_attempt_row(forward_attempt)).lastrowid
                or 0
            )
        return replace(forward_attempt, id=number)

    def forward_attempts(self, delivery_id: int) -> tuple[ForwardAttempt, ...]:
        found = self._select(
            f"{FORWARD_ATTEMPT_COLUMNS} FROM passed WHERE delivery_id = ? ORDER BY id", delivery_id
        )
        return tuple(map(forward_attempt_from_row, found))

    def last_forward_outcomes(self, ids: Sequence[int]) -> Mapping[int, str]:
        found = self._read_some(f"{FORWARD_ATTEMPT_COLUMNS} FROM passed WHERE delivery_id", ids)
        return {
            one.delivery_id: one.outcome
            for one in sorted(map(forward_attempt_from_row, found), key=_id_of)
        }

    def prune(self, retention_limits: RetentionLimits, now: float) -> int:
        removed = 0
        while step := self._prune_batch(retention_limits, now):
            removed += step
        return removed

    def clear(self) -> int:
        newest = self.ids(limit=1, newest_first=True)
        removed, last = 0, 0
        while newest and last < newest[0]:
            rows = self._select(
                "id, size FROM deliveries WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
                *(last, newest[0], _REMOVED_ROWS),
            )
            if not rows:
                break
            sums = accumulate(size for _, size in rows)
            count = max(sum(one <= _REMOVED_BYTES for one in sums), 1)
            last = rows[count - 1][0]
            removed += self._remove("BETWEEN ? AND ?", rows[0][0], last)
        with self._database.transaction() as db:
            db.execute("UPDATE totals SET removed = 0")
        self._database.shrink()
        return removed

    def remove(self, ids: Sequence[int]) -> int:
        return self._remove("IN (SELECT value FROM json_each(?))", json.dumps(list(ids)))

    def shrink(self) -> None:
        self._database.shrink()

    def _remove(self, chosen: str, *values: object) -> int:
        sizes = (
            f"count(*), ifnull(sum(size + length(headers)), 0) FROM deliveries WHERE id {chosen}"
        )
        with self._database.transaction() as db:
            count, size = db.execute(f"SELECT {sizes}", values).fetchone()
            for column in ("deliveries WHERE id", "passed WHERE delivery_id"):
                db.execute(f"DELETE FROM {column} {chosen}", values)  # noqa: S608 - see above
            db.execute("UPDATE totals SET count = count - ?, bytes = bytes - ?", (count, size))
        return int(count)

    def maintain(self) -> None:
        # Empty the write-ahead log if nothing was stored since the last call, or if it is large.
        # SQLite writes it to the file after 1,000 pages, but a log that some reader always uses
        # would grow.
        changes, size = self._database.change_count, self._database.log_bytes
        if size and (changes == self._last_change_count or size > _MAX_LOG_BYTES):
            self._database.truncate_log()
        self._last_change_count = changes

    def totals(self) -> StoreTotals:
        return StoreTotals(*self._select("count, bytes, removed FROM totals")[0])

    def check(self) -> None:
        with self._database.transaction() as db:
            for step in (1, -1):  # SQLite does not write an unchanged row
                db.execute("UPDATE totals SET count = count + ?", (step,))

    def observe(self, observer: StoreObserver) -> AbstractContextManager[None]:
        del observer
        return nullcontext()

    def close(self) -> None:
        self._database.close()

    def _prune_batch(self, retention_limits: RetentionLimits, now: float) -> int:
        """Remove the excess deliveries of the oldest batch; return their number."""
        if not select_excess(retention_limits, self.totals(), self._oldest(1), now):
            return 0  # the usual case, which needs no lock
        with self._database.transaction() as db:
            totals = StoreTotals(*db.execute("SELECT count, bytes, removed FROM totals").fetchone())
            excess = select_excess(retention_limits, totals, self._oldest(_PRUNE_BATCH_SIZE), now)
            last = excess[-1].id if excess else 0
            db.execute("DELETE FROM deliveries WHERE id <= ?", (last,))
            db.execute("DELETE FROM passed WHERE delivery_id <= ?", (last,))
            size = sum(old.stored_bytes for old in excess)
            db.execute(
                "UPDATE totals SET count = count - ?, bytes = bytes - ?, removed = removed + ?",
                (len(excess), size, len(excess)),
            )
        return len(excess)

    def _oldest(self, limit: int) -> tuple[PruneCandidate, ...]:
        clause = "id, received_at, size + length(headers) FROM deliveries ORDER BY id LIMIT ?"
        return tuple(PruneCandidate(*row) for row in self._select(clause, limit))

    def _select(self, clause: str, *values: object) -> Sequence[Any]:
        return self._database.rows(f"SELECT {clause}", *values)

    def _read_some(self, clause: str, ids: Sequence[int]) -> Sequence[Any]:
        # As JSON: SQLite limits the number of parameters of a statement.
        chosen = f"{clause} IN (SELECT value FROM json_each(?))"  # noqa: S608 - the clauses above
        return self._select(chosen, json.dumps(list(ids)))


def _insert_batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield all rows in order, in batches for which there is a statement."""
    place = 0
    while left := len(rows) - place:
        size = max(known for known in _INSERT_STATEMENTS if known <= left)
        yield rows[place : place + size]
        place += size


def _range_clause(newest_first: bool) -> str:
    order = "DESC" if newest_first else "ASC"
    return f"FROM deliveries WHERE id > ? AND id < ? ORDER BY id {order} LIMIT ?"


def _sql_limit(limit: int | None) -> int:
    return -1 if limit is None else limit


def _id_of(forward_attempt: ForwardAttempt) -> int:
    return forward_attempt.id
