"""Contract file as reports name it: path, and line of every constraint."""

from dataclasses import dataclass
from pathlib import Path

from openapi.loading.loader import read_contract_yaml
from openapi.loading.yaml_source import ContractError, YamlSource


@dataclass(frozen=True, slots=True)
class ContractSource:
    """Where the constraints stand."""

    path: str
    """As it is called where the command runs; that of the contract that ships, within hookproof."""
    ships: bool
    """It is the one that ships: no file of the caller's."""
    source: YamlSource


def read_contract_source(path: Path | None, directory: Path) -> ContractSource | None:
    """Read the contract at `path` (None: the one that ships); None if it cannot be read.

    The path is told relative to `directory` where it lies below it.
    """
    try:
        read = read_contract_yaml(path)
    except ContractError:
        return None
    if path is None:
        return ContractSource(f"openapi/{read.name}", True, read)
    whole = (directory / path).resolve()
    below = whole.is_relative_to(directory.resolve())
    told = whole.relative_to(directory.resolve()) if below else whole
    return ContractSource(told.as_posix(), False, read)
