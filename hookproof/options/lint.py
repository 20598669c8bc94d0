"""Options of `hookproof lint`."""

from types import SimpleNamespace
from typing import Any

import click

from hookproof.options import types
from hookproof.options.command import overlay_option

FORMATS = ("text", "json", "sarif", "github")


@click.command()
@click.argument("contract", nargs=-1, type=types.CONTRACT)
@overlay_option
@click.option(
    "--format",
    type=click.Choice(FORMATS),
    default="text",
    help="Text, JSON, SARIF, or annotations of GitHub Actions.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
def lint(**options: Any) -> int:
    """Find faults in a contract.

    CONTRACT is an OpenAPI document (default: the shipped contract): a file, or a URL on loopback.
    It may be an overlay that extends a file. Several are possible.
    """
    from hookproof.commands.lint import run_lint

    return run_lint(SimpleNamespace(**options))
