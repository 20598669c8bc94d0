"""Options of `hookproof faults`."""

from types import SimpleNamespace
from typing import Any

import click

from hookproof.options.command import contract_options


@click.command()
@contract_options
@click.option("--json", is_flag=True, help="Print a JSON array.")
def faults(**options: Any) -> int:
    """List the faults of the mock."""
    from hookproof.commands.faults import print_faults

    return print_faults(SimpleNamespace(**options))
