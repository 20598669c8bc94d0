"""`hookproof.testing`: complete, documented, and light to import."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hookproof import testing

DOCS = Path(__file__).resolve().parents[2] / "docs"
HEAVY = {"connexion", "contracts", "hypothesis", "mock_server", "pytest", "schemathesis"}


def imported_names() -> list[str]:
    tree = ast.parse(Path(testing.__file__).read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return [alias.asname or alias.name for node in imports for alias in node.names]


def test_all_lists_the_imported_names_in_order() -> None:
    assert testing.__all__ == sorted(imported_names())
    assert all(hasattr(testing, name) for name in testing.__all__)


def test_each_public_name_is_in_the_table_of_the_page_and_no_other() -> None:
    page = (DOCS / "sink-api.md").read_text(encoding="utf-8")
    section = page.partition("## Public API\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    listed = [name for cell in cells for name in re.findall(r"`(\w+)", cell)]
    assert sorted(listed) == testing.__all__


def test_the_pages_import_only_public_names() -> None:
    packages = "contracts|hookproof|mock_server|openapi|webhook_sink"
    found = {
        line
        for path in DOCS.glob("*.md")
        for line in re.findall(
            rf"^(?:from|import) (?:{packages})\b.*", path.read_text("utf-8"), re.M
        )
    }
    assert found
    assert all(line.startswith("from hookproof.testing import ") for line in found)
    names = {name for line in found for name in line.partition(" import ")[2].split(", ")}
    assert names <= set(testing.__all__)


@pytest.mark.integration
def test_the_import_loads_no_harness_and_no_mock() -> None:
    code = "import sys, hookproof.testing; print(*{n.partition('.')[0] for n in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert HEAVY.isdisjoint(done.stdout.split())
    assert "webhook_sink" in done.stdout.split()
