"""A command, or an action of a command, with the same sentence in the list and in its help."""

import argparse
from typing import Any


def add_command(commands: Any, name: str, summary: str) -> argparse.ArgumentParser:
    """Add a command to `commands`, the result of `add_subparsers`; return its parser.

    The list of commands shows `summary`; the help of the command begins with it as a sentence.
    """
    sentence = f"{summary[0].upper()}{summary[1:]}."
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=sentence)
    return parser
