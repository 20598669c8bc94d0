"""The store's interface, tested once for every store; then what is true of files alone."""

import sqlite3
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from webhook_sink.delivery import Delivery
from webhook_sink.sqlite_store import SqliteStore
from webhook_sink.store import Store, StoreError, open_store


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(None if request.param == "memory" else tmp_path / "deliveries.db")
    yield opened
    opened.close()


def ids(deliveries: tuple[Delivery, ...]) -> list[int]:
    return [delivery.id for delivery in deliveries]


def test_it_gives_back_exactly_what_was_stored(store: Store, draft: Delivery) -> None:
    other = replace(draft, headers=(), body=b"", truncated=True, status=413)
    first, second = store.append([draft, other])
    assert first == replace(draft, id=1)
    assert second == replace(other, id=2)
    assert (store.get(1), store.get(2)) == (first, second)
    assert store.list() == (first, second)


def test_ids_count_upwards(store: Store, draft: Delivery) -> None:
    assert store.append([]) == ()
    assert ids(store.append([draft, draft])) == [1, 2]
    assert ids(store.append([draft])) == [3]


def test_get_what_is_not_there(store: Store, draft: Delivery) -> None:
    store.append([draft])
    assert [store.get(n) for n in (0, -1, 2, 2**63 - 1)] == [None] * 4


def test_list(store: Store, draft: Delivery) -> None:
    assert store.list() == ()
    store.append([draft] * 5)
    assert ids(store.list()) == [1, 2, 3, 4, 5]
    assert ids(store.list(after=2)) == [3, 4, 5]
    assert ids(store.list(after=2, limit=2)) == [3, 4]
    assert ids(store.list(limit=2, newest_first=True)) == [5, 4]
    assert ids(store.list(after=4, limit=2, newest_first=True)) == [5]
    assert store.list(after=5) == store.list(limit=0) == store.list(after=2**63 - 1) == ()


def test_a_file_keeps_them(tmp_path: Path, draft: Delivery) -> None:
    path = tmp_path / "deliveries.db"
    store = open_store(path)
    store.append([draft])
    store.close()
    again = open_store(path)
    assert again.list() == (replace(draft, id=1),)
    assert ids(again.append([draft])) == [2]
    again.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_process_may_read_while_one_writes(tmp_path: Path, draft: Delivery) -> None:
    path = tmp_path / "deliveries.db"
    writing, reading = open_store(path), open_store(path)
    writing.append([draft])
    assert ids(reading.list()) == [1]
    writing.close()
    reading.close()


def _a_directory(path: Path) -> None:
    path.mkdir()


def _no_database(path: Path) -> None:
    path.write_text("these are notes, and many of them\n" * 100, encoding="utf-8")


def _another_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (text)")
    connection.close()


@pytest.mark.parametrize("make", [_a_directory, _no_database, _another_database])
def test_what_is_no_store_is_refused(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "deliveries.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=r"deliveries\.db"):
        open_store(path)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_failure_leaves_nothing_behind_and_passes(tmp_path: Path, draft: Delivery) -> None:
    path = tmp_path / "deliveries.db"
    store = open_store(path)
    blocker = sqlite3.connect(path)
    blocker.execute(
        "CREATE TRIGGER full BEFORE INSERT ON deliveries WHEN NEW.target = '/2' "
        "BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    with pytest.raises(StoreError, match="no room"):
        store.append([draft, replace(draft, target="/2")])
    assert store.list() == ()
    blocker.execute("DROP TRIGGER full")
    blocker.close()
    assert ids(store.append([draft, replace(draft, target="/2")])) == [1, 2]
    store.close()


def test_a_lock_of_somebody_else_is_waited_for_and_then_a_failure(
    tmp_path: Path, draft: Delivery
) -> None:
    path = tmp_path / "deliveries.db"
    store = SqliteStore(path, patience=0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    assert holder.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        store.append([draft])
    assert store.list() == ()
    holder.execute("ROLLBACK")
    holder.close()
    assert ids(store.append([draft])) == [1]
    store.close()


def test_a_full_disk_is_a_failure_and_passes(tmp_path: Path, draft: Delivery) -> None:
    store = SqliteStore(tmp_path / "deliveries.db")
    store.append([draft])
    store._writer.execute("PRAGMA max_page_count = 10")
    with pytest.raises(StoreError, match="full"):
        store.append([draft, replace(draft, body=bytes(1_000_000))])
    assert ids(store.list()) == [1]
    store._writer.execute("PRAGMA max_page_count = 100000")
    assert ids(store.append([replace(draft, body=bytes(1_000_000))])) == [2]
    store.close()
