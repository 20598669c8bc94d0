"""Documentation site: it has every page, loads nothing from other hosts, and has no dead link.

The tox environment `docs` builds it into `site/` first.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "site"
SOURCES = (".ci", "docs", "examples", "mock_server/admin", "openapi/http/static")
"""Folders from which the site is built, with `mkdocs.yml` and the pages in the root."""
REMOTE = re.compile(
    r"""(?:<(?:script|img|iframe|source)\b[^>]*\bsrc=|<link\b[^>]*\bhref=|url\(|@import )["']?"""
    r"""((?:https?:)?//[^"')\s>]+)"""
)
"""Reference that a browser loads without a click, to another host."""


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of the sources in `folder` into `folder / "out"`."""
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(folder / "out")]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def test_every_page_and_picture_is_in_the_site() -> None:
    sources = [path for path in (ROOT / "docs").rglob("*.*") if path.is_file()]
    expected = {
        (SITE / path.relative_to(ROOT / "docs")).with_suffix(
            ".html" if path.suffix == ".md" else path.suffix
        )
        for path in sources
    }
    assert len(expected) > 40
    assert [path for path in sorted(expected) if not path.is_file()] == []
    assert (SITE / "ARCHITECTURE.html").is_file()


def test_no_page_loads_anything_from_another_host() -> None:
    paths = [path for path in SITE.rglob("*.*") if path.suffix in {".html", ".css"}]
    assert len(paths) > 40
    found = {
        (path.relative_to(SITE).as_posix(), url)
        for path in paths
        for url in REMOTE.findall(path.read_text(encoding="utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://a.example/x.js">',
        "<link rel=stylesheet href=//a.example/x.css>",
        "background: url(https://a.example/x.png)",
    ],
)
def test_finds_a_remote_reference(text: str) -> None:
    assert REMOTE.search(text)


def test_a_dead_link_fails_the_build(tmp_path: Path) -> None:
    for name in SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name)
    for path in (ROOT / "mkdocs.yml", *ROOT.glob("*.md")):
        shutil.copy(path, tmp_path)
    with (tmp_path / "docs" / "lint.md").open("a", encoding="utf-8") as page:
        page.write("\n[a](no-page.md) [b](ci.md#no-title) [c](../NO_FILE.md)\n")
    done = build(tmp_path)
    assert done.returncode == 1
    for target in ("no-page.md", "#no-title", "NO_FILE.md"):
        assert target in done.stderr
