"""Loading the contract that the options name, and the secret that fits it."""

from pathlib import Path

from hookproof.exits import CommandError
from openapi.document import Contract
from openapi.loading import load
from openapi.reading import ContractError
from openapi.signature import unfit


def contract_of(path: Path | None) -> Contract:
    """Return the contract in `path`, or the one that ships; `CommandError` if it is broken."""
    try:
        return load(path)
    except ContractError as error:
        raise CommandError(str(error)) from None


def fitting(contract: Contract, secret: str) -> str:
    """Return the webhook secret; `CommandError` if the contract cannot sign with it."""
    complaint = unfit((event.signature for event in contract.events), secret)
    if complaint is not None:
        raise CommandError(f"{complaint}; pass --webhook-secret or HOOKPROOF_WEBHOOK_SECRET")
    return secret
