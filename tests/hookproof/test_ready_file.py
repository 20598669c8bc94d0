"""Option `--ready-file`: the file exists exactly while the server accepts requests."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.processes import hookproof, launched

from hookproof.errors import CommandError
from hookproof.serving.ready_file import ready_announcement

URL = "http://127.0.0.1:1"


@pytest.mark.integration
@pytest.mark.parametrize("command", [["sink"], ["mock"], ["mock", "--workers", "2"]])
def test_the_file_has_the_url_and_pid_until_the_server_ends(
    command: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "ready.json"
    path.write_text('{"url": "http://127.0.0.1:1", "pid": 1}\n', encoding="utf-8")
    given = ["-m", "hookproof", *command, "--port", "0", "--ready-file", str(path)]
    with launched(given) as (url, process):
        assert json.loads(path.read_text(encoding="utf-8")) == {"url": url, "pid": process.pid}
        assert httpx.get(f"{url}/_hookproof/healthz").status_code == 200
        assert list(tmp_path.iterdir()) == [path]
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_written_atomically_when_announced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ready"
    path.write_text("that of a process that was killed", encoding="utf-8")
    with ready_announcement(["a line", "another"], URL, path) as announce:
        (draft,) = tmp_path.iterdir()
        assert draft != path
        whole = draft.read_bytes()
        assert capsys.readouterr().out == ""
        announce()
        assert path.read_bytes() == whole
        assert capsys.readouterr().out == "a line\nanother\n"
        path.write_text("that of another process", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "that of another process"


def test_announcing_without_a_file_prints_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with ready_announcement(["a line"], URL, None) as announce:
        announce()
    assert capsys.readouterr().out == "a line\n"


def test_a_failed_start_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyError), ready_announcement([], URL, tmp_path / "ready"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def places(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    yield tmp_path / "nowhere" / "ready", "No such file or directory"
    yield tmp_path, "it is not a file"
    yield Path("/dev/null"), "it is not a file"
    yield tmp_path / ("n" * 300), "File name too long"


@pytest.mark.integration
def test_an_unwritable_path_is_reported_in_one_line(tmp_path: Path) -> None:
    for path, reason in places(tmp_path):
        with pytest.raises(CommandError, match=reason), ready_announcement([], URL, path):
            raise AssertionError("it began")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    for command in ("sink", "mock"):
        done = hookproof(command, "--port", "0", "--ready-file", str(tmp_path / "no" / "ready"))
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1
        assert "name a file in an existing directory" in done.stderr
