"""Options of `hookproof deliveries`."""

import argparse
from pathlib import Path

from hookproof.options import types
from openapi.json_pointer import check_pointer

VERDICTS = ("conforms", "warning", "violation")
SIGNATURES = ("valid", "invalid", "missing", "unchecked")
_FILTER_NAMES = ("event", "verdict", "signature", "path", "text")


def add_deliveries(command: argparse.ArgumentParser) -> None:
    """Add `list`, `show`, `wait`, `resend`, `export` and `clear`."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    _list(actions.add_parser("list", help="list deliveries, newest first"))
    _show(actions.add_parser("show", help="show one delivery"))
    _wait(actions.add_parser("wait", help="wait for a matching delivery"))
    _resend(actions.add_parser("resend", help="resend deliveries, byte for byte"))
    _export(actions.add_parser("export", help="export deliveries"))
    clear = actions.add_parser("clear", help="delete all deliveries")
    _sink(clear)
    clear.add_argument("--yes", action="store_true", help="confirm")


def filters_of(options: argparse.Namespace) -> dict[str, str | None]:
    """Return the filters as parameters of the sink's API; None is any value."""
    return {name: getattr(options, name) or None for name in _FILTER_NAMES}


def _sink(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--sink",
        type=types.parse_url,
        metavar="URL",
        help="the sink (HOOKPROOF_SINK, or http://127.0.0.1:4020)",
    )
    command.add_argument(
        "--token",
        metavar="T",
        help="the token of the sink, if it requires one (HOOKPROOF_SINK_TOKEN)",
    )


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print the JSON of the sink's API")


def _filters(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--event",
        type=_parse_text,
        metavar="NAME",
        help="only this event; -: deliveries without a known event",
    )
    add("--verdict", choices=VERDICTS, metavar="KIND", help="conforms, warning or violation")
    add(
        "--signature", choices=SIGNATURES, metavar="KIND", help="valid, invalid, missing, unchecked"
    )
    add(
        "--path",
        type=_parse_text,
        metavar="PATH",
        help="only this path; a final * matches any rest",
    )
    add(
        "--text",
        type=_parse_text,
        metavar="TEXT",
        help="only with this text in target, headers or body",
    )


def _list(command: argparse.ArgumentParser) -> None:
    _sink(command)
    _json(command)
    _filters(command)
    command.add_argument(
        "--limit",
        type=types.parse_count,
        default=20,
        metavar="N",
        help="maximum number (%(default)s)",
    )
    command.add_argument("--ids", action="store_true", help="print only the ids, one per line")
    command.add_argument(
        "--follow",
        action="store_true",
        help="list oldest first, then print new deliveries until Ctrl-C",
    )


def _show(command: argparse.ArgumentParser) -> None:
    _sink(command)
    _json(command)
    command.add_argument("id", type=types.parse_count, metavar="ID", help="id of the delivery")
    command.add_argument(
        "--format",
        choices=("curl", "test", "har", "json", "body"),
        metavar="NAME",
        help="print a curl line, a pytest test, a HAR entry, JSON, or the body's bytes",
    )
    command.add_argument(
        "--to",
        type=_parse_text,
        metavar="URL",
        help="target of the curl line or test (default: the sink)",
    )


def _wait(command: argparse.ArgumentParser) -> None:
    _sink(command)
    _json(command)
    _filters(command)
    command.add_argument(
        "--where",
        type=_parse_payload_condition,
        action="append",
        default=[],
        metavar="POINTER=VALUE",
        help="only with this value in the payload: /data/name=shop (repeatable)",
    )
    command.add_argument(
        "--timeout",
        type=types.parse_seconds,
        default=30.0,
        metavar="SECONDS",
        help="maximum time to wait (%(default)g)",
    )
    begin = command.add_mutually_exclusive_group()
    begin.add_argument(
        "--after", type=_parse_delivery_id, metavar="ID", help="only deliveries after this one"
    )
    begin.add_argument(
        "--from",
        dest="begin",
        choices=("start", "now"),
        default="start",
        metavar="MOMENT",
        help="start: stored deliveries match too; now: only new ones (%(default)s)",
    )


def _resend(command: argparse.ArgumentParser) -> None:
    _sink(command)
    _json(command)
    command.add_argument(
        "ids", nargs="+", type=types.parse_count, metavar="ID", help="ids of the deliveries"
    )
    command.add_argument(
        "--to",
        required=True,
        type=_parse_text,
        metavar="URL",
        help="target; the sink must allow it (--resend-to)",
    )


def _export(command: argparse.ArgumentParser) -> None:
    _sink(command)
    _filters(command)
    command.add_argument(
        "--format",
        choices=("jsonl", "har"),
        default="jsonl",
        metavar="NAME",
        help="jsonl: one delivery on each line; har: HTTP Archive (%(default)s)",
    )
    command.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write to this file, whole or not at all (default: stdout)",
    )


def _parse_text(text: str) -> str:
    """Read text that a URL or JSON can carry: no bytes that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"{text!a} is not UTF-8") from None
    return text


def _parse_payload_condition(text: str) -> tuple[str, str]:
    pointer, equals, value = text.partition("=")
    try:
        check_pointer(pointer)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} says no value; write {text}=VALUE")
    return pointer, value


def _parse_delivery_id(text: str) -> int:
    """Read an id; empty text is 0, for `list --ids` prints nothing without a delivery."""
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a delivery")
    return int(text or 0)
