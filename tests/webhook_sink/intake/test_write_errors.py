"""Write errors of the store (full disk, locked, moved or replaced file) and recovery."""

import os
import resource
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from support.processes import launched_with_log

from webhook_sink.storage.sqlite_store import SqliteStore

pytestmark = pytest.mark.integration

DEADLINE = 30.0
"""Seconds to wait for a response; the sink waits 5 s for a lock."""
BODY = b"small"
LARGE = os.urandom(200_000).hex().encode()


@dataclass
class Running:
    """Process `hookproof sink` with a store file."""

    url: str
    pid: int
    log: Path
    http: httpx.Client

    def post(self, body: bytes = BODY) -> int:
        reply = self.http.post(f"{self.url}/hook", content=body)
        assert ("retry-after" in reply.headers) == (reply.status_code == 503)
        return reply.status_code

    def posts(self, *bodies: bytes) -> list[int]:
        """Deliver all bodies concurrently."""
        with ThreadPoolExecutor(len(bodies)) as pool:
            return list(pool.map(self.post, bodies))

    def bodies(self) -> list[bytes]:
        """Return the bodies that the API shows."""
        api = f"{self.url}/_hookproof/api/deliveries"
        ids = [one["id"] for one in self.http.get(api).json()["deliveries"]]
        shown = [self.http.get(f"{api}/{number}").json() for number in ids]
        return [one["body"]["text"].encode() for one in shown]

    def health(self) -> int:
        return self.http.get(f"{self.url}/_hookproof/healthz").status_code

    def said(self, words: str) -> int:
        """Return the number of log lines with these words."""
        return sum(words in line for line in self.log.read_text("utf-8").splitlines())

    def limit(self, size: int) -> None:
        """Limit the file size of the process, in bytes, to simulate a full disk."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deliveries.db"


@contextmanager
def running(file: Path) -> Iterator[Running]:
    command = ["-m", "hookproof", "sink", "--port", "0", "--store", str(file)]
    log = file.with_name("log")
    with (
        log.open("w") as stderr,
        launched_with_log(command, stderr) as (url, process),
        httpx.Client(timeout=DEADLINE, trust_env=False) as http,
    ):
        yield Running(url, process.pid, log, http)


def test_a_full_disk_is_a_503_with_one_log_line_until_there_is_room(file: Path) -> None:
    with running(file) as sink:
        assert sink.posts(BODY, BODY, BODY) == [200] * 3
        sink.limit(file.with_name("deliveries.db-wal").stat().st_size)
        assert sink.posts(LARGE, BODY, LARGE) == [503] * 3
        assert [sink.post(LARGE) for _ in range(4)] == [503] * 4
        assert [sink.health() for _ in range(3)] == [503] * 3
        assert sink.bodies() == [BODY] * 3
        reason = f"the store {file} cannot be written: disk I/O error"
        assert sink.said(f"deliveries get 503: {reason}") == 1
        assert sink.said(f"healthz returns 503: {reason}") == 1
        assert sink.said("cannot be written") == 2
        sink.limit(resource.RLIM_INFINITY)
        assert sink.posts(LARGE, BODY) == [200] * 2
        assert sink.health() == 200
        assert sorted(sink.bodies()) == sorted([BODY] * 4 + [LARGE])
        assert sink.said("7 deliveries got 503") == 1
    with closing(SqliteStore(file)) as store:
        assert sorted(one.body for one in store.list()) == sorted([BODY] * 4 + [LARGE])
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_locked_file_is_a_503_with_one_log_line_until_it_is_free(file: Path) -> None:
    with running(file) as sink, closing(sqlite3.connect(file, isolation_level=None)) as holder:
        assert sink.post() == 200
        holder.execute("BEGIN EXCLUSIVE")
        assert sink.posts(BODY, BODY) == [503] * 2
        assert sink.bodies() == [BODY]
        holder.execute("ROLLBACK")
        assert sink.post(LARGE) == 200
        assert sink.bodies() == [BODY, LARGE]
        assert sink.said("deliveries get 503: ") == sink.said("database is locked") == 1
        assert sink.said("2 deliveries got 503") == 1


@pytest.mark.parametrize("lost", ["deliveries.db", "deliveries.db-wal"])
def test_a_moved_file_is_a_503_until_it_is_back(file: Path, lost: str) -> None:
    with running(file) as sink:
        assert sink.post() == 200
        place, elsewhere = file.with_name(lost), file.with_name("elsewhere")
        place.rename(elsewhere)
        assert sink.post(LARGE) == 503
        assert sink.health() == 503
        assert sink.said(f"get 503: the store {file} cannot be written: {lost} was replaced") == 1
        assert sink.bodies() == [BODY]  # stored deliveries are still readable
        shutil.copy(elsewhere, place)
        assert sink.post(LARGE) == 503, "a copy is not the file that is written to"
        elsewhere.replace(place)
        assert sink.health() == 200
        assert sink.post(LARGE) == 200
        assert sink.said("deliveries get 503: ") == 1
    with closing(SqliteStore(file)) as store:
        assert [one.body for one in store.list()] == [BODY, LARGE]
