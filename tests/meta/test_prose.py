"""Prose gate: no banned phrase in docs, docstrings, comments, help, messages or pages.

CONTRIBUTING.md has the rules. The gate reads comments and docstrings of all Python sources. In
product code it reads every string too, because help and messages are strings.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command_line import contexts

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contracts", "hookproof", "mock_server", "openapi", "webhook_sink")
PAGE_SUFFIXES = {".html", ".js", ".css"}
DATA_SUFFIXES = {".yaml", ".json"}
BANNED = {
    "so many": r"so many",
    "nobody": r"nobody",
    "whoever": r"whoever",
    "somebody": r"somebody",
    "anew": r"anew",
    "came of": r"(?:came|comes|come) of",
    "brings about": r"(?:brings?|brought|bringing) about",
    "is told": r"(?:is|are|was|were|be|been) told",
    "besides": r"besides",
    "of its own": r"of (?:its|their|his|our) own",
    "harmless": r"harmless(?:ly)?",
    "spoilt": r"spoil(?:s|t|ed|ing)?",
    "stands (for is)": r"(?:stands|stood)(?! for\b)",
    "how-manieth": r"how-manieth",
}
DOCSTRING_STARTS = r"(?:what|who|whoever|somebody|nobody|how|of which)\b"


def banned_phrases(text: str) -> list[str]:
    """Return the names of the banned phrases in `text`."""
    return [
        name
        for name, pattern in BANNED.items()
        if re.search(rf"(?<![\w-]){pattern}(?![\w-])", text, re.IGNORECASE)
    ]


def comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each comment."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of each docstring, including those of attributes."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.lineno, node.value.value


def strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of each string constant."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def objections(name: str, source: str, *, every_string: bool) -> list[str]:
    """Return one line for each violation in a Python source."""
    tree = ast.parse(source)
    read = [*comments(source), *(strings(tree) if every_string else docstrings(tree))]
    found = [f"{name}:{line}: avoid {p!r}" for line, text in read for p in banned_phrases(text)]
    for line, text in docstrings(tree):
        if re.match(DOCSTRING_STARTS, text.strip(), re.IGNORECASE):
            found.append(f"{name}:{line}: begin with a noun or an imperative: {text.strip()[:40]}")
    return found


def text_objections(name: str, text: str) -> list[str]:
    """Return one line for each violation in a text that is no Python source."""
    return [
        f"{name}:{number}: avoid {phrase!r}"
        for number, line in enumerate(text.splitlines(), start=1)
        for phrase in banned_phrases(line)
    ]


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def read(path: Path) -> tuple[str, str]:
    return path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", [*PACKAGES, "tests", "benchmarks"])
def test_python_sources_have_no_banned_phrase(folder: str) -> None:
    paths = python_files(folder)
    assert paths
    found = [
        objection
        for path in paths
        for objection in objections(*read(path), every_string=folder in PACKAGES)
    ]
    assert found == []


def test_documentation_has_no_banned_phrase() -> None:
    paths = [*ROOT.glob("*.md"), *ROOT.glob("changelog.d/*.md"), *(ROOT / "docs").rglob("*.md")]
    assert len(paths) > 10
    assert [o for path in paths for o in text_objections(*read(path))] == []


def test_pages_and_contracts_have_no_banned_phrase() -> None:
    paths = [
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.*")
        if path.suffix in PAGE_SUFFIXES | DATA_SUFFIXES
    ]
    assert {path.suffix for path in paths} == PAGE_SUFFIXES | DATA_SUFFIXES
    assert [o for path in paths for o in text_objections(*read(path))] == []


def test_help_has_no_banned_phrase() -> None:
    texts = {name: context.get_help() for name, context in contexts().items()}
    assert {"", "verify", "deliveries list"} <= set(texts)
    assert [o for name, text in texts.items() for o in text_objections(name, text)] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"""Judge anew."""', ["x.py:1: avoid 'anew'"]),
        ("x = 1  # nobody reads this", ["x.py:1: avoid 'nobody'"]),
        ('print("what it\\n" "brings about")', ["x.py:1: avoid 'brings about'"]),
        ('x: int\n"""How much."""', ["x.py:2: begin with a noun or an imperative: How much."]),
    ],
)
def test_finds_a_banned_phrase(source: str, expected: list[str]) -> None:
    assert objections("x.py", source, every_string=True) == expected
