"""Fixtures of the tests of the example receivers: the frameworks, installed apart."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from framework_receivers import FRAMEWORKS_LOCK, RECEIVERS, Change, Framework, running_receiver
from npm_packages import InstallationError, install_npm_packages
from real_services import UnavailableServiceError, environment_folder, install_locked
from vendor_libraries import MIN_NODE, find_node

StartReceiver = Callable[..., AbstractContextManager[str]]
"""Function that runs the receiver of a framework; it takes a file and its changes too."""


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the environments, which one worker installs for all."""
    return environment_folder(tmp_path_factory.getbasetemp().parent)


@pytest.fixture(scope="session")
def python(shared_folder: Path) -> str:
    """Return the Python of the virtual environment that has Flask, FastAPI and Django."""
    try:
        return install_locked(shared_folder / "frameworks", FRAMEWORKS_LOCK, "the frameworks")
    except UnavailableServiceError as error:
        _leave_out(str(error))


@pytest.fixture(scope="session")
def node_modules(shared_folder: Path) -> Path:
    """Return the folder of the npm packages, with Express."""
    npm = shutil.which("npm")
    if npm is None:
        if os.environ.get("CI") == "true":
            pytest.fail("npm was not found, and under CI=true these tests must run")
        pytest.skip("npm was not found")
    if find_node() is None:
        _leave_out(f"Node {MIN_NODE} or newer was not found")
    package = RECEIVERS / "express" / "package.json"
    wanted = json.loads(package.read_text(encoding="utf-8"))["dependencies"]
    try:
        return install_npm_packages(npm, shared_folder / "npm-frameworks", wanted)
    except InstallationError as error:
        # A registry that cannot be reached is no fault of the code.
        _leave_out(f"npm could not install Express: {error}")


@pytest.fixture
def start_receiver(request: pytest.FixtureRequest, tmp_path: Path) -> StartReceiver:
    """Return the function that runs the receiver of a framework."""

    @contextmanager
    def start(
        framework: Framework, file: str = "", changes: tuple[Change, ...] = ()
    ) -> Iterator[str]:
        if framework.name == "express":
            modules = request.getfixturevalue("node_modules")
            program = find_node() or "node"
        else:
            modules, program = None, request.getfixturevalue("python")
        with running_receiver(
            framework, program, tmp_path, modules=modules, file=file, changes=changes
        ) as url:
            yield url

    return start


def _leave_out(reason: str) -> NoReturn:
    """Skip the tests; under `CI=true` the reason says that the verdict lacks them."""
    if os.environ.get("CI") == "true":
        reason = f"NOT TESTED IN CI: {reason}"
    pytest.skip(reason)
