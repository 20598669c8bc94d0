"""Unfinished records: those of successes that a killed mock would lose.

The transaction of a success also stores its request and its deliveries. The row of a request goes
when the journal has the record, that of a delivery when the delivery has ended. The next start of
the mock finds the rows of a killed one.
"""

import asyncio
import sqlite3
from collections.abc import Iterable

from mock_server.storage.database import Store
from mock_server.storage.journal import MAX_RECORDS, Journal, RecordKind

_DELETION_INTERVAL = 256
"""Requests after which the oldest rows of requests are deleted: the journal keeps no more."""
_FINISH_DELAY_S = 0.25
"""Seconds after which the end of a delivery is stored, unless a success is stored before."""

UnfinishedRow = tuple[int, RecordKind, str]
"""Id, kind and text of a record."""


class UnfinishedRecords:
    """Rows of one worker in a state file that outlives the mock."""

    def __init__(self, store: Store, journal: Journal) -> None:
        """Use `store`; `journal` has the attempts of the deliveries that end."""
        self._store = store
        self._journal = journal
        self._finished: list[tuple[int]] = []
        self._ended: set[int] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._count = 0

    def insert(self, db: sqlite3.Connection, records: Iterable[UnfinishedRow]) -> None:
        """Store the records of one success, in its transaction."""
        db.executemany("INSERT INTO unfinished VALUES (?, ?, ?)", records)
        self._delete_finished(db)
        self._count += 1
        if self._count % _DELETION_INTERVAL == 0:
            db.execute(_DELETE_OLD_REQUESTS, (MAX_RECORDS["request"],))

    def finish(self, number: int) -> None:
        """Store soon that a delivery has ended."""
        self._finished.append((number,))
        self._ended.add(number)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_FINISH_DELAY_S, self.flush)

    def flush(self) -> None:
        """Store which deliveries have ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._journal.write_attempts(self._ended)
        self._ended.clear()
        if self._finished:
            with self._store.transaction() as db:
                self._delete_finished(db)

    def _delete_finished(self, db: sqlite3.Connection) -> None:
        if self._finished:
            db.executemany("DELETE FROM unfinished WHERE id = ?", self._finished)
            self._finished.clear()


_DELETE_OLD_REQUESTS = """
    DELETE FROM unfinished WHERE kind = 'request' AND id <= (
        SELECT id FROM unfinished WHERE kind = 'request' ORDER BY id DESC LIMIT 1 OFFSET ?
    )
"""
