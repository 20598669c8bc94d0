"""The pytest options of the suite: `pytest --pyargs contracts --hookproof-url URL`.

Loaded into every pytest process of an environment that has hookproof, so it imports nothing heavy
and claims only names that begin with `--hookproof-`. Everything but the URL comes from the
environment, by the names that `hookproof verify` reads.
"""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, all with the project's prefix."""
    group = parser.getgroup("hookproof", "hookproof: judge a running service")
    group.addoption("--hookproof-url", metavar="URL", help="the service to judge")
    group.addoption(
        "--hookproof-args", metavar="ARGS", default="", help="further options of hookproof verify"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Hand the settings to the suite, where a service to judge was named."""
    url = config.getoption("--hookproof-url")
    if not url:
        return
    import shlex  # noqa: PLC0415 - nothing is loaded into a process that judges no service

    from contracts.outcome import SETTINGS  # noqa: PLC0415
    from hookproof.options import parser  # noqa: PLC0415
    from hookproof.run_settings import settings_of  # noqa: PLC0415

    arguments = shlex.split(config.getoption("--hookproof-args"))
    config.stash[SETTINGS] = settings_of(parser().parse_args(["verify", url, *arguments]))
