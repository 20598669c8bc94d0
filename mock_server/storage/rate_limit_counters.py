"""Rate limit counters that several workers share: a storage for the library `limits`.

It supports only the moving window.
"""

import time

from limits.aio.storage import MovingWindowSupport, Storage

from mock_server.storage.database import Store
from openapi.files.sqlite_file import StoreError


class SharedRateLimitStorage(Storage, MovingWindowSupport):
    """Storage with one row for each hit, shared by the workers."""

    STORAGE_SCHEME = None

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    @property
    def base_exceptions(self) -> type[Exception]:
        """Return the exceptions that this storage may raise."""
        return StoreError

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count a hit of weight `amount` if the last `expiry` seconds have room below `limit`."""
        now = time.time()
        with self._store.transaction() as db:
            db.execute("DELETE FROM hits WHERE client = ? AND at < ?", (key, now - expiry))
            (used,) = db.execute("SELECT count(*) FROM hits WHERE client = ?", (key,)).fetchone()
            if used + amount > limit:
                return False
            db.executemany("INSERT INTO hits VALUES (?, ?)", [(key, now)] * amount)
        return True

    async def get_moving_window(self, key: str, _limit: int, expiry: int) -> tuple[float, int]:
        """Return the time of the oldest hit in the window, else now, and the number of hits."""
        now = time.time()
        statement = "SELECT min(at), count(*) FROM hits WHERE client = ? AND at >= ?"
        ((oldest, used),) = self._store.rows(statement, key, now - expiry)
        return oldest or now, used

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Raise `NotImplementedError`: this storage has no fixed windows."""
        raise NotImplementedError

    async def get(self, key: str) -> int:
        """Return the number of hits for `key`."""
        return int(self._store.rows("SELECT count(*) FROM hits WHERE client = ?", key)[0][0])

    async def get_expiry(self, key: str) -> float:
        """Raise `NotImplementedError`: this storage has no fixed windows."""
        raise NotImplementedError

    async def check(self) -> bool:
        """Return True: the storage is always available."""
        return True

    async def reset(self) -> int | None:
        """Delete all hits."""
        self._store.rows("DELETE FROM hits")
        return None

    async def clear(self, key: str) -> None:
        """Delete the hits of `key`."""
        self._store.rows("DELETE FROM hits WHERE client = ?", key)
