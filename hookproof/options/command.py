"""A command or an action of a command: its name, and the sentence about it in both helps."""

import argparse
from typing import Any


def add_command(commands: Any, name: str, summary: str) -> argparse.ArgumentParser:
    """Add a command to `commands`, the result of `add_subparsers`; return its parser.

    `summary` stands in the list of commands, and as a sentence in the command's own help.
    """
    sentence = f"{summary[0].upper()}{summary[1:]}."
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=sentence)
    return parser
