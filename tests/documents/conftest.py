"""Fixture of the tests of real documents: the installed npm packages."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest
from npm_packages import InstallationError
from real_documents import install_packages


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the npm packages, which one worker installs for all."""
    npm = shutil.which("npm")
    if npm is None:
        _leave_out("npm was not found")
    shared = tmp_path_factory.getbasetemp().parent
    folder = Path(os.environ.get("TOX_ENV_DIR", shared)) / "npm-documents"
    try:
        return install_packages(npm, folder)
    except InstallationError as error:
        # A registry that cannot be reached is no fault of the code.
        skipped = "NOT TESTED IN CI: " if os.environ.get("CI") == "true" else ""
        pytest.skip(f"{skipped}npm could not install the documents: {error}")


def _leave_out(reason: str) -> NoReturn:
    """Skip the tests; fail them under `CI=true`, where they must run."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and under CI=true these tests must run")
    pytest.skip(reason)
