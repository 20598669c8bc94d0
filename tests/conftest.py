"""Fixtures of all tests, and a guard: only tests marked `integration` start processes or listen."""

import sys

import pytest

from openapi.http.free_port import free_port

GUARDED_EVENTS = {"subprocess.Popen", "socket.bind"}
"""Audit events (PEP 578) of a test that starts a process or listens on a port."""


class IntegrationGuard:
    """Audit hook that fails an unmarked test at the moment when it needs the mark."""

    def __init__(self) -> None:
        self.unmarked_test: str | None = None
        sys.addaudithook(self._audit)

    def _audit(self, event: str, _arguments: tuple[object, ...]) -> None:
        if self.unmarked_test is not None and event in GUARDED_EVENTS:
            raise RuntimeError(
                f"{self.unmarked_test} raised the audit event {event}: a test that starts a "
                "process or listens on a port needs pytest.mark.integration"
            )


GUARD = pytest.StashKey[IntegrationGuard]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[GUARD] = IntegrationGuard()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    marked = item.get_closest_marker("integration") is not None
    item.config.stash[GUARD].unmarked_test = None if marked else item.nodeid


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    item.config.stash[GUARD].unmarked_test = None


@pytest.fixture
def port() -> int:
    """Return a free port, for a receiver of webhooks."""
    return free_port()
