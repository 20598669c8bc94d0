"""The command line and, beneath it, the configuration: what a command is really asked for."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from hookproof.config import defaults, found
from hookproof.options import parsers


def parse(arguments: Sequence[str] | None, folder: Path) -> argparse.Namespace:
    """Return the options of `arguments` (the process's own if None).

    What they leave open comes from the configuration that they name, or from the one found from
    `folder` upwards; `options.config` is then its path. A mistake in either is a `CommandError`.
    """
    top, commands = parsers()
    options = top.parse_args(arguments)
    command = commands[options.command]
    if not hasattr(options, "config"):
        return options
    path = options.config or found(folder)
    if path is None:
        return options
    command.set_defaults(**defaults(path, options.command, commands, os.environ))
    options = top.parse_args(arguments)
    options.config = path
    return options
