"""The options of `hookproof verify`: names, values, meanings."""

import argparse
from pathlib import Path

from contracts.model.settings import PROFILES
from hookproof.options import types


def add_verify(command: argparse.ArgumentParser) -> None:
    """Add the options of `verify`, the contract and the configuration aside."""
    command.add_argument(
        "url",
        nargs="?",
        type=types.url,
        metavar="URL",
        help="scheme, host, port and an optional prefix",
    )
    _credentials(command)
    _webhooks(command)
    _amount(command)
    _pace(command)
    _verdict(command)


def _credentials(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--token", metavar="T", help="a valid token with the permission")
    add("--token-without-permission", metavar="T", help="a valid token that lacks it")
    add("--token-expired", metavar="T", help="a token that has expired")
    add("--token-not-yet-valid", metavar="T", help="a token that is not valid yet")
    add(
        "-H",
        "--header",
        type=types.header,
        action=types.AppendAction,
        default=[],
        metavar="NAME:VALUE",
        help="send this header with every request; may be given several times",
    )


def _webhooks(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--webhook-listen",
        type=types.address,
        default=("127.0.0.1", 4020),
        metavar="HOST:PORT",
        help="receive the webhooks there (127.0.0.1:4020)",
    )
    add("--sink", type=types.url, metavar="URL", help="read the webhooks from the sink there")
    add("--sink-token", metavar="T", help="the token that the sink asks for, if it does")
    add("--webhook-secret", metavar="S", help="the secret that the service signs with")
    add(
        "--webhook-deadline",
        type=types.seconds,
        metavar="SECONDS",
        help="how long a webhook may take (the contract's: 10)",
    )
    add("--no-webhooks", action="store_true", help="leave the webhooks out")


def _amount(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--profile",
        choices=list(PROFILES),
        default="default",
        metavar="NAME",
        help=f"how much is tried: {', '.join(PROFILES)} (%(default)s)",
    )
    add(
        "--extra-phase",
        type=types.extra_phase,
        action=types.AppendAction,
        default=[],
        metavar="NAME",
        help="run this phase too (repeatable): rate-limit, retry, concurrency; none: no default",
    )
    add("--seed", type=int, metavar="N", help="the same cases again, up to names and dates")
    add("--no-saved-cases", action="store_true", help="do not replay saved cases, and save none")
    add("--max-requests", type=types.count, metavar="N", help="send no more than N requests")
    add("-x", "--exit-first", action="store_true", help="stop at the first violation")
    add("--dry-run", action="store_true", help="only say what the run would cost")


def _pace(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--allow-host",
        type=types.host,
        action=types.AppendAction,
        default=[],
        metavar="HOST",
        help="the target may be this host, which is not this machine; may be given several times",
    )
    add(
        "--rate-limit",
        type=types.pace,
        metavar="RATE",
        help="send no faster than this: 10/s; none: as fast as it goes",
    )
    add(
        "--request-timeout",
        type=types.seconds,
        default=10.0,
        metavar="SECONDS",
        help="how long an answer may take (%(default)g)",
    )
    add(
        "--tls-verify",
        type=types.trusted,
        default=True,
        metavar="FILE",
        help="trust what this file in PEM holds; false: trust anything (true: the system's)",
    )
    add(
        "--wait",
        type=types.seconds,
        default=0.0,
        metavar="SECONDS",
        help="wait this long for the service to come up (%(default)g)",
    )


def _verdict(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--baseline",
        type=Path,
        metavar="FILE",
        help="file of accepted findings; they do not fail the run",
    )
    add("--strict", action="store_true", help="a warning counts as a violation")
    add("--require-decided", action="store_true", help="exit 2 if anything is undecided")
    add(
        "--report-dir",
        type=Path,
        default=Path("hookproof-report"),
        metavar="DIR",
        help="write the reports there (%(default)s)",
    )
