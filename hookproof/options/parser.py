"""Command-line parser of all commands, and the options that the configuration file adds.

The options of most commands are in a module with the name of the command.
"""

import argparse
import os
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

from hookproof.errors import CommandError
from hookproof.options import types
from hookproof.options.command import add_command
from hookproof.options.config_file import find_config_file, read_defaults
from hookproof.options.deliveries import add_deliveries
from hookproof.options.mock import add_mock
from hookproof.options.signature import add_signature
from hookproof.options.sink import add_sink
from hookproof.options.verify import add_verify


class _Parser(argparse.ArgumentParser):
    """Parser whose error message is one sentence."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message} (see {self.prog} --help)")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; it raises `CommandError` for a wrong option."""
    return build_parsers()[0]


def build_parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Return the parser of the whole command line, and the parser of each command by its name."""
    top = _Parser(
        prog="hookproof",
        description="Mock server, webhook sink and contract test harness for one OpenAPI contract.",
    )
    top.add_argument("--version", action="version", version=f"hookproof {_version()}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    mock = add_command(commands, "mock", "run a mock server of the contract")
    _server(mock, 4010)
    add_mock(mock)
    sink = add_command(commands, "sink", "receive, store and check webhooks")
    _server(sink, 4020)
    add_sink(sink)
    add_deliveries(add_command(commands, "deliveries", "query a running sink"))
    add_signature(add_command(commands, "signature", "sign a body, or verify a signature"))
    verify = add_command(commands, "verify", "test a running service and its webhooks")
    _shared(verify)
    add_verify(verify)
    add_command(
        commands, "demo", "run mock, sink and harness: first without a fault, then with one"
    )
    _token(add_command(commands, "token", "print a token that the mock accepts"))
    faults = add_command(commands, "faults", "list the faults of the mock")
    _contract(faults)
    faults.add_argument("--json", action="store_true", help="print a JSON array")
    _selftest(
        add_command(commands, "selftest", "test whether the harness catches each fault of the mock")
    )
    return top, dict(commands.choices)


def _version() -> str:
    try:
        return version("hookproof")
    except PackageNotFoundError:
        return "of a checkout that is not installed"


def _contract(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--contract",
        type=Path,
        metavar="FILE",
        help="contract file (default: the shipped contract)",
    )


def _shared(command: argparse.ArgumentParser) -> None:
    _contract(command)
    command.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="configuration file (default: hookproof.toml in this directory or a parent)",
    )


def _server(command: argparse.ArgumentParser, port: int) -> None:
    command.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="HOST",
        help="address to listen on (default: %(default)s)",
    )
    command.add_argument(
        "--port",
        type=types.parse_port,
        default=port,
        metavar="PORT",
        help="port to listen on; 0: a free port (default: %(default)s)",
    )
    command.add_argument(
        "--ready-file",
        type=Path,
        metavar="FILE",
        help="write url and pid as JSON to this file when the server is ready",
    )
    _shared(command)


def _token(command: argparse.ArgumentParser) -> None:
    _contract(command)
    command.add_argument(
        "--scope",
        action="append",
        metavar="S",
        help="permission of the token (repeatable; default: all permissions of the contract)",
    )
    command.add_argument(
        "--expires-in",
        type=int,
        metavar="SECONDS",
        help="lifetime of the token; may be negative (default: no expiry)",
    )
    command.add_argument(
        "--jwt-secret",
        metavar="S",
        help="secret that signs the token (default: HOOKPROOF_JWT_SECRET, else a published secret)",
    )


def _selftest(command: argparse.ArgumentParser) -> None:
    _contract(command)
    add = command.add_argument
    add(
        "--sample",
        type=types.parse_count,
        metavar="N",
        help="try N faults, spread over all categories (default: all faults)",
    )
    add(
        "--seed",
        type=int,
        metavar="N",
        help="seed of the sample and of the cases (default: random)",
    )
    add(
        "--jobs",
        type=types.parse_count,
        metavar="N",
        help="number of parallel trials (default: number of cores, at least 2)",
    )


def parse_command_line(arguments: Sequence[str] | None, folder: Path) -> argparse.Namespace:
    """Return the options of `arguments` (None: those of the process).

    Options that are not given come from the configuration file: the one that `--config` names, or
    the one of `folder` or its parents. `options.config` is then its path. `CommandError` for an
    invalid option or file.
    """
    top, commands = build_parsers()
    options = top.parse_args(arguments)
    command = commands[options.command]
    if not hasattr(options, "config"):
        return options
    path = options.config or find_config_file(folder)
    if path is None:
        return options
    command.set_defaults(**read_defaults(path, options.command, commands, os.environ))
    options = top.parse_args(arguments)
    options.config = path
    return options
