"""The options of every command: names, values, meanings. What they bring about is in `cli`."""

import argparse
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

from hookproof import values
from hookproof.exits import CANNOT


class _Parser(argparse.ArgumentParser):
    """A parser that answers a mistake with one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(CANNOT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    top = _Parser(prog="hookproof", description="One contract: a mock, a sink, a judge.")
    top.add_argument("--version", action="version", version=f"hookproof {_version()}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _mock(commands.add_parser("mock", help="run the service of the contract on this machine"))
    _sink(commands.add_parser("sink", help="receive webhooks, keep them, judge them"))
    _verify(commands.add_parser("verify", help="judge a running service, its webhooks included"))
    commands.add_parser("demo", help="show the loop closed, then a finding")
    _token(commands.add_parser("token", help="print a token that the mock accepts"))
    faults = commands.add_parser("faults", help="list the faults that the mock can have")
    faults.add_argument("--json", action="store_true", help="print a JSON array")
    return top


def _version() -> str:
    try:
        return version("hookproof")
    except PackageNotFoundError:
        return "of a checkout that is not installed"


def _contract(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--contract", type=Path, metavar="FILE", help="the contract (default: the one that ships)"
    )


def _server(command: argparse.ArgumentParser, port: int) -> None:
    command.add_argument(
        "--host", default="127.0.0.1", metavar="HOST", help="address to listen on (%(default)s)"
    )
    command.add_argument(
        "--port",
        type=values.port,
        default=port,
        metavar="PORT",
        help="port to listen on, 0 for a free one (%(default)s)",
    )
    _contract(command)


def _mock(command: argparse.ArgumentParser) -> None:
    _server(command, 4010)
    command.add_argument(
        "--jwt-secret", metavar="S", help="secret of the tokens (default: a published one)"
    )
    command.add_argument(
        "--webhook-url",
        type=values.url,
        action="append",
        default=[],
        metavar="URL",
        help="send the webhooks there; may be given several times",
    )
    command.add_argument("--webhook-secret", metavar="S", help="sign the webhooks with this secret")
    command.add_argument(
        "--rate-limit", type=values.rate, metavar="RATE", help="answer 429 above this rate: 50/5s"
    )
    command.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME",
        help="have this fault (see hookproof faults); may be given several times",
    )


def _sink(command: argparse.ArgumentParser) -> None:
    _server(command, 4020)
    command.add_argument(
        "--webhook-secret", metavar="S", help="check the signatures with this secret"
    )
    command.add_argument(
        "--store",
        type=Path,
        metavar="FILE",
        help="keep the deliveries there (default: until the sink stops)",
    )
    command.add_argument(
        "--reply",
        type=values.statuses,
        default=(200,),
        metavar="STATUSES",
        help="answer with these statuses in turn, the last one repeats: 500,500,200",
    )


def _verify(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("url", type=values.url, metavar="URL", help="scheme, host, port and an optional prefix")
    _contract(command)
    add("--token", metavar="T", help="a valid token with the permission")
    add("--token-without-permission", metavar="T", help="a valid token that lacks it")
    add("--token-expired", metavar="T", help="a token that has expired")
    add("--token-not-yet-valid", metavar="T", help="a token that is not valid yet")
    add(
        "-H",
        "--header",
        type=values.header,
        action="append",
        default=[],
        metavar="NAME:VALUE",
        help="send this header with every request; may be given several times",
    )
    add(
        "--webhook-listen",
        type=values.address,
        default=("127.0.0.1", 4020),
        metavar="HOST:PORT",
        help="receive the webhooks there (127.0.0.1:4020)",
    )
    add("--sink", type=values.url, metavar="URL", help="read the webhooks from the sink there")
    add("--webhook-secret", metavar="S", help="the secret that the service signs with")
    add(
        "--webhook-deadline",
        type=values.seconds,
        metavar="SECONDS",
        help="how long a webhook may take (the contract's: 10)",
    )
    add("--no-webhooks", action="store_true", help="leave the webhooks out")
    add(
        "--provoke",
        type=values.provocation,
        action="append",
        default=[],
        metavar="WHAT",
        help="provoke this too: 429",
    )
    add("--rate-limit", type=values.rate, metavar="RATE", help="send no faster than this: 10/s")
    add(
        "--request-timeout",
        type=values.seconds,
        default=10.0,
        metavar="SECONDS",
        help="how long an answer may take (%(default)g)",
    )
    add(
        "--wait",
        type=values.seconds,
        default=0.0,
        metavar="SECONDS",
        help="wait this long for the service to come up (%(default)g)",
    )
    add("--seed", type=int, metavar="N", help="the same cases again, up to names and dates")
    add("--strict", action="store_true", help="a warning counts as a violation")
    add("--require-decided", action="store_true", help="exit 2 if anything is undecided")
    add(
        "--report-dir",
        type=Path,
        default=Path("hookproof-report"),
        metavar="DIR",
        help="write report.json and junit.xml there (%(default)s)",
    )


def _token(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--scope",
        action="append",
        metavar="S",
        help="a permission; may be given several times (personalAccessToken:write)",
    )
    command.add_argument(
        "--expires-in", type=int, metavar="SECONDS", help="may be negative (default: never)"
    )
    command.add_argument(
        "--jwt-secret", metavar="S", help="secret of the tokens (default: a published one)"
    )
