"""Mock in every mode: conforms to its contract, except in modes that check less.

A mode is a name and options of `hookproof mock`. With `ALL_DEVIATIONS=1` (the tox environment
`deviations`) each allowed rejection is also a mode, and the harness uses the default profile.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import pytest
from support.processes import WEBHOOK_SECRET, Run, running_mock, tokens, verify

from mock_server.middleware.allowed_rejections import select_allowed_rejections
from openapi.loading.loader import load_contract
from webhook_sink.server import Sink

CONTRACT = load_contract()
SHIPPED = (files("openapi") / "personal-access-tokens.yaml").read_text(encoding="utf-8")
EVERY = bool(os.environ.get("ALL_DEVIATIONS"))
REJECTIONS = [
    f["name"] for o in CONTRACT.operations for f in o.allowed_rejections if "location" in f
]
SLOW, QUICK = "requests: 50\n        seconds: 5\n", "requests: 90\n        seconds: 1\n"
"""The documented rate limit, and one that does not slow a run down."""


def refusing(*names: str) -> list[str]:
    return [part for name in names for part in ("--reject", name)]


MODES = {
    "a limit": ["--contract", "{limited}", "--rate-limit", "documented"],
    "every rule": refusing(*REJECTIONS),
    "two rules, a seed, two receivers": [
        *refusing("unknown-scopes", "past-expiry"),
        *("--seed", "7", "--webhook-url", "{receiver}"),
    ],
    "two processes, a state": ["--workers", "2", "--state", "{state}"],
    "TLS, a latency, a log of everything": [
        *("--tls", "--latency", "1-5ms", "--log-format", "json", "--log-requests"),
    ],
    **({name: refusing(name) for name in REJECTIONS} if EVERY else {}),
}
BYPASSED = {
    "presence": "the service accepts any text as a credential",
    "off": "the service accepts a request without a credential",
}


@contextmanager
def places(directory: Path) -> Iterator[dict[str, str]]:
    """Create the contract, sink and state of a test; yield their values by placeholder."""
    assert SHIPPED.count(SLOW) == 1
    limited = directory / "limited.yaml"
    limited.write_text(SHIPPED.replace(SLOW, QUICK), encoding="utf-8")
    with Sink(CONTRACT, WEBHOOK_SECRET) as sink:
        state = str(directory / "state")
        yield {"{limited}": str(limited), "{receiver}": sink.url, "{state}": state}


def judged(port: int, directory: Path, options: list[str]) -> Run:
    """Start the mock with `options` and verify it."""
    with places(directory) as known:
        filled_in = [known.get(option, option) for option in options]
        arguments = ["--profile", "default" if EVERY else "quick"]
        if "--tls" in options:
            arguments += ["--tls-verify", "false"]
        if "--contract" in options:
            arguments += ["--contract", known["{limited}"]]
        with running_mock(port, *filled_in) as url:
            return verify(url, port, directory / "report", *arguments, **tokens())


@pytest.mark.integration
@pytest.mark.parametrize("mode", MODES)
def test_the_mock_conforms_in_every_mode(mode: str, port: int, tmp_path: Path) -> None:
    run = judged(port, tmp_path, ["--auth", "jwt", *MODES[mode]])
    assert (run.code, run.report["verdict"], run.violated) == (0, "conforms", set()), run.out


@pytest.mark.integration
@pytest.mark.parametrize("auth", BYPASSED)
def test_a_mock_with_weaker_authentication_deviates_in_credentials_only(
    auth: str, port: int, tmp_path: Path
) -> None:
    run = judged(port, tmp_path, ["--auth", auth])
    assert (run.code, run.violated) == (1, {"invalid-credential", "insufficient-permission"}), (
        run.out
    )
    assert BYPASSED[auth] in run.out


def test_every_allowed_rejection_of_a_value_can_be_selected() -> None:
    assert [
        rule.name
        for rules in select_allowed_rejections(CONTRACT, REJECTIONS).values()
        for rule in rules
    ] == REJECTIONS
