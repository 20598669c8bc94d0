"""Mock checked by another tool: `schemathesis run` with all checks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.processes import JWT_SECRET, started, token

from openapi.loading.loader import default_contract_path

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("known", "examples"), [(True, 100), (False, 20)], ids=["token", "none"])
def test_schemathesis_finds_no_failure_in_the_mock(
    tmp_path: Path, known: bool, examples: int
) -> None:
    header = ["--header", f"Authorization: Bearer {token()}"] if known else []
    command = ["-m", "hookproof", "mock", "--port", "0"]
    with started(command, HOOKPROOF_JWT_SECRET=JWT_SECRET) as url:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "schemathesis.cli",
                "run",
                str(default_contract_path()),
                "--url",
                url,
            ]
            + [*header, "--checks", "all", "--seed", "1", "--no-color"]
            + ["--max-examples", str(examples)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    told = "No issues found" if known else "1 operation returned only 401/403 responses"
    assert told in done.stdout
