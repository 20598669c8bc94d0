"""Deliveries in one SQLite file, which other processes may read meanwhile; or in memory."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from webhook_sink.delivery import Delivery, Head, Passed
from webhook_sink.storage.database import Database
from webhook_sink.storage.retention import Bounds, Old, Totals, beyond
from webhook_sink.storage.rows import (
    DELIVERY,
    HEAD,
    PASSED,
    delivery_of,
    head_of,
    insertion,
    passed_of,
    row_of,
    row_of_passed,
    weight,
)

_INSERTIONS = {rows: insertion("deliveries", DELIVERY, rows) for rows in (1, 2, 4, 8, 16, 32, 64)}
"""By how many rows; a thread waits for its turn after each statement, so there are few."""
_INSERT_PASSED = insertion("passed", PASSED)
_LARGEST = 2**63 - 1
_AT_ONCE = 500
"""How many of the oldest are looked at in one step of a removal."""


class SqliteStore:
    """A `webhook_sink.store.Store`. A file's deliveries outlive the process and a loss of power."""

    def __init__(self, path: Path | None = None, patience: float = 5.0) -> None:
        """Open or make the file at `path`, readable by its owner alone; raise `StoreError`.

        `patience` is how many seconds a lock of somebody else is waited for. Without a path the
        database is SQLite's own temporary one.
        """
        self._database = Database(path, patience)

    def append(self, drafts: Sequence[Delivery], *, wait: bool = True) -> tuple[Delivery, ...]:
        """See `Store.append`; one transaction, on the disk when it returns."""
        rows = [row_of(draft) for draft in drafts]
        size = sum(weight(row) for row in rows)
        numbers: list[int] = []
        with self._database.changing(wait=wait) as change:
            for some in _portions(rows):
                values = tuple(chain.from_iterable(some))
                last = change(_INSERTIONS[len(some)], values).lastrowid or 0
                numbers += range(last - len(some) + 1, last + 1)
            change("UPDATE totals SET count = count + ?, bytes = bytes + ?", (len(rows), size))
        return tuple(d.settled(n, d.status, d.reply) for d, n in zip(drafts, numbers, strict=True))

    def get(self, delivery_id: int) -> Delivery | None:
        """See `Store.get`."""
        found = self._database.read(f"{DELIVERY} FROM deliveries WHERE id = ?", delivery_id)
        return delivery_of(found[0]) if found else None

    def list(
        self, after: int = 0, limit: int | None = None, *, newest_first: bool = False
    ) -> tuple[Delivery, ...]:
        """See `Store.list`."""
        clause = _span(newest_first)
        found = self._database.read(f"{DELIVERY} {clause}", after, _LARGEST, _most(limit))
        return tuple(map(delivery_of, found))

    def ids(
        self,
        after: int = 0,
        before: int | None = None,
        limit: int | None = None,
        *,
        newest_first: bool = False,
    ) -> tuple[int, ...]:
        """See `Store.ids`."""
        end = _LARGEST if before is None else before
        found = self._database.read(f"id {_span(newest_first)}", after, end, _most(limit))
        return tuple(number for (number,) in found)

    def heads(self, ids: Sequence[int]) -> tuple[Head, ...]:
        """See `Store.heads`."""
        found = self._read_some(f"{HEAD} FROM deliveries WHERE id", ids)
        known = {head.id: head for head in map(head_of, found)}
        return tuple(known[number] for number in ids if number in known)

    def keep_passed(self, passed: Passed) -> Passed:
        """See `Store.keep_passed`."""
        with self._database.changing() as change:
            number = change(_INSERT_PASSED, row_of_passed(passed)).lastrowid or 0
        return replace(passed, id=number)

    def passed(self, delivery_id: int) -> tuple[Passed, ...]:
        """See `Store.passed`."""
        found = self._database.read(
            f"{PASSED} FROM passed WHERE delivery_id = ? ORDER BY id", delivery_id
        )
        return tuple(map(passed_of, found))

    def outcomes(self, ids: Sequence[int]) -> Mapping[int, str]:
        """See `Store.outcomes`."""
        found = self._read_some(f"{PASSED} FROM passed WHERE delivery_id", ids)
        return {one.delivery_id: one.outcome for one in sorted(map(passed_of, found), key=_number)}

    def prune(self, bounds: Bounds, now: float) -> int:
        """See `Store.prune`."""
        removed = 0
        while step := self._prune_some(bounds, now):
            removed += step
        return removed

    def clear(self) -> int:
        """See `Store.clear`."""
        with self._database.changing() as change:
            (count,) = change("SELECT count FROM totals").fetchone()
            for statement in ("DELETE FROM deliveries", "DELETE FROM passed"):
                change(statement)
            change("UPDATE totals SET count = 0, bytes = 0, removed = 0")
        return int(count)

    def totals(self) -> Totals:
        """See `Store.totals`."""
        return Totals(*self._database.read("count, bytes, removed FROM totals")[0])

    def check(self) -> None:
        """See `Store.check`."""
        with self._database.changing() as change:
            for step in (1, -1):  # what does not change would not be written
                change("UPDATE totals SET count = count + ?", (step,))

    def close(self) -> None:
        """See `Store.close`."""
        self._database.close()

    def _prune_some(self, bounds: Bounds, now: float) -> int:
        """Remove what is beyond `bounds` of the oldest `_AT_ONCE`; return how many that are."""
        if not beyond(bounds, self.totals(), self._oldest(1), now):
            return 0  # without waiting for a lock, as nearly always
        with self._database.changing() as change:
            totals = Totals(*change("SELECT count, bytes, removed FROM totals").fetchone())
            gone = beyond(bounds, totals, self._oldest(_AT_ONCE), now)
            last = gone[-1].id if gone else 0
            change("DELETE FROM deliveries WHERE id <= ?", (last,))
            change("DELETE FROM passed WHERE delivery_id <= ?", (last,))
            size = sum(old.weight for old in gone)
            change(
                "UPDATE totals SET count = count - ?, bytes = bytes - ?, removed = removed + ?",
                (len(gone), size, len(gone)),
            )
        return len(gone)

    def _oldest(self, most: int) -> tuple[Old, ...]:
        clause = "id, received_at, size + length(headers) FROM deliveries ORDER BY id LIMIT ?"
        return tuple(Old(*row) for row in self._database.read(clause, most))

    def _read_some(self, clause: str, ids: Sequence[int]) -> Sequence[Any]:
        # As JSON: the number of parameters of a statement is bounded.
        chosen = f"{clause} IN (SELECT value FROM json_each(?))"  # noqa: S608 - the clauses above
        return self._database.read(chosen, json.dumps(list(ids)))


def _portions(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield all rows in order, each time as many as there is a statement for."""
    place = 0
    while left := len(rows) - place:
        size = max(known for known in _INSERTIONS if known <= left)
        yield rows[place : place + size]
        place += size


def _span(newest_first: bool) -> str:
    order = "DESC" if newest_first else "ASC"
    return f"FROM deliveries WHERE id > ? AND id < ? ORDER BY id {order} LIMIT ?"


def _most(limit: int | None) -> int:
    return -1 if limit is None else limit


def _number(passed: Passed) -> int:
    return passed.id
