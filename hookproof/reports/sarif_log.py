"""SARIF 2.1.0: the log around rules and results, and the location of a result. Pure."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import quote

from openapi.contract import Json
from openapi.safe_text import escape_hidden

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif_log(
    release: str,
    rules: Sequence[dict[str, Json]],
    invocation: dict[str, Json],
    results: Sequence[dict[str, Json]],
) -> dict[str, Json]:
    """Return a log with one run; `release` is the version of hookproof."""
    run = {
        "tool": {"driver": {"name": "hookproof", "version": release, "rules": [*rules]}},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [*results],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def sarif_location(path: str, line: int, column: int, pointer: str) -> dict[str, Json]:
    """Return the location of a value at `pointer` in the file at `path`."""
    physical = {
        "artifactLocation": {"uri": _uri(path)},
        "region": {"startLine": line, "startColumn": column},
    }
    logical = {"fullyQualifiedName": escape_hidden(pointer), "kind": "member"}
    return {"physicalLocation": physical, "logicalLocations": [logical]}


def _uri(path: str) -> str:
    if path.startswith(("http://", "https://")):
        return path
    pure = PurePosixPath(path)
    return pure.as_uri() if pure.is_absolute() else quote(path, errors="surrogateescape")
