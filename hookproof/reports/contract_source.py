"""Source of the contract for reports: its path or URL, and the line of each constraint."""

from dataclasses import dataclass
from pathlib import Path

from openapi.complaint import ContractError
from openapi.loading.document_source import DocumentSource, DocumentText
from openapi.loading.loader import read_source


@dataclass(frozen=True, slots=True)
class ContractSource:
    """Source of the constraints: path and YAML positions of the contract."""

    path: str
    """Path from the working directory or URL; for the shipped one, path within the package."""
    is_elsewhere: bool
    """Whether the user's repository does not contain it: the shipped one, or one from a URL."""
    source: DocumentSource


def read_contract_source(
    path: Path | DocumentText | None, directory: Path
) -> ContractSource | None:
    """Return the contract at `path` (None: the shipped one), or None if it cannot be read.

    The returned path is relative to `directory` if the file is below it.
    """
    try:
        read = read_source(path)
    except ContractError:
        return None
    if path is None:
        return ContractSource(f"openapi/{read.name}", True, read)
    if isinstance(path, DocumentText):
        return ContractSource(path.name, True, read)
    absolute = (directory / path).resolve()
    below = absolute.is_relative_to(directory.resolve())
    relative = absolute.relative_to(directory.resolve()) if below else absolute
    return ContractSource(relative.as_posix(), False, read)
