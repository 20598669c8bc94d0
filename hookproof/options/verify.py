"""Options of `hookproof verify`."""

import argparse
from pathlib import Path

from contracts.model.settings import PROFILES
from hookproof.options import types


def add_verify(command: argparse.ArgumentParser) -> None:
    """Add the options of `verify` except contract and configuration."""
    command.add_argument(
        "url",
        nargs="?",
        type=types.parse_url,
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
    add("--token-without-permission", metavar="T", help="a valid token without the permission")
    add("--token-expired", metavar="T", help="a token that has expired")
    add("--token-not-yet-valid", metavar="T", help="a token that is not valid yet")
    add(
        "-H",
        "--header",
        type=types.parse_header,
        action=types.AppendAction,
        default=[],
        metavar="NAME:VALUE",
        help="send this header with every request (repeatable)",
    )


def _webhooks(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--webhook-listen",
        type=types.parse_address,
        default=("127.0.0.1", 4020),
        metavar="HOST:PORT",
        help="receive webhooks on this address (127.0.0.1:4020)",
    )
    add("--sink", type=types.parse_url, metavar="URL", help="read webhooks from this running sink")
    add("--sink-token", metavar="T", help="the token of the sink, if it requires one")
    add("--webhook-secret", metavar="S", help="the secret that the service signs with")
    add(
        "--webhook-deadline",
        type=types.parse_seconds,
        metavar="SECONDS",
        help="maximum delay of a webhook (default: the contract's, 10)",
    )
    add("--no-webhooks", action="store_true", help="do not test webhooks")


def _amount(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--profile",
        choices=list(PROFILES),
        default="default",
        metavar="NAME",
        help=f"number of cases: {', '.join(PROFILES)} (%(default)s)",
    )
    add(
        "--extra-phase",
        type=types.parse_extra_phase,
        action=types.AppendAction,
        default=[],
        metavar="NAME",
        help="run this phase too (repeatable): rate-limit, retry, concurrency; none: no default",
    )
    add("--seed", type=int, metavar="N", help="seed of the cases; names and dates still differ")
    add("--no-saved-cases", action="store_true", help="do not replay saved cases, and save none")
    add("--max-requests", type=types.parse_count, metavar="N", help="send no more than N requests")
    add("-x", "--exit-first", action="store_true", help="stop at the first violation")
    add("--dry-run", action="store_true", help="only print the number of requests and tokens")


def _pace(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--allow-host",
        type=types.parse_host,
        action=types.AppendAction,
        default=[],
        metavar="HOST",
        help="allow this host as the target although it is not this machine (repeatable)",
    )
    add(
        "--rate-limit",
        type=types.parse_request_rate,
        metavar="RATE",
        help="maximum request rate: 10/s; none: no limit",
    )
    add(
        "--request-timeout",
        type=types.parse_seconds,
        default=10.0,
        metavar="SECONDS",
        help="maximum time of one response (%(default)g)",
    )
    add(
        "--tls-verify",
        type=types.parse_trust,
        default=True,
        metavar="FILE",
        help="trust the certificates of this PEM file; false: trust any (true: the system's)",
    )
    add(
        "--wait",
        type=types.parse_seconds,
        default=0.0,
        metavar="SECONDS",
        help="wait for the service to start (%(default)g)",
    )


def _verdict(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--baseline",
        type=Path,
        metavar="FILE",
        help="file of accepted findings; they do not fail the run",
    )
    add("--strict", action="store_true", help="treat warnings as violations")
    add("--require-decided", action="store_true", help="exit 2 if a constraint is undecided")
    add(
        "--report-dir",
        type=Path,
        default=Path("hookproof-report"),
        metavar="DIR",
        help="directory of the reports (%(default)s)",
    )
