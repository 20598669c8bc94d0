"""Source of the contract for reports: its paths or URL, and the place of each constraint."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from openapi.complaint import ContractError
from openapi.contract import Json
from openapi.loading.loader import read_source
from openapi.parsing.document_source import DocumentSource, DocumentText


class Place(NamedTuple):
    """Place in a file that the user has; line and column from 1."""

    path: str
    """Path from the working directory, or absolute."""
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ContractSource:
    """Source of the constraints: paths and positions of the document and its overlays."""

    paths: tuple[str, ...]
    """Paths of document and overlays from the working directory, or absolute."""
    is_elsewhere: bool
    """Whether the document is not in the user's repository: the shipped one, or one from a URL."""
    source: DocumentSource

    def find_place(self, pointer: str) -> Place | None:
        """Return the place of the value at `pointer`; None if the user does not have the file."""
        file, line, column = self.source.locate(pointer)
        return None if self.is_elsewhere and not file else Place(self.paths[file], line, column)


def read_contract_source(
    path: Path | DocumentText | None, directory: Path, overlays: Sequence[Path] = ()
) -> ContractSource | None:
    """Return the contract at `path` (None: the shipped one), or None if it cannot be read.

    The returned paths are relative to `directory` if the files are below it.
    """
    try:
        read = read_source(path, overlays)
    except ContractError:
        return None
    document = _shown(path, directory) if isinstance(path, Path) else read.name
    paths = (document, *(_shown(overlay, directory) for overlay in overlays))
    return ContractSource(paths, not isinstance(path, Path), read)


def _shown(path: Path, directory: Path) -> str:
    absolute = (directory / path).resolve()
    below = absolute.is_relative_to(directory.resolve())
    return (absolute.relative_to(directory.resolve()) if below else absolute).as_posix()


def with_places(data: dict[str, Json], file: ContractSource | None) -> dict[str, Json]:
    """Return report data whose findings have the place of their constraint, if `file` has it."""
    if file is None:
        return data
    findings = []
    for finding in data["findings"]:
        place = file.find_place(finding["pointer"])
        shown = None if place is None else f"{place.path}:{place.line}:{place.column}"
        findings.append({**finding, "place": shown})
    return {**data, "findings": findings}
