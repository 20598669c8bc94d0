"""npm packages of the tests: pinned versions, installed once for all processes."""

import fcntl
import json
import os
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

INSTALLATION_TIMEOUT_S: Final = 240


class InstallationError(Exception):
    """Failure to install the packages; the message is the last words of the installer."""


def install_npm_packages(npm: str, folder: Path, packages: Mapping[str, str]) -> Path:
    """Install packages below `folder`, unless they are; return the folder of the packages.

    `packages` has the version of each name. Raise `InstallationError` if npm fails. Several
    processes may call this at once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = json.dumps(dict(packages))
    done = folder / "installed.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.is_file() or done.read_text(encoding="utf-8") != wanted:
            _run_npm(npm, folder, packages)
            done.write_text(wanted, encoding="utf-8")
    return folder / "node_modules"


def _trust_of_the_system() -> dict[str, str]:
    """Return the variable by which npm trusts the authorities of the operating system.

    Node alone knows only its own, so that a company's proxy would be an unknown server.
    """
    files = (ssl.get_default_verify_paths().cafile, "/etc/ssl/certs/ca-certificates.crt")
    known = next((file for file in files if file and Path(file).is_file()), None)
    return {} if known is None else {"NODE_EXTRA_CA_CERTS": known}


def _run_npm(npm: str, folder: Path, packages: Mapping[str, str]) -> None:
    """Install with neither scripts nor a lock file, and without questions to other services."""
    # A registry that does not answer is tried twice, not for minutes.
    quiet = [
        "--fetch-retries=1",
        "--no-save",
        "--no-package-lock",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]
    named = [f"{name}@{pinned}" for name, pinned in packages.items()]
    try:
        done = subprocess.run(
            [npm, "install", "--prefix", str(folder), *quiet, *named],
            cwd=folder,
            env={**_trust_of_the_system(), **os.environ, "CI": "true"},
            capture_output=True,
            text=True,
            check=False,
            timeout=INSTALLATION_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise InstallationError(f"not done after {INSTALLATION_TIMEOUT_S} s") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "complete log" not in line.lower()]
        raise InstallationError("; ".join(lines[:3]) or f"exit code {done.returncode}")
