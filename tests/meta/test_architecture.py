"""Architecture: imports of all modules follow the tables of ARCHITECTURE.md."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
NAME = re.compile(r"`([\w.]+)`")
MAX_MODULES = 20
"""Maximum number of modules in one folder, without `__init__`."""

Imports = Mapping[str, set[str]]
"""Imported modules by importing module."""


def table(heading: str) -> Iterator[list[str]]:
    """Yield the rows of the first table below `heading`, without the head."""
    _, _, section = TEXT.partition(f"\n## {heading}\n")
    lines = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("|")]
    yield from ([cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:])


PACKAGES = {NAME.findall(row[0])[0]: set(NAME.findall(row[2])) for row in table("Packages")}
LAYERS = {
    NAME.findall(row[0])[0]: [set(NAME.findall(layer)) for layer in row[1].split("→")]
    for row in table("Layers")
}
MAP = {NAME.findall(row[0])[0]: row[1] for row in table("Map")}


def modules(root: Path) -> dict[str, Path]:
    """Return every module of the packages by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            name = ".".join(path.relative_to(root).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


def imported(source: str, names: Iterable[str]) -> set[str]:
    """Return those modules of `names` that `source` imports, also inside functions."""
    known, found = set(names), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            asked = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            asked = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in asked:
            while name and name not in known:
                name = name.rpartition(".")[0]  # noqa: PLW2901
            found |= {name} - {""}
    return found


MODULES = modules(ROOT)
IMPORTS: Imports = {
    name: imported(path.read_text(encoding="utf-8"), MODULES) - {name}
    for name, path in MODULES.items()
}


def unit(module: str) -> str:
    """Return the module or sub-package of a package that `module` belongs to."""
    return ".".join(module.split(".")[:2])


def upwards(imports: Imports) -> list[str]:
    """Return each import that the tables do not allow: to a higher or to the same layer."""
    found = []
    for module, others in imports.items():
        package = module.partition(".")[0]
        floors = {
            f"{package}.{name}": number
            for number, layer in enumerate(LAYERS[package])
            for name in layer
        }
        for other in sorted(others):
            top = other.partition(".")[0]
            if top != package:
                allowed = top in PACKAGES[package]
            else:
                allowed = unit(module) == unit(other) or floors.get(unit(other), 0) < floors.get(
                    unit(module), len(LAYERS[package])
                )
            if not allowed:
                found.append(f"{module} imports {other}")
    return found


def circle(imports: Imports) -> list[str]:
    """Return the modules of one import cycle, or an empty list."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def between_folders(imports: Imports) -> Imports:
    """Return the imports between sub-packages, without the modules directly in a package.

    Those modules are in the lowest and highest layers, which another test checks.
    """
    folders = {
        name: name if path.name == "__init__.py" else name.rpartition(".")[0]
        for name, path in MODULES.items()
    }
    found: dict[str, set[str]] = {}
    for module, others in imports.items():
        into = {folders[other] for other in others} - {folders[module]}
        found.setdefault(folders[module], set()).update(into - set(PACKAGES))
    return {folder: into for folder, into in found.items() if folder not in PACKAGES}


def test_no_import_goes_to_a_higher_layer() -> None:
    assert upwards(IMPORTS) == []


def test_modules_have_no_import_cycle() -> None:
    assert circle(IMPORTS) == []


def test_sub_packages_have_no_import_cycle() -> None:
    assert circle(between_folders(IMPORTS)) == []


def test_the_tables_list_exactly_the_existing_modules() -> None:
    assert set(PACKAGES) == {"hookproof", "contracts", "mock_server", "webhook_sink", "openapi"}
    assert "mock_server" not in PACKAGES["contracts"]
    assert "contracts" not in PACKAGES["mock_server"]
    assert PACKAGES["openapi"] == set()
    for package, layers in LAYERS.items():
        named = [name for layer in layers for name in layer]
        units = {unit(name).partition(".")[2] for name in MODULES if name.startswith(f"{package}.")}
        assert len(named) == len(set(named)), package
        assert set(named) == units, package


def test_the_map_has_a_line_for_each_sub_package() -> None:
    folders = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    assert set(MAP) == folders
    assert all(len(line) > 20 for line in MAP.values())


@pytest.mark.parametrize("folder", sorted(MAP))
def test_a_folder_has_few_modules_and_documents_its_scope(folder: str) -> None:
    here = MODULES[folder].parent
    assert len([path for path in here.glob("*.py") if path.name != "__init__.py"]) <= MAX_MODULES
    docstring = ast.get_docstring(ast.parse(MODULES[folder].read_text(encoding="utf-8")))
    # The first paragraph says what belongs into the folder, the rest what does not.
    assert docstring is not None
    assert len(docstring.split("\n\n")) >= 2, f"{folder}: say what does not belong there"


@pytest.mark.parametrize(
    ("module", "other"),
    [
        ("contracts.run", "mock_server.tokens"),
        ("mock_server.app", "contracts.run"),
        ("mock_server.app", "webhook_sink.server"),
        ("openapi.contract", "hookproof.cli"),
        ("openapi.strict_json", "openapi.contract"),
        ("contracts.model.case", "contracts.execution.phases"),
        ("contracts.checks.events", "contracts.execution.target"),
        ("mock_server.storage.journal", "mock_server.admin.api"),
        ("webhook_sink.intake.endpoint", "webhook_sink.api.routes"),
    ],
)
def test_finds_an_import_to_a_higher_or_the_same_layer(module: str, other: str) -> None:
    assert f"{module} imports {other}" in upwards({module: {other}})


@pytest.mark.parametrize(
    "source",
    [
        "import contracts.run",
        "def f():\n    from contracts.run import run",
        "if True:\n    from contracts import run as judge",
    ],
)
def test_finds_every_form_of_import(source: str) -> None:
    assert imported(source, MODULES) == {"contracts.run"}


def test_finds_an_import_cycle() -> None:
    module, other = "contracts.checks.events", "contracts.checks"
    assert module in IMPORTS[other]
    looped = {**IMPORTS, module: IMPORTS[module] | {other}}
    assert set(circle(looped)) == {module, other}


def test_finds_an_import_cycle_of_sub_packages() -> None:
    module, other = "contracts.ledger.ledger", "contracts.checks.events"
    looped = {**IMPORTS, module: IMPORTS[module] | {other}}
    assert {"contracts.ledger", "contracts.checks"} <= set(circle(between_folders(looped)))
