"""The webhook secrets that the options name: several for the sink, of which the first counts."""

from collections.abc import Sequence

from hookproof.contract_option import fitting
from hookproof.exits import CommandError
from hookproof.values import from_environment
from openapi.document import Contract


def secrets_of(contract: Contract, options: Sequence[str]) -> tuple[str, ...]:
    """Return the secrets that were given, in order and once; empty ones count as not given.

    HOOKPROOF_WEBHOOK_SECRET stands in for the first. `CommandError` for one that the contract
    cannot sign with, with its number where there are several.
    """
    first = from_environment(options[0] if options else None, "HOOKPROOF_WEBHOOK_SECRET")
    secrets = tuple(dict.fromkeys(secret for secret in (first, *options[1:]) if secret))
    for number, secret in enumerate(secrets, 1):
        try:
            fitting(contract, secret)
        except CommandError as error:
            which = f"secret {number} of {len(secrets)}: " if len(secrets) > 1 else ""
            raise CommandError(f"{which}{error}") from None
    return secrets
