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
        help="verify signatures with this secret; further ones explain invalid signatures "
        "(repeatable)",
    )
    command.add_argument(
        "--token",
        metavar="T",
        help="require this token below /_hookproof/ (default: generated for a reachable address)",
    )
    _storage(command)
    command.add_argument(
        "--reply",
        action=types.AppendAction,
        type=types.parse_script,
        default=[str(HTTPStatus.OK.value)],
        metavar="SCRIPT",
        help="reply with these steps in turn, the last one repeats: 500,200 or "
        "'/hooks*: 503 delay=2, hang' (repeatable)",
    )
    _forwarding(command)


def _storage(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--store",
        type=Path,
        metavar="FILE",
        help="store deliveries in this file (default: until the sink stops)",
    )
    command.add_argument(
        "--keep-count",
        type=types.parse_count,
        metavar="N",
        help="keep the newest N deliveries (default: all)",
    )
    command.add_argument(
        "--keep-age",
        type=types.parse_duration,
        metavar="DURATION",
        help="keep deliveries for this time: 12h, 7d (default: for ever)",
    )
    command.add_argument(
        "--keep-size",
        type=types.parse_size,
        metavar="SIZE",
        help="total size of bodies and headers to keep: 500MB, 2GiB (default: no limit)",
    )
    command.add_argument(
        "--max-body-size",
        type=types.parse_size,
        default="1MiB",
        metavar="SIZE",
        help="maximum body size to keep; larger: 413 (%(default)s)",
    )


def _forwarding(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--forward-to",
        type=types.argument_type(parse_destination),
        metavar="URL",
        help="forward each delivery to this URL, byte for byte; a URL without a path keeps the "
        "path of the delivery",
    )
    command.add_argument(
        "--resend-to",
        type=types.argument_type(parse_origin),
        action=types.AppendAction,
        default=[],
        metavar="ORIGIN",
        help="allow deliveries to be resent to this origin (repeatable)",
    )
