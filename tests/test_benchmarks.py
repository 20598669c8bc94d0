"""The benchmark of the mock runs and says what it measured. How fast anything is, no test asks."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "mock.py"
NUMBER = r"[\d,]+(\.\d+)?"
COST = rf"({NUMBER}|-)"
"""Only Linux tells it."""


def run(*options: str, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *options],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk, which makes the load, is missing")
def test_the_mock_is_measured_and_the_table_printed() -> None:
    once = ["--seconds", "0.2", "--rounds", "1", "--starts", "1"]
    done = run(*once, "--only", "hookproof", path=os.environ["PATH"])
    assert done.returncode == 0, done.stderr
    # Requests a second, no Prism to compare with, p99, CPU, first 201, memory.
    row = rf"hookproof mock +{NUMBER} +- +{NUMBER} +{COST} +{NUMBER} +{COST}  credential, name"
    assert re.search(rf"^{row}$", done.stdout, re.MULTILINE), done.stdout
    assert done.stdout.count(": not measured") == 4


def test_without_a_quick_loader_nothing_is_measured(tmp_path: Path) -> None:
    done = run(path=str(tmp_path))
    assert done.returncode == 1
    assert "wrk was not found" in done.stderr
