"""Options of `hookproof init`."""

from types import SimpleNamespace
from typing import Any

import click

from hookproof.options import types


@click.command()
@click.argument("document", type=types.CONTRACT)
@click.option(
    "-o",
    "--output",
    type=types.FILE,
    show_default="the document's name with .overlay.yaml",
    help="Write the overlay to this file.",
)
@click.option("--force", is_flag=True, help="Overwrite the file.")
def init(**options: Any) -> int:
    """Write an overlay with guesses about the webhooks of a document.

    DOCUMENT is an OpenAPI document: a file, or a URL on loopback.
    """
    from hookproof.commands.init import run_init

    return run_init(SimpleNamespace(**options))
