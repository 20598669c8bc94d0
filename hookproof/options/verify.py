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
        help="URL of the service: scheme, host, port and an optional prefix",
    )
    _credentials(command)
    _webhooks(command)
    _amount(command)
    _pace(command)
    _verdict(command)


def _credentials(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--token",
        metavar="T",
        help="valid token with the permission (default: HOOKPROOF_TOKEN)",
    )
    add(
        "--token-without-permission",
        metavar="T",
        help="valid token without the permission (default: HOOKPROOF_TOKEN_WITHOUT_PERMISSION)",
    )
    add("--token-expired", metavar="T", help="expired token (default: HOOKPROOF_TOKEN_EXPIRED)")
    add(
        "--token-not-yet-valid",
        metavar="T",
        help="token that is not valid yet (default: HOOKPROOF_TOKEN_NOT_YET_VALID)",
    )
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
        help="receive webhooks on this address (default: 127.0.0.1:4020)",
    )
    add("--sink", type=types.parse_url, metavar="URL", help="read webhooks from this sink instead")
    add(
        "--sink-token",
        metavar="T",
        help="token of the sink, if it requires one (default: HOOKPROOF_SINK_TOKEN)",
    )
    add(
        "--webhook-secret",
        metavar="S",
        help="secret with which the service signs (default: HOOKPROOF_WEBHOOK_SECRET)",
    )
    add(
        "--webhook-deadline",
        type=types.parse_seconds,
        metavar="SECONDS",
        help="maximum delay of a webhook (default: the contract's deadline)",
    )
    add("--no-webhooks", action="store_true", help="do not test webhooks")


def _amount(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--profile",
        choices=list(PROFILES),
        default="default",
        metavar="NAME",
        help=f"number of cases: {', '.join(PROFILES)} (default: %(default)s)",
    )
    add(
        "--extra-phase",
        type=types.parse_extra_phase,
        action=types.AppendAction,
        default=[],
        metavar="NAME",
        help="run this phase too: rate-limit, retry, concurrency; none: no default phase "
        "(repeatable; default on loopback: retry, concurrency)",
    )
    add(
        "--seed",
        type=int,
        metavar="N",
        help="seed of the cases; names and dates still differ (default: random)",
    )
    add("--no-saved-cases", action="store_true", help="do not replay saved cases, and save none")
    add("--no-cache", action="store_true", help="generate all bodies again, and store none")
    add(
        "--max-requests",
        type=types.parse_count,
        metavar="N",
        help="maximum number of requests (default: no limit)",
    )
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
        help="allow this target host (repeatable; default: only this machine)",
    )
    add(
        "--rate-limit",
        type=types.parse_request_rate,
        metavar="RATE",
        help="maximum request rate, such as 10/s; none: no limit (default on loopback: none; "
        "elsewhere: the contract's)",
    )
    add(
        "--request-timeout",
        type=types.parse_seconds,
        default=10.0,
        metavar="SECONDS",
        help="maximum time of one response (default: %(default)g)",
    )
    add(
        "--tls-verify",
        type=types.parse_trust,
        default=True,
        metavar="FILE",
        help="trust the certificates in this PEM file; false: trust any certificate (default: the "
        "system's authorities)",
    )
    add(
        "--wait",
        type=types.parse_seconds,
        default=0.0,
        metavar="SECONDS",
        help="maximum time to wait until the service is up (default: %(default)g)",
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
        help="directory of the reports (default: %(default)s)",
    )
