"""Temporary folder of a sink: removed at its end, and by the next sink if it was killed."""

import stat
from pathlib import Path

import pytest
from support.processes import ServerProcess, launched

pytestmark = pytest.mark.integration

SINK = ["-m", "hookproof", "sink", "--port", "0"]


def folders(parent: Path) -> list[Path]:
    return sorted(parent.glob("hookproof-sink-*"))


def kill(process: ServerProcess) -> None:
    process.kill()
    process.wait()


def test_the_next_sink_removes_the_folder_of_a_killed_one(tmp_path: Path) -> None:
    with launched(SINK, TMPDIR=str(tmp_path)) as (_, first):
        (left,) = folders(tmp_path)
        assert stat.S_IMODE(left.stat().st_mode) == 0o700
        kill(first)
    assert folders(tmp_path) == [left]
    with launched(SINK, TMPDIR=str(tmp_path)):
        (second,) = folders(tmp_path)
        assert second != left
        # A running sink keeps its folder.
        with launched(SINK, TMPDIR=str(tmp_path)):
            assert len(folders(tmp_path)) == 2
        assert folders(tmp_path) == [second]
    assert folders(tmp_path) == []


def test_a_sink_with_a_store_removes_it_too_and_nothing_else(tmp_path: Path) -> None:
    with launched(SINK, TMPDIR=str(tmp_path)) as (_, first):
        (left,) = folders(tmp_path)
        kill(first)
    unlocked = tmp_path / "hookproof-sink-of-a-sink-that-starts"
    unlocked.mkdir()
    file = tmp_path / "hookproof-sink-notes.txt"
    file.write_text("kept")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lock").touch()
    link = tmp_path / "hookproof-sink-link"
    link.symlink_to(elsewhere)
    with launched([*SINK, "--store", str(tmp_path / "s.db")], TMPDIR=str(tmp_path)):
        assert not left.exists()
        assert {unlocked, file, link} < set(folders(tmp_path))
    assert (elsewhere / "lock").exists()
