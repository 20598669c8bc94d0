"""pytest plugin: options of the suite, and the fixtures for other tests: a sink and a sender.

pytest loads the plugin in every environment that has hookproof. So it imports only pytest until a
test uses the fixture or `--hookproof-url` is given, and all its names have the project's prefix.
The suite is `pytest --pyargs contracts --hookproof-url URL`.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hookproof.sending.sender import EventSender
    from webhook_sink.server import Sink


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite and the ini value of the fixture."""
    add = parser.getgroup("hookproof", "hookproof: test a running service").addoption
    add("--hookproof-url", metavar="URL", help="URL of the service")
    add(
        "--hookproof-profile",
        metavar="NAME",
        help="number of cases: quick, default, thorough (default: default)",
    )
    add("--hookproof-seed", metavar="N", help="seed of the cases (default: random)")
    add(
        "--hookproof-report-dir",
        metavar="DIR",
        help="directory of the reports (default: none are written)",
    )
    add(
        "--hookproof-args",
        metavar="ARGS",
        default="",
        help="further options of hookproof verify, in one string",
    )
    parser.addini(
        "hookproof_contract",
        "contract of the fixtures: file or loopback URL (default: the shipped contract)",
    )
    parser.addini("hookproof_overlay", "overlays of that contract, one a line", type="linelist")


def pytest_configure(config: pytest.Config) -> None:
    """Configure the suite if `--hookproof-url` is given."""
    if config.getoption("--hookproof-url"):
        from hookproof.pytest_suite import configure  # noqa: PLC0415 - see above

        configure(config)


@pytest.fixture
def hookproof_contract(pytestconfig: pytest.Config) -> str | Path | None:
    """Contract of sink and sender: the ini value, a file or URL; None is the shipped contract."""
    stated = str(pytestconfig.getini("hookproof_contract"))
    if not stated or stated.lower().startswith(("http://", "https://")):
        return stated or None
    return _beside_ini(pytestconfig, stated)


@pytest.fixture
def hookproof_overlay(pytestconfig: pytest.Config) -> list[Path]:
    """Overlays of that contract: the ini value."""
    return [_beside_ini(pytestconfig, line) for line in pytestconfig.getini("hookproof_overlay")]


def _beside_ini(config: pytest.Config, name: str) -> Path:
    return (config.inipath.parent if config.inipath else Path.cwd()) / name


@pytest.fixture
def hookproof_webhook_secret() -> str | None:
    """Secret of the deliveries: `HOOKPROOF_WEBHOOK_SECRET`, if it is set."""
    return os.environ.get("HOOKPROOF_WEBHOOK_SECRET") or None


@pytest.fixture
def hookproof_sink(
    hookproof_contract: str | Path | None,
    hookproof_overlay: Sequence[str | Path],
    hookproof_webhook_secret: str | None,
) -> Iterator["Sink"]:
    """Sink on a free port for one test: `url`, `wait_for(...)`, `judge(...)`."""
    _check_packages("hookproof_sink", "openapi", "webhook_sink")
    from hookproof.fixtures import running_sink  # noqa: PLC0415 - see above

    with running_sink(hookproof_contract, hookproof_overlay, hookproof_webhook_secret) as sink:
        yield sink


@pytest.fixture
def hookproof_receiver_url() -> str | None:
    """URL of the receiver of `hookproof_sender`; None: each `send` names it."""
    return None


@pytest.fixture
def hookproof_sender(
    hookproof_contract: str | Path | None,
    hookproof_overlay: Sequence[str | Path],
    hookproof_webhook_secret: str | None,
    hookproof_receiver_url: str | None,
) -> "EventSender":
    """Sender of the contract's events to the code under test: `send(event, ...)`."""
    _check_packages("hookproof_sender", "mock_server", "openapi", "webhook_sink")
    from hookproof.fixtures import event_sender  # noqa: PLC0415 - see above

    return event_sender(
        hookproof_contract, hookproof_overlay, hookproof_webhook_secret, hookproof_receiver_url
    )


def _check_packages(fixture: str, *packages: str) -> None:
    """Fail the test if another distribution has one of the packages that the fixture needs."""
    from hookproof.shadowing import shadowed_packages  # noqa: PLC0415 - see above

    shadowed = shadowed_packages(packages)
    if shadowed:
        pytest.fail(f"{fixture}: {shadowed[0]}", pytrace=False)
