"""Fixtures of the mock's tests."""

from collections.abc import Iterator

import pytest
from support.mock import Receiver, RunningMock, Serve, StartMock, running, served

from openapi.contract import Contract
from openapi.loading.loader import load_contract


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load_contract()


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Return a function that serves an application on a free port."""
    return served


@pytest.fixture(scope="session")
def start(contract: Contract) -> StartMock:
    """Return a function that starts a mock: `with start(rate_limit=...) as world:`."""
    return lambda **settings: running(**{"contract": contract, **settings})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Yield a receiver for a mock that runs as a process."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def mock(contract: Contract) -> Iterator[RunningMock]:
    """Yield a mock without faults and receivers, shared by tests that use different names."""
    with running(contract, receivers=0) as world:
        yield world


@pytest.fixture
def world(contract: Contract) -> Iterator[RunningMock]:
    """Yield a mock without faults, and its receiver, for one test."""
    with running(contract) as world:
        yield world
