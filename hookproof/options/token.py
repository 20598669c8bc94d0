"""Options of `hookproof token`."""

from types import SimpleNamespace
from typing import Any

import click

from hookproof.options.command import contract_options, jwt_secret


@click.command()
@contract_options
@click.option(
    "--scope",
    metavar="S",
    multiple=True,
    show_default="all permissions of the contract",
    help="Permission of the token (repeatable).",
)
@click.option(
    "--expires-in",
    type=int,
    metavar="SECONDS",
    show_default="no expiry",
    help="Lifetime of the token; may be negative.",
)
@click.option(
    "--tenant",
    metavar="NAME",
    show_default="the default tenant",
    help="Tenant whose resources the token reaches.",
)
@jwt_secret("Secret that signs the token.")
def token(**options: Any) -> int:
    """Print a token that the mock accepts."""
    from hookproof.commands.token import print_token

    return print_token(SimpleNamespace(**options))
