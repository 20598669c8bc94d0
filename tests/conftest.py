"""Fixtures of all tests."""

import pytest

from openapi.http.free_port import free_port


@pytest.fixture
def port() -> int:
    """A free port to receive webhooks on."""
    return free_port()
