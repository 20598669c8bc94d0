"""Options of `hookproof sink`."""

import argparse
from http import HTTPStatus
from pathlib import Path

from hookproof.options import types
from webhook_sink.destination import parse_destination, parse_origin


def add_sink(command: argparse.ArgumentParser) -> None:
    """Add the options of `sink` except address, ready file, contract and configuration."""
    command.add_argument(
        "--webhook-secret",
        action=types.AppendAction,
        default=[],
        metavar="S",
        help="secret that verifies signatures; further secrets explain invalid signatures "
        "(repeatable; default: HOOKPROOF_WEBHOOK_SECRET)",
    )
    command.add_argument(
        "--token",
        metavar="T",
        help="require this token for page and API (default: HOOKPROOF_SINK_TOKEN; generated if "
        "other machines can reach the sink)",
    )
    _storage(command)
    command.add_argument(
        "--reply",
        action=types.AppendAction,
        type=types.parse_script,
        default=[str(HTTPStatus.OK.value)],
        metavar="SCRIPT",
        help="reply with these steps in order, then repeat the last: 500,200 or "
        "'/hooks*: 503 delay=2, hang' (repeatable; default: 200)",
    )
    _forwarding(command)


def _storage(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--store",
        type=Path,
        metavar="FILE",
        help="store deliveries in this file (default: deleted when the sink stops)",
    )
    command.add_argument(
        "--keep-count",
        type=types.parse_count,
        metavar="N",
        help="maximum number of deliveries to keep (default: no limit)",
    )
    command.add_argument(
        "--keep-age",
        type=types.parse_duration,
        metavar="DURATION",
        help="maximum age of deliveries to keep, such as 12h or 7d (default: no limit)",
    )
    command.add_argument(
        "--keep-size",
        type=types.parse_size,
        metavar="SIZE",
        help="maximum total size of bodies and headers to keep, such as 500MB (default: no limit)",
    )
    command.add_argument(
        "--max-body-size",
        type=types.parse_size,
        default="1MiB",
        metavar="SIZE",
        help="maximum body size to keep; larger: 413 (default: %(default)s)",
    )


def _forwarding(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--forward-to",
        type=types.argument_type(parse_destination),
        metavar="URL",
        help="forward each delivery unchanged to this URL; a URL without a path keeps the path of "
        "the delivery",
    )
    command.add_argument(
        "--resend-to",
        type=types.argument_type(parse_origin),
        action=types.AppendAction,
        default=[],
        metavar="ORIGIN",
        help="allow resending to this origin (repeatable)",
    )
