"""Options of `hookproof selftest`."""

from types import SimpleNamespace
from typing import Any

import click

from hookproof.options import types
from hookproof.options.command import contract_options, seed_option


@click.command()
@contract_options
@click.option(
    "--sample",
    type=types.COUNT,
    show_default="all faults",
    help="Try N faults, spread over all categories.",
)
@seed_option("Seed of the sample and of the cases.")
@click.option(
    "--jobs",
    type=types.COUNT,
    show_default="number of cores, at least 2",
    help="Number of parallel trials.",
)
def selftest(**options: Any) -> int:
    """Test whether the harness catches each fault of the mock."""
    from hookproof.commands.selftest import run_selftest

    return run_selftest(SimpleNamespace(**options))
