"""Release: one version in every file, and fragments of the changelog."""

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = """\
# Changelog

## [Unreleased]

### Added

- One thing.

### Fixed

- A fault.

## [0.1.0] - 2026-11-28

First version.
"""
RELEASED = """\
# Changelog

## [Unreleased]

## [0.2.0] - 2026-12-24

### Added

- One thing.
- Another thing.
  In two lines.

### Fixed

- A fault.

### Security

- A hole.

## [0.1.0] - 2026-11-28

First version.
"""
FRAGMENTS = {
    "another.added.md": "- Another thing.\n  In two lines.\n",
    "hole.security.md": "- A hole.\n",
}
BAD_FRAGMENTS = {
    "thing.md": ("- A thing.\n", "thing.md: name it <topic>.<kind>.md"),
    "thing.new.md": ("- A thing.\n", "thing.new.md: name it <topic>.<kind>.md"),
    "thing.added.md": ("A thing.\n", "thing.added.md: write a list"),
}


def release(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / ".ci" / "release.py"), *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def repository(folder: Path, fragments: dict[str, str]) -> Path:
    (folder / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    (folder / "changelog.d").mkdir()
    for name, text in fragments.items():
        (folder / "changelog.d" / name).write_text(text, encoding="utf-8")
    return folder


def test_every_file_states_the_version_of_the_installation() -> None:
    done = release(ROOT, "--check", version("hookproof"))
    assert (done.returncode, done.stderr) == (0, "")


def test_another_version_is_an_error_for_each_file() -> None:
    done = release(ROOT, "--check", "9.9.9")
    assert done.returncode == 1
    assert [line.partition(" ")[0] for line in done.stderr.splitlines()] == [
        "pyproject.toml",
        "CHANGELOG.md",
        "mock_server/admin/openapi.yaml",
        "webhook_sink/api/openapi.yaml",
    ]


def test_a_release_takes_the_section_and_the_fragments(tmp_path: Path) -> None:
    folder = repository(tmp_path, FRAGMENTS)
    done = release(folder, "0.2.0", "2026-12-24")
    assert (done.returncode, done.stderr) == (0, "")
    text = (folder / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text == RELEASED
    assert list((folder / "changelog.d").iterdir()) == []


@pytest.mark.parametrize("name", BAD_FRAGMENTS)
def test_a_bad_fragment_is_an_error_and_changes_nothing(name: str, tmp_path: Path) -> None:
    text, sentence = BAD_FRAGMENTS[name]
    folder = repository(tmp_path, {**FRAGMENTS, name: text})
    done = release(folder, "0.2.0", "2026-12-24")
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert (folder / "CHANGELOG.md").read_text(encoding="utf-8") == CHANGELOG
    assert len([*(folder / "changelog.d").iterdir()]) == len({**FRAGMENTS, name: text})


def test_the_fragments_of_the_repository_are_good(tmp_path: Path) -> None:
    shutil.copy(ROOT / "CHANGELOG.md", tmp_path)
    if (ROOT / "changelog.d").is_dir():  # a release removes the last fragment
        shutil.copytree(ROOT / "changelog.d", tmp_path / "changelog.d")
    done = release(tmp_path, "99.0.0", "2099-12-24")
    assert (done.returncode, done.stderr) == (0, "")
    assert "## [Unreleased]\n\n## [99.0.0] - 2099-12-24\n\n### Added\n" in (
        tmp_path / "CHANGELOG.md"
    ).read_text(encoding="utf-8")
