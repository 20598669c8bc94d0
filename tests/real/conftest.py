"""Fixtures of the tests of real services. A service that cannot be had skips its tests."""

import os
from typing import NoReturn

import pytest
from real_services import (
    UnavailableServiceError,
    environment_folder,
    find_alertmanager,
    install_localstripe,
)


@pytest.fixture(scope="session")
def alertmanager() -> str:
    """Return the command of Prometheus Alertmanager."""
    try:
        return find_alertmanager()
    except UnavailableServiceError as error:
        _leave_out(str(error))


@pytest.fixture(scope="session")
def localstripe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Python of the virtual environment that has localstripe."""
    shared = tmp_path_factory.getbasetemp().parent
    try:
        return install_localstripe(environment_folder(shared) / "localstripe")
    except UnavailableServiceError as error:
        _leave_out(str(error))


def _leave_out(reason: str) -> NoReturn:
    """Skip the tests; under `CI=true` the reason says that the verdict lacks them."""
    if os.environ.get("CI") == "true":
        reason = f"NOT TESTED IN CI: {reason}"
    pytest.skip(reason)
