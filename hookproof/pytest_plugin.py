"""For pytest: the options of the suite, and the fixture `hookproof_sink` for a team's own tests.

Loaded into every pytest process of an environment that has hookproof, so it imports nothing but
pytest until a service is named or the fixture is used, and claims only names with our prefix.
The suite is `pytest --pyargs contracts --hookproof-url URL`.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from webhook_sink.server import Sink


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, all with the project's prefix."""
    add = parser.getgroup("hookproof", "hookproof: judge a running service").addoption
    add("--hookproof-url", metavar="URL", help="the service to judge")
    add("--hookproof-profile", metavar="NAME", help="how much is tried")
    add("--hookproof-seed", metavar="N", help="the same cases again, up to names and dates")
    add("--hookproof-report-dir", metavar="DIR", help="write report.json there")
    add("--hookproof-args", metavar="ARGS", default="", help="further options of hookproof verify")
    parser.addini("hookproof_contract", "the contract by which hookproof_sink judges, a file")


def pytest_configure(config: pytest.Config) -> None:
    """Hand the settings to the suite, where a service to judge was named."""
    if config.getoption("--hookproof-url"):
        from hookproof.pytest_suite import configure  # noqa: PLC0415 - see above

        configure(config)


@pytest.fixture
def hookproof_contract(pytestconfig: pytest.Config) -> Path | None:
    """The file of the contract that `hookproof_sink` judges by: the ini value; None is the own."""
    stated = pytestconfig.getini("hookproof_contract")
    if not stated:
        return None
    beside = pytestconfig.inipath.parent if pytestconfig.inipath else Path.cwd()
    return beside / str(stated)


@pytest.fixture
def hookproof_webhook_secret() -> str | None:
    """The secret that the deliveries are signed with: `HOOKPROOF_WEBHOOK_SECRET`, if it is set."""
    return os.environ.get("HOOKPROOF_WEBHOOK_SECRET") or None


@pytest.fixture
def hookproof_sink(
    hookproof_contract: str | Path | None, hookproof_webhook_secret: str | None
) -> Iterator["Sink"]:
    """A sink on a free port, for this test alone: `url`, `wait_for(...)`, `judge(...)`."""
    from hookproof.shadowing import shadowed_packages  # noqa: PLC0415 - see above

    shadowed = shadowed_packages(("openapi", "webhook_sink"))
    if shadowed:
        pytest.fail(f"hookproof_sink: {shadowed[0]}", pytrace=False)
    from hookproof.sink_fixture import running_sink  # noqa: PLC0415 - see above

    with running_sink(hookproof_contract, hookproof_webhook_secret) as sink:
        yield sink
