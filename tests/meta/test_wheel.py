"""Wheel: the packages of the checkout with their data files, and the metadata."""

import os
import zipfile
from importlib.metadata import distribution, files, requires
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contracts", "hookproof", "mock_server", "openapi", "webhook_sink")
DATA_SUFFIXES = {
    "contracts": {".typed"},
    "hookproof": {".css", ".jinja", ".json", ".typed"},
    "mock_server": {".css", ".html", ".js", ".typed", ".yaml"},
    "openapi": {".css", ".js", ".json", ".svg", ".yaml", ".typed"},
    "webhook_sink": {".css", ".html", ".js", ".typed", ".yaml"},
}
"""Allowed file types of each package, apart from Python."""


def in_checkout() -> set[str]:
    """Return the paths of all files of the packages in the checkout."""
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def shipped() -> set[str]:
    """Return the paths in the tested wheel, or in the installation if there is no wheel."""
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


def test_the_wheel_contains_exactly_the_packages() -> None:
    assert shipped() == in_checkout()


def test_each_package_has_a_type_marker() -> None:
    markers = {f"{package}/py.typed" for package in PACKAGES}
    assert markers <= shipped()
    assert all((ROOT / marker).read_bytes() == b"" for marker in markers)


def test_the_packages_contain_only_allowed_file_types() -> None:
    found: dict[str, set[str]] = {package: set() for package in PACKAGES}
    for path in map(PurePosixPath, in_checkout()):
        found[path.parts[0]].add(path.suffix)
    assert found == {package: {".py", *more} for package, more in DATA_SUFFIXES.items()}


def test_command_and_plugin_are_the_only_entry_points() -> None:
    ours = distribution("hookproof").entry_points
    assert {(entry.group, entry.name) for entry in ours} == {
        ("console_scripts", "hookproof"),
        ("pytest11", "hookproof"),
    }


def test_the_metadata_has_version_ranges() -> None:
    stated = [text for text in requires("hookproof") or () if "extra ==" not in text]
    assert stated
    assert all(">=" in text and "==" not in text for text in stated)
