"""The command `hookproof`: its options, and which function does what they ask.

Results go to stdout, progress and logs to stderr. A wrong option, a port in use, a broken contract
or an unreachable URL is one sentence on stderr and exit code 2.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from hookproof.options import CANNOT, parser
from hookproof.parts import strangers

INTERRUPTED = 130


class CommandError(Exception):
    """The command cannot do its work; the one sentence says why and what to do."""


def _run(options: argparse.Namespace) -> int:
    """Do what the options ask. Each command imports what it needs: a token needs no test runner."""
    match options.command:
        case "mock":
            from hookproof.servers import run_mock

            return run_mock(options)
        case "sink":
            from hookproof.servers import run_sink

            return run_sink(options)
        case "verify":
            from hookproof.verify import run_verify

            return run_verify(options)
        case "demo":
            from hookproof.demo import run_demo

            return run_demo()
        case "token":
            from hookproof.tables import print_token

            return print_token(options)
        case _:
            from hookproof.tables import print_faults

            return print_faults(options)


def from_environment(option: str | None, name: str) -> str | None:
    """Return the option's value, else the environment variable's; empty counts as not given."""
    return option or os.environ.get(name) or None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (the process's own if None); return its exit code."""
    shadowed = strangers()
    if shadowed:
        print(f"hookproof: {shadowed[0]}", file=sys.stderr)
        return CANNOT
    try:
        return _run(parser().parse_args(arguments))
    except CommandError as error:
        print(f"hookproof: {error}", file=sys.stderr)
        return CANNOT
    except KeyboardInterrupt:
        return INTERRUPTED
