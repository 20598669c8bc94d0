"""Wheel and sdist as `python -m build` makes them: their contents and their metadata."""

import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from email.policy import default
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contracts", "hookproof", "mock_server", "openapi", "webhook_sink")


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an sdist, and of the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return folder


def tracked(*folders: str) -> set[str]:
    """Return the paths that git tracks or would track, except deleted ones."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    return {name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()}


def in_sdist(folder: Path) -> set[str]:
    (path,) = folder.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {one.name.partition("/")[2] for one in archive.getmembers() if one.isfile()}


def test_the_sdist_contains_every_tracked_file(distributions: Path) -> None:
    assert len(tracked()) > 500
    assert in_sdist(distributions) == tracked() | {"PKG-INFO"}


def test_the_wheel_of_the_sdist_contains_exactly_the_packages(distributions: Path) -> None:
    (path,) = distributions.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    shipped = {name for name in names if ".dist-info/" not in name}
    assert shipped == tracked(*PACKAGES)
    about = {name.partition("/")[2] for name in names if ".dist-info/" in name}
    assert about == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def test_twine_accepts_both(distributions: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "twine",
        "check",
        "--strict",
        *map(str, distributions.iterdir()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.count("PASSED") == 2, done.stdout + done.stderr
    assert done.returncode == 0


def test_both_have_the_same_metadata(distributions: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    (sdist,) = distributions.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        of_wheel = archive.read(name).decode()
    with tarfile.open(sdist) as archive:
        member = archive.extractfile(sdist.name.removesuffix(".tar.gz") + "/PKG-INFO")
        assert member is not None
        of_sdist = member.read().decode()
    assert of_wheel == of_sdist
    metadata = Parser(policy=default).parsestr(of_wheel)
    assert metadata["Name"] == "hookproof"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"] == "text/markdown"
