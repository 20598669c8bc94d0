"""Imports go downwards only. The table of who may import whom is the one in ARCHITECTURE.md."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", re.MULTILINE)
TABLE = {
    storey: set(re.findall(r"`(\w+)`", allowed))
    for storey, allowed in ROW.findall((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
}
MODULES = [path for storey in TABLE for path in sorted((ROOT / storey).rglob("*.py"))]


def imported(source: str, storey: str) -> Iterator[str]:
    """Yield the top-level name of every import in `source`, inside of functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield storey if node.level else (node.module or "").partition(".")[0]


def too_high(source: str, storey: str) -> set[str]:
    """Return the storeys that a module of `storey` imports and may not."""
    ours = set(TABLE) | {"tests", "benchmarks"}
    return set(imported(source, storey)) & ours - TABLE[storey] - {storey}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_its_storey_may(path: Path) -> None:
    storey = path.relative_to(ROOT).parts[0]
    assert too_high(path.read_text(encoding="utf-8"), storey) == set()


def test_the_table_is_that_of_the_house() -> None:
    assert set(TABLE) == {"hookproof", "contracts", "mock_server", "webhook_sink", "openapi"}
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(TABLE)
    assert "mock_server" not in TABLE["contracts"]
    assert "contracts" not in TABLE["mock_server"]
    assert TABLE["openapi"] == set()


@pytest.mark.parametrize(
    ("source", "storey"),
    [
        ("import mock_server.tokens", "contracts"),
        ("def f():\n    from contracts.books import Books", "mock_server"),
        ("if True:\n    import webhook_sink as sink", "mock_server"),
        ("from hookproof.cli import main", "openapi"),
        ("from tests.conftest import started", "hookproof"),
    ],
)
def test_an_import_upwards_or_sideways_is_found(source: str, storey: str) -> None:
    assert too_high(source, storey) != set()
