"""Entry point of the command `hookproof`: parse the command line, call the command's function.

Results go to stdout, progress and logs to stderr. For a wrong option, a port in use, an invalid
contract or an unreachable URL the command prints one sentence on stderr and exits with 2.
"""

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from hookproof.errors import EXIT_ERROR, EXIT_INTERRUPTED, CommandError
from hookproof.options.parser import parse_command_line
from hookproof.shadowing import shadowed_packages


def _dispatch(options: argparse.Namespace) -> int:  # noqa: PLR0911 - one for each command
    """Run the command. Each branch imports only its command: `token` needs no test runner."""
    match options.command:
        case "mock":
            gc.disable()  # until it serves: loading creates no garbage, and collections are slow
            from hookproof.commands.mock import run_mock

            return run_mock(options)
        case "sink":
            from hookproof.commands.sink import run_sink

            return run_sink(options)
        case "verify":
            from hookproof.commands.verify import run_verify

            return run_verify(options)
        case "demo":
            from hookproof.commands.demo import run_demo

            return run_demo()
        case "token":
            from hookproof.commands.info import print_token

            return print_token(options)
        case "deliveries":
            from hookproof.commands.deliveries import run_deliveries

            return run_deliveries(options)
        case "signature":
            from hookproof.commands.signature import run_signature

            return run_signature(options)
        case "selftest":
            from hookproof.commands.selftest import run_selftest

            return run_selftest(options)
        case _:
            from hookproof.commands.info import print_faults

            return print_faults(options)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (None: those of the process); return the exit code."""
    shadowed = shadowed_packages()
    if shadowed:
        print(f"hookproof: {shadowed[0]}", file=sys.stderr)
        return EXIT_ERROR
    try:
        return _dispatch(parse_command_line(arguments, Path.cwd()))
    except CommandError as error:
        print(f"hookproof: {error}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
