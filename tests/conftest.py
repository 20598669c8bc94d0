"""Fixtures of all tests."""

import pytest

from openapi.http.free_port import free_port


@pytest.fixture
def port() -> int:
    """Return a free port, for a receiver of webhooks."""
    return free_port()
