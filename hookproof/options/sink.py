"""Where the sink may send deliveries to: its options, and what they come to."""

import argparse

from hookproof.options.types import AppendAction
from webhook_sink.destination import Destination, parse_destination, parse_origin


def add_forwarding(command: argparse.ArgumentParser) -> None:
    """Add the options to `hookproof sink`."""
    command.add_argument(
        "--forward-to",
        type=_url,
        metavar="URL",
        help="pass every delivery on to there, byte for byte; without a path, to its own path",
    )
    command.add_argument(
        "--resend-to",
        type=_origin,
        action=AppendAction,
        default=[],
        metavar="ORIGIN",
        help="let deliveries be sent there once more (may be given several times)",
    )


def _url(text: str) -> Destination:
    try:
        return parse_destination(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _origin(text: str) -> Destination:
    try:
        return parse_origin(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
