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
    """Serve any application on a port of its own: `with serve(config) as port:`."""
    return served


@pytest.fixture(scope="session")
def start(contract: Contract) -> StartMock:
    """Start a mock with settings of its own: `with start(rate_limit=...) as world:`."""
    return lambda **settings: running(**{"contract": contract, **settings})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver for a mock that is a process of its own."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def mock(contract: Contract) -> Iterator[RunningMock]:
    """A mock without faults and receivers, for all tests: they keep apart by the names they use."""
    with running(contract, receivers=0) as world:
        yield world


@pytest.fixture
def world(contract: Contract) -> Iterator[RunningMock]:
    """A mock without faults and its receiver, for one test."""
    with running(contract) as world:
        yield world
