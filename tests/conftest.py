"""Fixtures of all tests, and a guard: only tests marked `integration` start processes or listen."""

import os
import sys
from collections.abc import Iterator

import pytest
from support.postgres import PostgresServer, find_binaries, running_postgres

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


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Return a running PostgreSQL server; only tests that need one start it."""
    binaries = find_binaries()
    if binaries is None:
        missing = "PostgreSQL is not installed (on Debian: apt-get install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{missing}, and under CI=true its tests must run")
        pytest.skip(missing)
    with running_postgres(binaries) as server:
        yield server
