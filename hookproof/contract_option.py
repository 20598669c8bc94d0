"""Loading the contract that the options name."""

from pathlib import Path

from hookproof.exits import CommandError
from openapi.document import Contract
from openapi.loading import load
from openapi.reading import ContractError


def contract_of(path: Path | None) -> Contract:
    """Return the contract in `path`, or the one that ships; `CommandError` if it is broken."""
    try:
        return load(path)
    except ContractError as error:
        raise CommandError(str(error)) from None
