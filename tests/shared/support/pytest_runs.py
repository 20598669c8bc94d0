"""Runs of pytest in the temporary folder of a test."""

import os
import re
import subprocess
import sys
from pathlib import Path

from support.processes import MOCK_SECRETS, token


def run_pytest(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run pytest in `folder` with all installed plugins and wait for its end."""
    known = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**known, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def run_light_pytest(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run pytest as `run_pytest` does, but with the plugins of hookproof and xdist alone.

    To import those of schemathesis, hypothesis and others takes longer than most of these runs.
    """
    plugins = ["-p", "hookproof.pytest_plugin"]
    if "-n" in arguments:
        plugins += ["-p", "xdist"]
    return run_pytest(
        folder, *plugins, *arguments, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", **environment
    )


def mock_environment() -> dict[str, str]:
    """Return the environment of a run against the mock: secrets and token."""
    return {**MOCK_SECRETS, "HOOKPROOF_TOKEN": token()}


def outcome_counts(out: str) -> dict[str, int]:
    """Return the counts in the last line of pytest."""
    return {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", out.splitlines()[-1])}
