"""Runs of `schemathesis run` with all checks against an API of this project."""

import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = int(os.environ.get("API_EXAMPLES", "50"))
"""Examples for each operation."""
_TIMEOUT_S = 60 + 3 * EXAMPLES


def checked_api(
    document_url: str, token: str, folder: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    """Check the API that the document at `document_url` describes; run in `folder`."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", document_url]
    command += ["--header", f"Authorization: Bearer {token}", "--checks", "all", "--seed", "1"]
    command += ["--max-examples", str(EXAMPLES), "--no-color", *options]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
    )
