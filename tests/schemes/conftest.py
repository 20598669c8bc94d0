"""Fixtures of the tests of vendors' libraries: a process that calls those of each registry."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from npm_packages import InstallationError, install_npm_packages
from real_services import UnavailableServiceError, environment_folder, install_locked
from vendor_libraries import (
    MIN_NODE,
    NPM_CALLS,
    NPM_PACKAGES,
    PYPI_CALLS,
    VENDORS_LOCK,
    VendorCalls,
    find_node,
    vendor_calls,
)


@pytest.fixture(scope="session")
def pypi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorCalls]:
    """Yield the process that calls the libraries of PyPI."""
    shared = tmp_path_factory.getbasetemp().parent
    folder = environment_folder(shared) / "vendors"
    try:
        python = install_locked(folder, VENDORS_LOCK, "the libraries of the vendors")
    except UnavailableServiceError as error:
        _leave_out(str(error))
    with vendor_calls([python, str(PYPI_CALLS)], folder) as process:
        yield process


@pytest.fixture(scope="session")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorCalls]:
    """Yield the process that calls the libraries of npm."""
    command, node = shutil.which("npm"), find_node()
    if command is None:
        if os.environ.get("CI") == "true":
            pytest.fail("npm was not found, and under CI=true these tests must run")
        pytest.skip("npm was not found")
    if node is None:
        _leave_out(f"Node {MIN_NODE} or newer was not found")
    shared = tmp_path_factory.getbasetemp().parent
    folder = Path(os.environ.get("TOX_ENV_DIR", shared)) / "npm-vendors"
    try:
        install_npm_packages(command, folder, NPM_PACKAGES)
    except InstallationError as error:
        # A registry that cannot be reached is no fault of the code.
        _leave_out(f"npm could not install the libraries: {error}")
    script = str(shutil.copy(NPM_CALLS, folder))
    with vendor_calls([node, script], folder) as process:
        yield process


def _leave_out(reason: str) -> NoReturn:
    """Skip the tests; under `CI=true` the reason says that the verdict lacks them."""
    if os.environ.get("CI") == "true":
        reason = f"NOT TESTED IN CI: {reason}"
    pytest.skip(reason)
