"""The options of every command: names, values, meanings. What they bring about is in `cli`.

The command line and, beneath it, the configuration: what a command is really asked for."""

import argparse
import os
from collections.abc import Sequence
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

from hookproof.errors import CommandError
from hookproof.options import types
from hookproof.options.config_file import find_config_file, read_defaults
from hookproof.options.deliveries import add_deliveries
from hookproof.options.mock import add_mock
from hookproof.options.signature import add_signature
from hookproof.options.sink import add_forwarding
from hookproof.options.verify import add_verify


class _Parser(argparse.ArgumentParser):
    """A parser that answers a mistake with one sentence."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message} (see {self.prog} --help)")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command; a mistake in what it parses is a `CommandError`."""
    return build_parsers()[0]


def build_parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Return the parser of the whole command, and the one of each command by its name."""
    top = _Parser(
        prog="hookproof",
        description="Mock server, webhook sink and contract test harness for one OpenAPI contract.",
    )
    top.add_argument("--version", action="version", version=f"hookproof {_version()}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    mock = commands.add_parser("mock", help="run the service of the contract on this machine")
    _server(mock, 4010)
    add_mock(mock)
    _sink(commands.add_parser("sink", help="receive webhooks, keep them, judge them"))
    add_deliveries(commands.add_parser("deliveries", help="ask a running sink for what came"))
    add_signature(commands.add_parser("signature", help="sign a body by hand, or verify one"))
    verify = commands.add_parser("verify", help="judge a running service, its webhooks included")
    _shared(verify)
    add_verify(verify)
    commands.add_parser("demo", help="show the loop closed, then a finding")
    _token(commands.add_parser("token", help="print a token that the mock accepts"))
    faults = commands.add_parser("faults", help="list the faults that the mock can have")
    _contract(faults)
    faults.add_argument("--json", action="store_true", help="print a JSON array")
    _selftest(commands.add_parser("selftest", help="judge the mock with each of its faults"))
    return top, dict(commands.choices)


def _version() -> str:
    try:
        return version("hookproof")
    except PackageNotFoundError:
        return "of a checkout that is not installed"


def _contract(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--contract", type=Path, metavar="FILE", help="the contract (default: the one that ships)"
    )


def _shared(command: argparse.ArgumentParser) -> None:
    _contract(command)
    command.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="options from this file (default: hookproof.toml, here or further up)",
    )


def _server(command: argparse.ArgumentParser, port: int) -> None:
    command.add_argument(
        "--host", default="127.0.0.1", metavar="HOST", help="address to listen on (%(default)s)"
    )
    command.add_argument(
        "--port",
        type=types.port,
        default=port,
        metavar="PORT",
        help="port to listen on, 0 for a free one (%(default)s)",
    )
    command.add_argument(
        "--ready-file",
        type=Path,
        metavar="FILE",
        help="write url and pid there, as JSON, once requests are answered",
    )
    _shared(command)


def _sink(command: argparse.ArgumentParser) -> None:
    _server(command, 4020)
    command.add_argument(
        "--webhook-secret",
        action=types.AppendAction,
        default=[],
        metavar="S",
        help="check the signatures with this secret; more of them explain what others sign",
    )
    _access(command)
    command.add_argument(
        "--store",
        type=Path,
        metavar="FILE",
        help="keep the deliveries there (default: until the sink stops)",
    )
    command.add_argument(
        "--keep-count",
        type=types.count,
        metavar="N",
        help="keep the newest N deliveries (default: all)",
    )
    command.add_argument(
        "--keep-age",
        type=types.parse_duration,
        metavar="DURATION",
        help="keep deliveries for so long: 12h, 7d (default: for ever)",
    )
    command.add_argument(
        "--keep-size",
        type=types.parse_size,
        metavar="SIZE",
        help="keep so much of bodies and headers: 500MB, 2GiB (default: all)",
    )
    command.add_argument(
        "--max-body-size",
        type=types.parse_size,
        default="1MiB",
        metavar="SIZE",
        help="maximum body size to keep; larger: 413 (%(default)s)",
    )
    command.add_argument(
        "--reply",
        action=types.AppendAction,
        type=types.script,
        default=[str(HTTPStatus.OK.value)],
        metavar="SCRIPT",
        help="answer so in turn, the last step repeats: 500,200 or '/hooks*: 503 delay=2, hang'",
    )
    add_forwarding(command)


def _access(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--token",
        metavar="T",
        help="ask for this token below /_hookproof/ (default: made where others can reach it)",
    )


def _token(command: argparse.ArgumentParser) -> None:
    _contract(command)
    command.add_argument(
        "--scope",
        action="append",
        metavar="S",
        help="a permission; may be given several times (default: all that the contract asks for)",
    )
    command.add_argument(
        "--expires-in", type=int, metavar="SECONDS", help="may be negative (default: never)"
    )
    command.add_argument(
        "--jwt-secret", metavar="S", help="secret of the tokens (default: a published one)"
    )


def _selftest(command: argparse.ArgumentParser) -> None:
    _contract(command)
    add = command.add_argument
    add("--sample", type=types.count, metavar="N", help="try so many faults, of all layers")
    add("--seed", type=int, metavar="N", help="the same sample and the same cases again")
    add("--jobs", type=types.count, metavar="N", help="try so many at once (the cores, 2 or more)")


def parse_command_line(arguments: Sequence[str] | None, folder: Path) -> argparse.Namespace:
    """Return the options of `arguments` (the process's own if None).

    What they leave open comes from the configuration that they name, or from the one found from
    `folder` upwards; `options.config` is then its path. A mistake in either is a `CommandError`.
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
