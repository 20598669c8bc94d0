"""Fixtures of all tests."""

import pytest
from processes import free_port


@pytest.fixture
def port() -> int:
    """A free port to receive webhooks on."""
    return free_port()
