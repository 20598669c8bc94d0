"""Damaged and foreign state files: one sentence, exit code 2, and the file stays as it is."""

import asyncio
import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.processes import hookproof

from mock_server.storage.database import StateChange, Store

pytestmark = pytest.mark.integration

NAMES = 2000
PAGE_BYTES = 4096


def state(path: Path) -> bytes:
    """Write a state with many names; return its bytes."""

    async def create(store: Store) -> None:
        changes = (StateChange("op", f"op {number}", b"a request") for number in range(NAMES))
        await asyncio.gather(*map(store.commit_change, changes))

    with closing(Store(path)) as store:
        store.open()
        asyncio.run(create(store))
    return path.read_bytes()


def cut(size: int) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(state(path)[:size])


def scramble(first: int, last: int | None) -> Callable[[Path], object]:
    """Return a function that writes a state with random bytes between two places."""

    def write(path: Path) -> None:
        content = bytearray(state(path))
        noise = random.Random(1).randbytes(len(content[first:last]))
        content[first:last] = noise
        path.write_bytes(content)

    return write


def of_version(version: int) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        state(path)
        with closing(sqlite3.connect(path)) as other:
            other.execute(f"PRAGMA user_version = {version}")
            other.commit()

    return write


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (x)")


def unreadable(path: Path) -> None:
    state(path)
    path.chmod(0)


DAMAGED: dict[str, tuple[Callable[[Path], object], str]] = {
    "half of a state": (cut(10 * PAGE_BYTES), "malformed (restore a copy, or name another file)"),
    "one page of a state": (cut(PAGE_BYTES), "malformed (restore a copy"),
    "a header": (cut(100), "malformed (restore a copy"),
    "half of a header": (cut(50), "name another file"),
    "random bytes": (
        lambda path: path.write_bytes(random.Random(1).randbytes(50_000)),
        "no SQLite",
    ),
    "text": (lambda path: path.write_text("not a database\n"), "no SQLite file; name another file"),
    "a damaged schema": (scramble(100, PAGE_BYTES), "malformed (restore a copy"),
    "damaged tables": (scramble(PAGE_BYTES, None), "damaged: restore a copy"),
    "a damaged page": (scramble(-2 * PAGE_BYTES, -PAGE_BYTES), "damaged: restore a copy"),
    "another program's database": (foreign, "it was not written by hookproof; name another file"),
    "a newer state": (of_version(99), "newer hookproof; update hookproof"),
    "an older state": (of_version(1), "older hookproof"),
    "a folder": (Path.mkdir, "is a directory"),
    "an unreadable state": (unreadable, "Permission denied"),
}


@pytest.mark.parametrize(("write", "said"), DAMAGED.values(), ids=DAMAGED)
def test_is_refused_in_one_sentence_and_not_changed(
    tmp_path: Path, write: Callable[[Path], object], said: str
) -> None:
    path = tmp_path / "state"
    write(path)
    if write is unreadable and os.access(path, os.R_OK):
        pytest.skip("this user reads every file")
    before = path.read_bytes() if os.access(path, os.R_OK) and path.is_file() else b""
    done = hookproof("mock", "--port", "0", "--state", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert str(path) in done.stderr
    assert said in done.stderr
    assert [found.name for found in tmp_path.iterdir()] == ["state"]
    if before:
        assert path.read_bytes() == before
