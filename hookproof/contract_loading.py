"""Loading the contract that the options name, and the secret that fits it.

The webhook secrets that the options name: several for the sink, of which the first counts."""

from collections.abc import Sequence
from pathlib import Path

from hookproof.errors import CommandError
from hookproof.options.types import option_or_environment
from openapi.contract import Contract
from openapi.loading.loader import load_contract
from openapi.loading.yaml_source import ContractError
from openapi.signature import secret_problem


def load_contract_option(path: Path | None) -> Contract:
    """Return the contract in `path`, or the one that ships; `CommandError` if it is broken."""
    try:
        return load_contract(path)
    except ContractError as error:
        raise CommandError(str(error)) from None


def check_webhook_secret(contract: Contract, secret: str) -> str:
    """Return the webhook secret; `CommandError` if the contract cannot sign with it."""
    complaint = secret_problem((event.signature for event in contract.events), secret)
    if complaint is not None:
        raise CommandError(f"{complaint}; pass --webhook-secret or HOOKPROOF_WEBHOOK_SECRET")
    return secret


def webhook_secrets_from_options(contract: Contract, options: Sequence[str]) -> tuple[str, ...]:
    """Return the secrets that were given, in order and once; empty ones count as not given.

    HOOKPROOF_WEBHOOK_SECRET stands in for the first. `CommandError` for one that the contract
    cannot sign with, with its number where there are several.
    """
    first = option_or_environment(options[0] if options else None, "HOOKPROOF_WEBHOOK_SECRET")
    secrets = tuple(dict.fromkeys(secret for secret in (first, *options[1:]) if secret))
    for number, secret in enumerate(secrets, 1):
        try:
            check_webhook_secret(contract, secret)
        except CommandError as error:
            which = f"secret {number} of {len(secrets)}: " if len(secrets) > 1 else ""
            raise CommandError(f"{which}{error}") from None
    return secrets
