"""Store: the interface, tested for every implementation, then files."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from support.postgres import PostgresServer

from mock_server.storage.database import Store as StateStore
from webhook_sink.delivery import Delivery, ForwardAttempt
from webhook_sink.storage.location import PostgresUrl, StoreLocation
from webhook_sink.storage.open_store import open_store
from webhook_sink.storage.retention import RetentionLimits, StoreTotals
from webhook_sink.storage.sqlite_store import SqliteStore
from webhook_sink.storage.store import Store, StoreBusy, StoreError


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    location: StoreLocation | None = None
    if request.param == "sqlite":
        location = tmp_path / "deliveries.db"
    elif request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        location = PostgresUrl(server.new_url())
    with closing(open_store(location)) as opened:
        yield opened


def ids(deliveries: tuple[Delivery, ...]) -> list[int]:
    return [delivery.id for delivery in deliveries]


def test_returns_exactly_the_stored_deliveries(store: Store, draft: Delivery) -> None:
    other = replace(draft, headers=(), body=b"", truncated=True, status=413)
    first, second = store.append([draft, other])
    assert first == replace(draft, id=1)
    assert second == replace(other, id=2)
    assert (store.get(1), store.get(2)) == (first, second)
    assert store.list() == (first, second)


def test_ids_increase_by_one(store: Store, draft: Delivery) -> None:
    assert store.append([]) == ()
    assert ids(store.append([draft, draft])) == [1, 2]
    assert ids(store.append([draft])) == [3]


def test_get_returns_none_for_an_unknown_id(store: Store, draft: Delivery) -> None:
    store.append([draft])
    assert [store.get(n) for n in (0, -1, 2, 2**63 - 1)] == [None] * 4


def test_read_yields_the_requested_deliveries_in_order(store: Store, draft: Delivery) -> None:
    sizes = [0, 700_000, 400_000, 2_000_000, *[5] * 250]
    stored = store.append([replace(draft, body=bytes(size)) for size in sizes])
    assert list(store.read([3, 999, 1, 2, 4])) == [stored[n - 1] for n in (3, 1, 2, 4)]
    assert list(store.read(range(254, 0, -1))) == [*reversed(stored)]
    assert list(store.read([])) == []
    assert store.get_all([2, 999, 1]) == (stored[1], stored[0])


def test_read_holds_no_more_than_a_mebibyte_of_small_bodies(
    store: Store, draft: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = [0, 700_000, 400_000, 2_000_000, *[5] * 150]
    store.append([replace(draft, body=bytes(size)) for size in sizes])
    groups: list[Sequence[int]] = []
    read_group = store.get_all

    def recorded(ids: Sequence[int]) -> tuple[Delivery, ...]:
        groups.append(list(ids))
        return read_group(ids)

    monkeypatch.setattr(store, "get_all", recorded)
    assert len(list(store.read(range(1, 155)))) == 154
    assert groups == [[1, 2], [3], [4], list(range(5, 105)), list(range(105, 155))]


def test_list(store: Store, draft: Delivery) -> None:
    assert store.list() == ()
    store.append([draft] * 5)
    assert ids(store.list()) == [1, 2, 3, 4, 5]
    assert ids(store.list(after=2)) == [3, 4, 5]
    assert ids(store.list(after=2, limit=2)) == [3, 4]
    assert ids(store.list(limit=2, newest_first=True)) == [5, 4]
    assert ids(store.list(after=4, limit=2, newest_first=True)) == [5]
    assert store.list(after=5) == store.list(limit=0) == store.list(after=2**63 - 1) == ()


def test_ids(store: Store, draft: Delivery) -> None:
    assert store.ids() == ()
    store.append([draft] * 5)
    assert store.ids() == (1, 2, 3, 4, 5)
    assert store.ids(after=1, before=4) == (2, 3)
    assert store.ids(before=5, limit=2, newest_first=True) == (4, 3)
    assert store.ids(after=5) == store.ids(before=1) == store.ids(limit=0) == ()


def test_metadata_has_the_requested_order_and_no_bodies(store: Store, draft: Delivery) -> None:
    store.append([draft, replace(draft, status=0, reply="hang", body=b"")])
    second, first = store.metadata([2, 7, 1])
    assert (first.id, first.size, first.target) == (1, 256, draft.target)
    assert (second.id, second.size, second.status, second.reply) == (2, 0, 0, "hang")
    assert (first.received_at, first.method, first.remote) == (
        draft.received_at,
        draft.method,
        draft.remote,
    )
    store.append([draft] * 2000)
    assert [head.id for head in store.metadata(range(2000, 0, -1))] == list(range(2000, 0, -1))


def forward_attempt(
    delivery_id: int, status: int | None = 201, error: str | None = None
) -> ForwardAttempt:
    headers = ((b"X-A", b"1"), (b"x-a", bytes(range(256))))
    body = bytes(range(256))
    url = "http://127.0.0.1/"
    return ForwardAttempt(
        0,
        delivery_id,
        "forward",
        url,
        1.5,
        0.25,
        status,
        headers,
        body,
        truncated=True,
        error=error,
    )


def test_forward_attempts_are_stored_with_their_delivery(store: Store, draft: Delivery) -> None:
    store.append([draft] * 3)
    first = store.add_forward_attempt(forward_attempt(1))
    other = store.add_forward_attempt(forward_attempt(3, None, "the connection was refused"))
    second = store.add_forward_attempt(forward_attempt(1, 500))
    assert first == replace(forward_attempt(1), id=first.id)
    assert store.forward_attempts(1) == (first, second)
    assert store.forward_attempts(2) == ()
    assert store.last_forward_outcomes([1, 2, 3]) == {1: "500", 3: other.error}


def test_totals_count_bodies_and_headers(store: Store, draft: Delivery) -> None:
    assert store.totals() == StoreTotals(0, 0, 0)
    small = replace(draft, headers=(), body=b"12345")  # plus 2 bytes for the empty header list
    store.append([small, small])
    assert store.totals() == StoreTotals(2, 14, 0)


@pytest.mark.parametrize(
    ("bounds", "left"),
    [
        (RetentionLimits(), range(1, 1201)),
        (RetentionLimits(count=1200), range(1, 1201)),
        (RetentionLimits(count=3), (1198, 1199, 1200)),
        (RetentionLimits(count=0), (1200,)),
        (RetentionLimits(age=9.5), range(1191, 1201)),
        (RetentionLimits(age=0), (1200,)),
        (RetentionLimits(size=21), (1198, 1199, 1200)),
        (RetentionLimits(size=20), (1199, 1200)),
        (RetentionLimits(size=0), (1200,)),
        (RetentionLimits(count=3, age=1.5, size=1000), (1199, 1200)),
    ],
)
def test_prune_removes_the_oldest_beyond_a_limit(
    bounds: RetentionLimits, left: Iterable[int], store: Store, draft: Delivery
) -> None:
    small = replace(draft, headers=(), body=b"12345")
    store.append([replace(small, received_at=float(n)) for n in range(1, 1201)])
    store.add_forward_attempt(forward_attempt(1))
    kept = list(left)
    assert store.prune(bounds, now=1200.0) == 1200 - len(kept)
    assert list(store.ids()) == kept
    assert store.totals() == StoreTotals(len(kept), 7 * len(kept), 1200 - len(kept))
    assert len(store.forward_attempts(1)) == (1 in kept)
    assert ids(store.append([small])) == [1201]


def test_only_the_age_limit_removes_the_last_delivery(store: Store, draft: Delivery) -> None:
    store.append([replace(draft, received_at=1.0)])
    assert store.prune(RetentionLimits(age=5), now=6.0) == 0
    assert store.prune(RetentionLimits(age=5), now=6.5) == 1
    assert store.totals() == StoreTotals(0, 0, 1)


def test_clear_removes_everything_and_reuses_no_id(store: Store, draft: Delivery) -> None:
    store.append([draft, draft])
    store.add_forward_attempt(forward_attempt(2))
    assert store.clear() == 2
    assert (store.list(), store.forward_attempts(2), store.totals()) == (
        (),
        (),
        StoreTotals(0, 0, 0),
    )
    assert store.clear() == 0
    assert ids(store.append([draft])) == [3]


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.parent.iterdir())


@pytest.mark.parametrize("earlier", [False, True])
def test_the_file_shrinks_when_it_is_cleared(
    earlier: bool, tmp_path: Path, draft: Delivery
) -> None:
    path = tmp_path / "deliveries.db"
    store = SqliteStore(path)
    if earlier:  # as an earlier release created it
        store.close()
        _execute(path, "PRAGMA auto_vacuum = NONE", "VACUUM")
        store = SqliteStore(path)
    for _ in range(20):
        store.append([replace(draft, body=bytes(2048))] * 100)
    before = _size(path)
    assert before > 4_000_000
    assert store.clear() == 2000
    assert _size(path) < 200_000
    assert ids(store.append([draft])) == [2001]
    assert store.clear() == 1
    store.close()
    assert _size(path) < 100_000


def test_deliveries_that_are_stored_during_a_clear_stay(tmp_path: Path, draft: Delivery) -> None:
    path = tmp_path / "deliveries.db"
    store = SqliteStore(path)
    large = replace(draft, body=bytes(2048))
    for _ in range(50):
        store.append([large] * 100)
    with ThreadPoolExecutor(1) as pool:
        clearing = pool.submit(store.clear)
        stored: list[int] = []
        while not clearing.done():
            stored += ids(store.append([draft]))
        removed = clearing.result()
    stored += ids(store.append([draft]))
    # The first may have been stored before the clear began.
    kept = ids(store.list())
    assert stored[len(stored) - len(kept) :] == kept
    assert removed == 5000 + len(stored) - len(kept)
    assert len(stored) > 1
    assert store.totals().count == len(kept)
    store.close()


def test_the_log_is_bounded_and_emptied_when_nothing_is_stored(
    tmp_path: Path, draft: Delivery
) -> None:
    path = tmp_path / "deliveries.db"
    log = tmp_path / "deliveries.db-wal"
    store = SqliteStore(path)
    sizes = []
    for _ in range(60):
        store.append([replace(draft, body=bytes(10_000))] * 64)
        store.list(limit=1, newest_first=True)
        store.maintain()
        sizes.append(log.stat().st_size)
    assert 0 < max(sizes) <= 20_000_000  # of 40 MB
    store.maintain()
    assert log.stat().st_size == 0
    store.close()


def test_migrates_a_file_of_format_1(tmp_path: Path, draft: Delivery) -> None:
    path = tmp_path / "deliveries.db"
    old = sqlite3.connect(path)
    old.execute(
        "CREATE TABLE deliveries (id INTEGER PRIMARY KEY AUTOINCREMENT, received_at REAL NOT NULL,"
        " method TEXT NOT NULL, target TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL,"
        " truncated INTEGER NOT NULL, remote TEXT NOT NULL, status INTEGER NOT NULL)"
    )
    row = (7, 1.5, "POST", "/a", '[["X-A", "1"]]', b"{}", 0, "here:1", 200)
    old.execute("INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    store = SqliteStore(path)
    kept = Delivery(7, 1.5, "POST", "/a", ((b"X-A", b"1"),), b"{}", False, "here:1", 200)
    assert store.list() == (kept,)
    assert store.totals() == StoreTotals(1, 2 + len(row[4]), 0)
    assert ids(store.append([draft])) == [8]
    store.close()


def test_a_reopened_file_has_the_deliveries_and_private_permissions(
    tmp_path: Path, draft: Delivery
) -> None:
    path = tmp_path / "deliveries.db"
    store = SqliteStore(path)
    store.append([draft])
    store.close()
    again = SqliteStore(path)
    assert again.list() == (replace(draft, id=1),)
    assert ids(again.append([draft])) == [2]
    again.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("mode", "expected"), [(0o644, 0o600), (0o666, 0o600), (0o755, 0o700), (0o600, 0o600)]
)
def test_an_existing_file_becomes_private_with_a_warning(
    mode: int,
    expected: int,
    tmp_path: Path,
    draft: Delivery,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path, copy = tmp_path / "deliveries.db", tmp_path / "copy.db"
    store = SqliteStore(path)
    store.append([draft])
    # As a killed process leaves it, with its log.
    for suffix in ("", "-wal"):
        file = Path(f"{copy}{suffix}")
        file.write_bytes(Path(f"{path}{suffix}").read_bytes())
        file.chmod(mode)
    store.close()
    with caplog.at_level("WARNING"):
        again = SqliteStore(copy)
    again.append([draft])
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("copy.db*")}
    assert modes == dict.fromkeys(("copy.db", "copy.db-wal", "copy.db-shm"), expected)
    assert len(again.list()) == 2
    again.close()
    warned = [r.getMessage() for r in caplog.records]
    assert warned == [
        f"{copy}{suffix}: mode {mode:03o} was too wide, now {expected:03o}"
        for suffix in ("", "-wal")
        if mode != expected
    ]


def test_a_stricter_mode_stays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "deliveries.db"
    SqliteStore(path).close()
    path.chmod(0o400)
    if os.access(path, os.W_OK):  # the superuser may still write it
        SqliteStore(path).close()
    else:
        with pytest.raises(StoreError, match="must be writable"):
            SqliteStore(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert caplog.records == []


def test_the_file_of_another_program_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.db"
    _another_database(path)
    path.chmod(0o644)
    with pytest.raises(StoreError):
        SqliteStore(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_second_store_reads_the_same_file(tmp_path: Path, draft: Delivery) -> None:
    path = tmp_path / "deliveries.db"
    writing, reading = SqliteStore(path), SqliteStore(path)
    writing.append([draft])
    assert ids(reading.list()) == [1]
    writing.close()
    reading.close()


def _a_directory(path: Path) -> None:
    path.mkdir()


def _no_database(path: Path) -> None:
    path.write_text("these are notes, and many of them\n" * 100, encoding="utf-8")


def _another_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text)")


def _another_database_of_this_version(path: Path) -> None:
    _another_database(path)
    _execute(path, "PRAGMA user_version = 2")


def _another_database_with_a_table_of_that_name(path: Path) -> None:
    _execute(
        path, "CREATE TABLE deliveries (id INTEGER PRIMARY KEY, text)", "PRAGMA user_version = 1"
    )


def _another_application(path: Path) -> None:
    _execute(path, "PRAGMA application_id = 7")


def _tables_in_the_log_of_a_killed_process(path: Path) -> None:
    live = path.with_name("live")
    with closing(sqlite3.connect(live)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE notes (text)")
        for suffix in ("", "-wal"):
            path.with_name(path.name + suffix).write_bytes(Path(f"{live}{suffix}").read_bytes())


def _the_state_of_a_mock(path: Path) -> None:
    state = StateStore(path)
    state.open()
    state.close()


def _execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)


def _content(path: Path) -> dict[str, tuple[bytes, int]]:
    """Return bytes and time of change of the file and those beside it."""
    found = (file for file in path.parent.iterdir() if file.is_file())
    return {file.name: (file.read_bytes(), file.stat().st_ctime_ns) for file in found}


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_a_directory, "is not a regular file"),
        (_no_database, "is no store of hookproof: it is no SQLite file"),
        (_another_database, "was not written by hookproof"),
        (_another_database_of_this_version, "was not written by hookproof"),
        (_another_database_with_a_table_of_that_name, "was not written by hookproof"),
        (_another_application, "was not written by hookproof"),
        (_tables_in_the_log_of_a_killed_process, "was not written by hookproof"),
        (_the_state_of_a_mock, "was not written by hookproof"),
    ],
)
def test_refuses_a_path_that_is_no_store_and_writes_nothing(
    make: Callable[[Path], None], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "deliveries.db"
    make(path)
    before = _content(path)
    with pytest.raises(StoreError, match=rf"deliveries\.db .*{reason}"):
        SqliteStore(path)
    assert _content(path) == before


@pytest.mark.parametrize("with_id", [True, False])
@pytest.mark.parametrize(
    ("version", "reason"), [(99, "by a newer hookproof; update hookproof"), (0, "not written by")]
)
def test_a_store_of_another_version_is_not_changed(
    with_id: bool, version: int, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "deliveries.db"
    SqliteStore(path).close()
    _execute(path, f"PRAGMA user_version = {version}")
    if not with_id:  # as earlier releases wrote it
        _execute(path, "PRAGMA application_id = 0")
    before = _content(path)
    with pytest.raises(StoreError, match=rf"{path} .*{reason}"):
        SqliteStore(path)
    assert _content(path) == before


def test_a_state_of_an_older_version_is_called_older(tmp_path: Path) -> None:
    path = tmp_path / "state"
    state = StateStore(path)
    state.open()
    state.close()
    _execute(path, "PRAGMA user_version = 1", "PRAGMA application_id = 0")
    with pytest.raises(StoreError, match="was written by an older hookproof"):
        StateStore(path).open()


def test_opens_a_store_whose_checkpoint_was_killed(tmp_path: Path, draft: Delivery) -> None:
    path, torn = tmp_path / "deliveries.db", tmp_path / "torn.db"
    store = SqliteStore(path)
    store.append([replace(draft, body=bytes(3000))] * 50)
    begun = path.read_bytes()
    Path(f"{torn}-wal").write_bytes(Path(f"{path}-wal").read_bytes())
    store.close()
    # SQLite has written the first page, which states the new size, and no other.
    torn.write_bytes(path.read_bytes()[:8192] + begun[8192:])
    again = SqliteStore(torn)
    assert len(again.list()) == 50
    again.close()


def test_opens_a_store_of_an_earlier_release_without_an_id(tmp_path: Path, draft: Delivery) -> None:
    path = tmp_path / "deliveries.db"
    store = SqliteStore(path)
    store.append([draft])
    store.close()
    _execute(path, "PRAGMA application_id = 0")
    again = SqliteStore(path)
    assert ids(again.list()) == [1]
    again.close()


def test_a_failed_append_stores_nothing_and_can_be_retried(tmp_path: Path, draft: Delivery) -> None:
    path = tmp_path / "deliveries.db"
    store = SqliteStore(path)
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


def test_a_lock_longer_than_the_timeout_is_an_error(tmp_path: Path, draft: Delivery) -> None:
    path = tmp_path / "deliveries.db"
    store = SqliteStore(path, lock_timeout=0.05)
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


def test_a_full_disk_is_an_error_until_there_is_room(tmp_path: Path, draft: Delivery) -> None:
    store = SqliteStore(tmp_path / "deliveries.db")
    store.append([draft])
    store._database._write_connection.execute("PRAGMA max_page_count = 12")
    with pytest.raises(StoreError, match="full"):
        store.append([draft, replace(draft, body=bytes(1_000_000))])
    assert ids(store.list()) == [1]
    store._database._write_connection.execute("PRAGMA max_page_count = 100000")
    assert ids(store.append([replace(draft, body=bytes(1_000_000))])) == [2]
    store.close()


def test_append_without_wait_raises_if_the_store_is_busy(tmp_path: Path, draft: Delivery) -> None:
    path = tmp_path / "deliveries.db"
    store = SqliteStore(path, lock_timeout=30.0)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match=r"deliveries\.db is locked"):
        store.append([draft], wait=False)
    holder.execute("ROLLBACK")
    holder.close()
    assert ids(store.append([draft], wait=False)) == [1]
    with ThreadPoolExecutor() as pool, store._database.transaction():
        other = pool.submit(store.append, [draft], wait=False)
        with pytest.raises(StoreBusy, match="being written"):
            other.result()
    assert ids(store.append([draft])) == [2]
    store.close()
