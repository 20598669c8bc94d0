"""Growth of the state: names take little space, and a reset gives it back."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mock_server.storage.database import MAX_CREATED, StateChange, Store

NAMES = 20_000
BYTES_OF_A_NAME = 64
REQUEST = b"a request" * 20
REQUESTS_BYTES = 1 << 20
"""Most bytes of the requests that the store keeps."""


@pytest.fixture(params=[False, True], ids=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "state" if request.param else None)
    store.open()
    with closing(store):
        yield store


def size(store: Store) -> int:
    """Return the bytes of the database, in memory or in its files."""
    if store.path is None:
        ((pages,),) = store.rows("PRAGMA page_count")
        return int(pages) * int(store.rows("PRAGMA page_size")[0][0])
    return sum(
        file.stat().st_size for file in store.path.parent.iterdir() if "-shm" not in file.name
    )


async def create(store: Store, length: int, request: bytes) -> None:
    changes = (
        StateChange("op", f"op {number} ".ljust(length, "n"), request) for number in range(NAMES)
    )
    assert set(await asyncio.gather(*map(store.commit_change, changes))) == {None}


@pytest.mark.parametrize("length", [50, 200])
def test_a_name_takes_the_same_space_however_long_it_is(store: Store, length: int) -> None:
    before = size(store)
    asyncio.run(create(store, length, REQUEST))
    if store.path is not None:
        store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    assert size(store) - before < NAMES * BYTES_OF_A_NAME + REQUESTS_BYTES


def test_a_reset_gives_the_space_back(store: Store) -> None:
    before = size(store)
    asyncio.run(create(store, 200, REQUEST))
    assert size(store) > before + NAMES * 16
    store.reset()
    assert size(store) <= before + (64 * os.sysconf("SC_PAGE_SIZE"))
    asyncio.run(create(store, 200, b""))


def test_the_newest_requests_of_creations_are_kept(store: Store) -> None:
    asyncio.run(create(store, 50, b"a request"))
    ids = [record.id for record in store.created(["op"], None, NAMES)]
    assert ids == list(range(NAMES, NAMES - MAX_CREATED, -1))
    ((rows,),) = store.rows("SELECT count(*) FROM created ")
    assert rows < 2 * MAX_CREATED


def test_taken_names_stay_taken_beyond_the_listed_requests(store: Store) -> None:
    asyncio.run(create(store, 50, b"a request"))
    first = StateChange("op", "op 0 ".ljust(50, "n"), b"a request")
    assert asyncio.run(store.commit_change(first)) == "duplicate-request"
    other = StateChange("another", "op 0".ljust(50, "n"), b"a request")
    assert asyncio.run(store.commit_change(other)) is None
