"""What ships: the packages of the checkout with their data, and the metadata of the project."""

import os
import zipfile
from importlib.metadata import distribution, files, requires
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contracts", "hookproof", "mock_server", "openapi", "webhook_sink")
DATA_SUFFIXES = {
    "contracts": {".typed"},
    "hookproof": {".css", ".json", ".typed"},
    "mock_server": {".css", ".html", ".js", ".svg", ".typed"},
    "openapi": {".css", ".js", ".json", ".yaml", ".typed"},
    "webhook_sink": {".css", ".html", ".js", ".svg", ".typed"},
}
"""File types beside Python of each package; any other file is there by mistake."""


def in_checkout() -> set[str]:
    """Return the paths of all files of the packages in the checkout."""
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def shipped() -> set[str]:
    """Return the paths in the wheel under test, or in the installation where there is no wheel."""
    wheel = os.environ.get("TOX_PACKAGE")
    if wheel:
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
    else:
        names = [str(path) for path in files("hookproof") or ()]
    parts = [PurePosixPath(name) for name in names]
    return {
        str(path)
        for path in parts
        if path.parts[0] != ".."
        and "__pycache__" not in path.parts
        and not path.parts[0].endswith(".dist-info")
    }


def test_the_wheel_holds_the_packages_and_nothing_else() -> None:
    assert shipped() == in_checkout()


def test_each_package_tells_type_checkers_that_it_has_types() -> None:
    markers = {f"{package}/py.typed" for package in PACKAGES}
    assert markers <= shipped()
    assert all((ROOT / marker).read_bytes() == b"" for marker in markers)


def test_the_packages_hold_no_file_of_another_type() -> None:
    found: dict[str, set[str]] = {package: set() for package in PACKAGES}
    for path in map(PurePosixPath, in_checkout()):
        found[path.parts[0]].add(path.suffix)
    assert found == {package: {".py", *more} for package, more in DATA_SUFFIXES.items()}


def test_the_command_and_the_plugin_are_announced_under_the_project_s_name_alone() -> None:
    ours = distribution("hookproof").entry_points
    assert {(entry.group, entry.name) for entry in ours} == {
        ("console_scripts", "hookproof"),
        ("pytest11", "hookproof"),
    }


def test_the_metadata_states_ranges() -> None:
    stated = [text for text in requires("hookproof") or () if "extra ==" not in text]
    assert stated
    assert all(">=" in text and "==" not in text for text in stated)
