"""Real documents that packages bring: names, pinned versions, and how to get them.

The npm packages are installed, never copied. FastAPI generates its documents here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Final

import fastapi_application
import tutorial_service
from npm_packages import install_npm_packages

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
    """Install the npm packages of the documents below `folder`; return their folder.

    Raise `InstallationError` if npm fails. Several processes may call this at once.
    """
    return install_npm_packages(npm, folder, NPM_PACKAGES)
