"""Store in a PostgreSQL database, which sinks on several machines share.

A batch of deliveries is one statement, so one round trip and one commit. It first takes the row
lock of `totals`, which assigns the ids: a sequence would let a greater id become visible before a
smaller one, and readers that continue after an id would miss deliveries. The lock orders the
commits of all sinks; a sink that hangs or dies cannot hold it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, ClassVar
from uuid import uuid4

from webhook_sink.delivery import Delivery, DeliveryMetadata, ForwardAttempt
from webhook_sink.storage.location import PostgresUrl
from webhook_sink.storage.postgres_database import Connection, PostgresDatabase, PostgresListener
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
    delivery_from_row,
    delivery_row,
    forward_attempt_from_row,
    forward_attempt_row,
    in_order,
    metadata_from_row,
    stored_bytes,
)
from webhook_sink.storage.store import Store, StoreBusy, StoreError, StoreObserver

_VERSION = 1
_MAX_ID = 2**63 - 1
_PRUNE_BATCH_SIZE = 500
_REMOVED_ROWS = 2000
"""Limit of one transaction that removes deliveries; sinks can store between two of them."""
_NOTIFIED_IDS = 300
"""Number of ids in one notification, which PostgreSQL limits to 8,000 bytes."""
# PostgreSQL has no NUL character in a text. Texts of senders and receivers are therefore JSON.
_TABLES = f"""
    CREATE TABLE store_version (version integer NOT NULL);
    INSERT INTO store_version VALUES ({_VERSION});
    CREATE TABLE totals (
        last_id bigint NOT NULL,
        count bigint NOT NULL,
        bytes bigint NOT NULL,
        removed bigint NOT NULL
    ) WITH (fillfactor = 10); -- room for the versions of the row that each commit updates
    INSERT INTO totals VALUES (0, 0, 0, 0);
    CREATE TABLE deliveries (
        id bigint PRIMARY KEY,
        received_at double precision NOT NULL,
        method text NOT NULL,
        target text NOT NULL, -- JSON: Latin-1 text
        remote text NOT NULL,
        size bigint NOT NULL,
        truncated boolean NOT NULL,
        status integer NOT NULL,
        reply text NOT NULL,
        began_at double precision NOT NULL,
        version text NOT NULL,
        headers text NOT NULL, -- JSON: pairs of Latin-1 text
        body bytea NOT NULL
    );
    CREATE TABLE forward_attempts (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        delivery_id bigint NOT NULL,
        why text NOT NULL,
        url text NOT NULL, -- JSON
        at double precision NOT NULL,
        seconds double precision NOT NULL,
        status integer,
        headers text NOT NULL, -- JSON: pairs of Latin-1 text
        body bytea NOT NULL,
        truncated boolean NOT NULL,
        error text -- JSON
    );
    CREATE INDEX forward_attempts_of ON forward_attempts (delivery_id);
"""  # noqa: S608 - no text from outside
_COLUMNS = {
    "store_version": ["version"],
    "totals": ["last_id", "count", "bytes", "removed"],
    "deliveries": DELIVERY_COLUMNS.split(", "),
    "forward_attempts": FORWARD_ATTEMPT_COLUMNS.split(", "),
}
_NEW_COLUMNS = DELIVERY_COLUMNS.partition(", ")[2]
_NEW_TYPES = (
    "double precision", "text", "text", "text", "bigint", "boolean", "integer", "text",
    "double precision", "text", "text", "bytea",
)  # fmt: skip
_APPEND = f"""
    WITH numbered AS (
        UPDATE totals SET last_id = last_id + %s, count = count + %s, bytes = bytes + %s
        RETURNING last_id - %s AS previous
    ), appended AS (
        INSERT INTO deliveries (id, {_NEW_COLUMNS})
        SELECT previous + place, {_NEW_COLUMNS}
        FROM numbered, unnest({", ".join(f"%b::{kind}[]" for kind in _NEW_TYPES)})
            WITH ORDINALITY AS drafts ({_NEW_COLUMNS}, place)
        RETURNING id
    )
    SELECT max(id), pg_notify(%s, %s || max(id)) FROM appended
"""  # noqa: S608 - no text from outside
_ADD_FORWARD_ATTEMPT = f"""
    INSERT INTO forward_attempts ({FORWARD_ATTEMPT_COLUMNS.partition(", ")[2]})
    VALUES (%s, %s, %s, %s, %s, %s, %s, %b, %s, %s)
    RETURNING id, pg_notify(%s, %s)
"""  # noqa: S608 - no text from outside
_SIZE = "size + octet_length(headers)"
_TOTALS = "SELECT count, bytes, removed FROM totals"


class PostgresStore(Store):
    """Store in one schema of a PostgreSQL database, for any number of sinks.

    Deliveries survive the process; they survive a loss of power if the server has `fsync` on.
    """

    is_shared: ClassVar[bool] = True

    def __init__(self, url: PostgresUrl, lock_timeout: float = 5.0) -> None:
        """Open the database at `url`, and create the tables that are missing.

        The schema is `hookproof`, or the first one in a `search_path` of the URL. `lock_timeout`
        is the time to wait for a lock of another sink, in seconds.
        """
        self._database = PostgresDatabase(url, _TABLES, _COLUMNS, lock_timeout)
        self._origin = uuid4().hex
        """First word of own notifications."""
        try:
            self._database.open(_VERSION)
        except BaseException:
            self._database.close()
            raise

    def append(self, drafts: Sequence[Delivery], *, wait: bool = True) -> tuple[Delivery, ...]:
        if not wait:
            raise StoreBusy("PostgreSQL commits over a network")
        if not drafts:
            return ()
        rows = [_delivery_row(draft) for draft in drafts]
        columns = [list(column) for column in zip(*rows, strict=True)]
        size, count = sum(map(stored_bytes, rows)), len(rows)
        ((last, _),) = self._database.write(
            _APPEND, count, count, size, count, *columns, *self._notification("stored")
        )
        if last is None:
            raise StoreError("the store has no totals: restore the table totals")
        return tuple(
            draft.with_reply(number, draft.status, draft.reply)
            for number, draft in enumerate(drafts, last - count + 1)
        )

    def get(self, delivery_id: int) -> Delivery | None:
        found = self._select(f"{DELIVERY_COLUMNS} FROM deliveries WHERE id = %b", delivery_id)
        return _delivery_from_row(found[0]) if found else None

    def get_all(self, ids: Sequence[int]) -> tuple[Delivery, ...]:
        clause = f"{DELIVERY_COLUMNS} FROM deliveries WHERE id = ANY(%b::bigint[])"
        return in_order(ids, map(_delivery_from_row, self._select(clause, [*ids])))

    def list(
        self, after: int = 0, limit: int | None = None, *, newest_first: bool = False
    ) -> tuple[Delivery, ...]:
        clause = f"{DELIVERY_COLUMNS} {_range_clause(newest_first)}"
        return tuple(map(_delivery_from_row, self._select(clause, after, _MAX_ID, limit)))

    def ids(
        self,
        after: int = 0,
        before: int | None = None,
        limit: int | None = None,
        *,
        newest_first: bool = False,
    ) -> tuple[int, ...]:
        end = _MAX_ID if before is None else before
        found = self._select(f"id {_range_clause(newest_first)}", after, end, limit)
        return tuple(number for (number,) in found)

    def metadata(self, ids: Sequence[int]) -> tuple[DeliveryMetadata, ...]:
        clause = f"{METADATA_COLUMNS} FROM deliveries WHERE id = ANY(%b::bigint[])"
        found = map(_with_target, self._select(clause, [*ids]))
        return in_order(ids, map(metadata_from_row, found))

    def add_forward_attempt(self, forward_attempt: ForwardAttempt) -> ForwardAttempt:
        row = [*forward_attempt_row(forward_attempt)]
        row[2] = json.dumps(row[2])
        row[-1] = None if row[-1] is None else json.dumps(row[-1])
        changed = self._notification(f"changed {forward_attempt.delivery_id}")
        ((number, _),) = self._database.write(_ADD_FORWARD_ATTEMPT, *row, *changed)
        return replace(forward_attempt, id=number)

    def forward_attempts(self, delivery_id: int) -> tuple[ForwardAttempt, ...]:
        return self._forward_attempts([delivery_id])

    def last_forward_outcomes(self, ids: Sequence[int]) -> Mapping[int, str]:
        return {one.delivery_id: one.outcome for one in self._forward_attempts(ids)}

    def prune(self, retention_limits: RetentionLimits, now: float) -> int:
        removed = 0
        while retention_limits and (step := self._prune_batch(retention_limits, now)):
            removed += step
        return removed

    def clear(self) -> int:
        removed, newest = 0, max(self.ids(limit=1, newest_first=True), default=0)
        oldest = f"SELECT id FROM deliveries WHERE id <= %s ORDER BY id LIMIT {_REMOVED_ROWS}"  # noqa: S608
        while step := self._remove(f"IN ({oldest})", newest):
            removed += step
        with self._database.transaction() as connection:
            connection.execute("UPDATE totals SET removed = 0")
            self._notify(connection, "removed")
        return removed

    def remove(self, ids: Sequence[int]) -> int:
        removed = 0
        for first in range(0, len(ids), _NOTIFIED_IDS):
            some = [*ids[first : first + _NOTIFIED_IDS]]
            words = "removed " + ",".join(map(str, some))
            removed += self._remove("= ANY(%s::bigint[])", some, words=words)
        return removed

    def shrink(self) -> None:
        pass  # autovacuum does it

    def maintain(self) -> None:
        pass  # likewise

    def totals(self) -> StoreTotals:
        return StoreTotals(*self._database.rows(_TOTALS)[0])

    def check(self) -> None:
        self._database.write("UPDATE totals SET count = count RETURNING count")

    def observe(self, observer: StoreObserver) -> AbstractContextManager[None]:
        return PostgresListener(self._database, self._receiver_of(observer), _catch_up_of(observer))

    def close(self) -> None:
        self._database.close()

    def _prune_batch(self, retention_limits: RetentionLimits, now: float) -> int:
        """Remove the excess deliveries of the oldest batch; return their number."""
        oldest = f"SELECT id, received_at, {_SIZE} FROM deliveries ORDER BY id LIMIT %s"  # noqa: S608
        first = [PruneCandidate(*row) for row in self._database.rows(oldest, 1)]
        if not select_excess(retention_limits, self.totals(), first, now):
            return 0  # the usual case, which needs no lock
        with self._database.transaction() as connection:
            # The row lock is taken first, so that no two sinks remove the same deliveries.
            totals = connection.execute(f"{_TOTALS} FOR UPDATE".encode()).fetchone()
            rows = connection.execute(oldest.encode(), (_PRUNE_BATCH_SIZE,)).fetchall()
            candidates = [PruneCandidate(*row) for row in rows]
            known = StoreTotals(*totals or (0, 0, 0))
            excess = select_excess(retention_limits, known, candidates, now)
            last = excess[-1].id if excess else 0
            connection.execute("DELETE FROM deliveries WHERE id <= %s", (last,))
            connection.execute("DELETE FROM forward_attempts WHERE delivery_id <= %s", (last,))
            connection.execute(
                "UPDATE totals SET count = count - %s, bytes = bytes - %s, removed = removed + %s",
                (len(excess), sum(one.stored_bytes for one in excess), len(excess)),
            )
            self._notify(connection, "removed")
        return len(excess)

    def _remove(self, chosen: str, value: object, words: str | None = None) -> int:
        """Remove the deliveries whose id is `chosen`, and notify with `words`."""
        statement = f"DELETE FROM deliveries WHERE id {chosen} RETURNING id, {_SIZE}"  # noqa: S608
        attempts = "DELETE FROM forward_attempts WHERE delivery_id = ANY(%s)"
        with self._database.transaction() as connection:
            connection.execute(f"{_TOTALS} FOR UPDATE".encode())  # first, as in `_prune_batch`
            gone = connection.execute(statement.encode(), (value,)).fetchall()
            connection.execute(attempts, ([number for number, _ in gone],))
            connection.execute(
                "UPDATE totals SET count = count - %s, bytes = bytes - %s",
                (len(gone), sum(size for _, size in gone)),
            )
            if words is not None:
                self._notify(connection, words)
        return len(gone)

    def _forward_attempts(self, ids: Sequence[int]) -> tuple[ForwardAttempt, ...]:
        """Return the forward attempts of these deliveries, oldest first."""
        chosen = "FROM forward_attempts WHERE delivery_id = ANY(%b::bigint[]) ORDER BY id"
        found = self._select(f"{FORWARD_ATTEMPT_COLUMNS} {chosen}", [*ids])
        attempts = []
        for row in found:
            number, delivery_id, why, url, *others, error = row
            plain = None if error is None else json.loads(error)
            values = (number, delivery_id, why, json.loads(url), *others, plain)
            attempts.append(forward_attempt_from_row(values))
        return tuple(attempts)

    def _select(self, clause: str, *values: object) -> Sequence[Any]:
        return self._database.rows(f"SELECT {clause}", *values)

    def _notification(self, words: str) -> tuple[str, str]:
        """Return channel and payload of a notification; a number may follow the payload."""
        return self._database.schema, f"{self._origin} {words} "

    def _notify(self, connection: Connection, words: str) -> None:
        connection.execute("SELECT pg_notify(%s, %s)", self._notification(words))

    def _receiver_of(self, observer: StoreObserver) -> Callable[[str], None]:
        """Return the function that reports a notification of another sink to `observer`."""

        def receive(payload: str) -> None:
            origin, kind, numbers = f"{payload} ".split(" ", 2)
            ids = [int(number) for number in numbers.strip().split(",") if number]
            if kind == "stored":
                observer.stored(ids[0])
            elif origin != self._origin and kind == "removed":
                observer.removed(ids)
            elif origin != self._origin and kind == "changed":
                observer.changed(ids[0])

        return receive


def _catch_up_of(observer: StoreObserver) -> Callable[[Connection, bool], None]:
    def catch_up(connection: Connection, lost: bool) -> None:
        found = connection.execute("SELECT max(id) FROM deliveries").fetchone()
        observer.stored(found[0] or 0 if found else 0)
        if lost:
            observer.missed()

    return catch_up


def _delivery_row(draft: Delivery) -> Sequence[Any]:
    row = [*delivery_row(draft)]
    row[2] = json.dumps(row[2])
    return row


def _delivery_from_row(row: Sequence[Any]) -> Delivery:
    return delivery_from_row(_with_target(row))


def _with_target(row: Sequence[Any]) -> Sequence[Any]:
    """Return a row of `DELIVERY_COLUMNS` or `METADATA_COLUMNS` with its target decoded."""
    return (*row[:3], json.loads(row[3]), *row[4:])


def _range_clause(newest_first: bool) -> str:
    order = "DESC" if newest_first else "ASC"
    return f"FROM deliveries WHERE id > %b AND id < %b ORDER BY id {order} LIMIT %b::bigint"
