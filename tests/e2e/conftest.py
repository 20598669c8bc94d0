"""Fixtures of the end-to-end tests."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest
from support.reference_runs import trial_process


@pytest.fixture(scope="session")
def trials() -> Iterator[ProcessPoolExecutor]:
    """Yield a process that runs trials of the reference service."""
    with trial_process() as pool:
        yield pool
