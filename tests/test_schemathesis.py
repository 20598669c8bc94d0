"""The mock before a judge that is not ours: `schemathesis run`, every check on."""

import os
import subprocess
import sys
from pathlib import Path

from processes import JWT_SECRET, hookproof, started

from openapi.loading import default_path


def test_schemathesis_finds_no_failure_in_the_mock(tmp_path: Path) -> None:
    token = hookproof("token", "--jwt-secret", JWT_SECRET).stdout.strip()
    command = ["-m", "hookproof", "mock", "--port", "0"]
    with started(command, HOOKPROOF_JWT_SECRET=JWT_SECRET) as url:
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "run", str(default_path()), "--url", url]
            + ["--header", f"Authorization: Bearer {token}", "--checks", "all"]
            + ["--max-examples", "100", "--seed", "1", "--no-color"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout
