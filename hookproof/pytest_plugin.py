"""The pytest options of the suite: `pytest --pyargs contracts --hookproof-url URL`.

Loaded into every pytest process of an environment that has hookproof, so it imports nothing but
pytest until a service is named, and claims only names that begin with `--hookproof-`.
"""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, all with the project's prefix."""
    add = parser.getgroup("hookproof", "hookproof: judge a running service").addoption
    add("--hookproof-url", metavar="URL", help="the service to judge")
    add("--hookproof-profile", metavar="NAME", help="how much is tried")
    add("--hookproof-seed", metavar="N", help="the same cases again, up to names and dates")
    add("--hookproof-report-dir", metavar="DIR", help="write report.json there")
    add("--hookproof-args", metavar="ARGS", default="", help="further options of hookproof verify")


def pytest_configure(config: pytest.Config) -> None:
    """Hand the settings to the suite, where a service to judge was named."""
    if config.getoption("--hookproof-url"):
        from hookproof.pytest_suite import configure  # noqa: PLC0415 - see above

        configure(config)
