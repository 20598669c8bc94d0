"""Real documents that packages bring: names, pinned versions, and how to get them.

The npm packages are installed, never copied. FastAPI generates its documents here.
"""

import fcntl
import json
import os
import ssl
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Final

import fastapi_application
import tutorial_service

NPM_PACKAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "@octokit/openapi": "23.0.2",
        "@octokit/openapi-webhooks": "12.1.0",
        "@readme/oas-examples": "8.2.2",
    }
)
"""Version of each npm package."""
_GENERATED: Final = MappingProxyType(
    {
        "the tutorial": tutorial_service.document,
        "every kind of operation": fastapi_application.document,
    }
)
"""Documents that FastAPI generates, by name."""
INSTALLATION_TIMEOUT_S: Final = 240


class InstallationError(Exception):
    """Failure of npm to install the packages; the message is its last words."""


@dataclass(frozen=True, slots=True)
class RealDocument:
    """Document of a package."""

    package: str
    path: str
    """Path in the package, or the name of a generated document."""
    complaints: frozenset[str] = frozenset()
    """Rules of lint that the document breaks. Each complaint was checked by hand."""
    max_requests: int | None = None
    """Limit of a run against the mock of the document."""

    def __str__(self) -> str:
        """Return package and path, as docs/compatibility.md has them."""
        return f"{self.package} {self.path}"

    @property
    def needs_npm(self) -> bool:
        """Whether an npm package has the document."""
        return self.package in NPM_PACKAGES

    @property
    def version(self) -> str:
        """Version of the package."""
        return NPM_PACKAGES[self.package] if self.needs_npm else version(self.package)

    def locate(self, packages: Path, folder: Path) -> Path:
        """Return the path of the document; write it to `folder` if it is generated.

        `packages` is the folder with the npm packages.
        """
        if self.needs_npm:
            return packages / self.package / self.path
        path = folder / "openapi.json"
        path.write_text(json.dumps(_GENERATED[self.path]()), encoding="utf-8")
        return path


def _examples(path: str, *complaints: str, max_requests: int | None = None) -> RealDocument:
    return RealDocument("@readme/oas-examples", path, frozenset(complaints), max_requests)


DOCUMENTS: Final = (
    RealDocument("fastapi", "the tutorial"),
    RealDocument("fastapi", "every kind of operation", frozenset(["callback"]), max_requests=600),
    _examples("3.0/json/callbacks.json"),
    _examples("3.0/yaml/circular-request-bodies.yaml", "endless-recursion", max_requests=300),
    _examples("3.0/json/complex-nesting.json", "equal-branches", max_requests=300),
    _examples("3.0/json/discriminators.json", "equal-branches", max_requests=300),
    _examples("3.0/json/file-uploads.json"),
    _examples("3.0/json/form-data.json"),
    _examples("3.0/json/http-status-codes.json", max_requests=300),
    _examples("3.0/json/link-example.json"),
    _examples("3.0/json/parameters-common.json"),
    _examples("3.0/json/parameters-style.json", max_requests=400),
    _examples("3.0/json/petstore-expanded.json"),
    _examples("3.0/yaml/petstore.yaml", "resource", max_requests=400),
    _examples("3.0/json/polymorphism.json", "equal-branches", max_requests=150),
    _examples(
        "3.0/json/readme-legacy.json",
        "equal-branches",
        "unknown-format",
        "resource",
        max_requests=400,
    ),
    _examples("3.0/json/response-multiple-mediatypes.json", "unknown-format"),
    _examples("3.0/json/response-schemas.json", "equal-branches", max_requests=100),
    _examples("3.0/yaml/schema-circular.yaml", "ignored-header", max_requests=200),
    _examples("3.0/json/schema-enums.json", "invalid-example", max_requests=300),
    _examples("3.0/json/security-multiple.json"),
    _examples("3.0/json/star-trek.json", max_requests=400),
    _examples("3.0/json/uspto.json", "unknown-format"),
    _examples("3.1/json/petstore.json", "resource", max_requests=400),
    _examples(
        "3.1/json/readme.json", "other-version", "ignored-header", "resource", max_requests=400
    ),
    _examples(
        "3.1/yaml/readme.yaml", "other-version", "ignored-header", "resource", max_requests=100
    ),
    _examples("3.1/json/schema-types.json", "other-version", "unknown-format", max_requests=300),
    _examples("3.1/yaml/security.yaml"),
    _examples("3.1/json/train-travel.json", "invalid-example", "unknown-format", max_requests=400),
    _examples("3.1/json/webhooks.json"),
    RealDocument(
        "@octokit/openapi",
        "generated/api.github.com.json",
        frozenset(
            ["ignored-header", "ignored-servers", "invalid-example", "unknown-format", "resource"]
        ),
        max_requests=200,
    ),
    RealDocument(
        "@octokit/openapi-webhooks", "generated/api.github.com.json", frozenset(["invalid-example"])
    ),
)
"""Documents that tests/documents/ tries, and that benchmarks/documents.py measures."""


def install_packages(npm: str, folder: Path) -> Path:
    """Install the npm packages below `folder`, unless they are; return the folder of the packages.

    Raise `InstallationError` if npm fails. Several processes may call this at once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = json.dumps(dict(NPM_PACKAGES))
    done = folder / "installed.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.is_file() or done.read_text(encoding="utf-8") != wanted:
            _run_npm(npm, folder)
            done.write_text(wanted, encoding="utf-8")
    return folder / "node_modules"


def _trust_of_the_system() -> dict[str, str]:
    """Return the variable by which npm trusts the authorities of the operating system.

    Node alone knows only its own, so that a company's proxy would be an unknown server.
    """
    files = (ssl.get_default_verify_paths().cafile, "/etc/ssl/certs/ca-certificates.crt")
    known = next((file for file in files if file and Path(file).is_file()), None)
    return {} if known is None else {"NODE_EXTRA_CA_CERTS": known}


def _run_npm(npm: str, folder: Path) -> None:
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
    named = [f"{name}@{pinned}" for name, pinned in NPM_PACKAGES.items()]
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
