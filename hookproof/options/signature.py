"""Options of `hookproof signature`."""

import argparse
import re
from pathlib import Path

from hookproof.options import types
from hookproof.options.command import add_command

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)


def add_signature(command: argparse.ArgumentParser) -> None:
    """Add `sign` and `verify`."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    sign = add_command(actions, "sign", "print the signature headers of a body")
    _shared(sign)
    sign.add_argument(
        "--webhook-secret",
        metavar="S",
        help="secret to sign with (default: HOOKPROOF_WEBHOOK_SECRET)",
    )
    sign.add_argument(
        "--id", metavar="ID", help="webhook id, if the contract signs one (default: a new id)"
    )
    sign.add_argument(
        "--timestamp",
        type=_parse_unix_time,
        metavar="UNIX",
        help="time of sending in Unix seconds, if the contract signs one (default: now)",
    )
    verify = add_command(actions, "verify", "verify the signature headers of a body")
    _shared(verify)
    verify.add_argument(
        "--webhook-secret",
        action=types.AppendAction,
        default=[],
        metavar="S",
        help="secret to verify with; further secrets explain an invalid signature (repeatable; "
        "default: HOOKPROOF_WEBHOOK_SECRET)",
    )
    verify.add_argument(
        "--header",
        "-H",
        type=_header,
        action="append",
        default=[],
        metavar="HEADER",
        help="header of the delivery, as 'Name: value' (repeatable)",
    )
    verify.add_argument(
        "--signature", metavar="VALUE", help="value of the signature header, instead of --header"
    )
    verify.add_argument(
        "--received-at",
        type=_parse_unix_time,
        metavar="UNIX",
        help="time of arrival in Unix seconds, if the contract signs a timestamp (default: now)",
    )


def _shared(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "file",
        nargs="?",
        default="-",
        metavar="FILE",
        help="file of the body; -: stdin (default: %(default)s)",
    )
    command.add_argument(
        "--event", metavar="NAME", help="signed event (default: the event that the body names)"
    )
    command.add_argument(
        "--contract",
        type=Path,
        metavar="FILE",
        help="contract file (default: the shipped contract)",
    )


def _parse_unix_time(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time in whole Unix seconds")
    return int(text)


def _header(text: str) -> tuple[bytes, bytes]:
    """Read `Name: value`; the value keeps its bytes from the command line."""
    name, colon, value = text.partition(":")
    if not colon or not _NAME.fullmatch(name):
        raise argparse.ArgumentTypeError("write a header as 'Name: value'")
    return name.encode(), value.strip(" \t").encode(errors="surrogateescape")
