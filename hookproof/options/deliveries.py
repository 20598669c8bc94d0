"""The options of `hookproof deliveries`: names, values, meanings."""

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
    _list(actions.add_parser("list", help="list what came, the newest first"))
    _show(actions.add_parser("show", help="show one delivery with everything"))
    _wait(actions.add_parser("wait", help="wait until a delivery fits"))
    _resend(actions.add_parser("resend", help="send deliveries once more, as they came"))
    _export(actions.add_parser("export", help="write deliveries into a file"))
    clear = actions.add_parser("clear", help="remove all deliveries")
    _sink(clear)
    clear.add_argument("--yes", action="store_true", help="really do it")


def filters_of(options: argparse.Namespace) -> dict[str, str | None]:
    """Return what is to be looked for, as the parameters of the sink's API; None is any."""
    return {name: getattr(options, name) or None for name in _FILTER_NAMES}


def _sink(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--sink",
        type=types.url,
        metavar="URL",
        help="the sink (HOOKPROOF_SINK, or http://127.0.0.1:4020)",
    )
    command.add_argument(
        "--token",
        metavar="T",
        help="the token that the sink asks for, if it does (HOOKPROOF_SINK_TOKEN)",
    )


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON, as the sink's API has it")


def _filters(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--event",
        type=_parse_text,
        metavar="NAME",
        help="only this event; - for what names none that is known",
    )
    add("--verdict", choices=VERDICTS, metavar="KIND", help="conforms, warning or violation")
    add(
        "--signature", choices=SIGNATURES, metavar="KIND", help="valid, invalid, missing, unchecked"
    )
    add(
        "--path",
        type=_parse_text,
        metavar="PATH",
        help="only this path; with * at its end all that begin so",
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
        "--limit", type=types.count, default=20, metavar="N", help="so many at most (%(default)s)"
    )
    command.add_argument("--ids", action="store_true", help="print the ids alone, one per line")
    command.add_argument(
        "--follow", action="store_true", help="oldest first, and then what comes, until Ctrl-C"
    )


def _show(command: argparse.ArgumentParser) -> None:
    _sink(command)
    _json(command)
    command.add_argument("id", type=types.count, metavar="ID", help="the delivery's number")
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
        help="where curl line or test send to (the sink itself)",
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
        type=types.seconds,
        default=30.0,
        metavar="SECONDS",
        help="give up after so long (%(default)g)",
    )
    begin = command.add_mutually_exclusive_group()
    begin.add_argument(
        "--after", type=_parse_delivery_id, metavar="ID", help="only those after this one"
    )
    begin.add_argument(
        "--from",
        dest="begin",
        choices=("start", "now"),
        default="start",
        metavar="MOMENT",
        help="start: what has come already counts, too; now: only what comes (%(default)s)",
    )


def _resend(command: argparse.ArgumentParser) -> None:
    _sink(command)
    _json(command)
    command.add_argument(
        "ids", nargs="+", type=types.count, metavar="ID", help="the deliveries' numbers"
    )
    command.add_argument(
        "--to",
        required=True,
        type=_parse_text,
        metavar="URL",
        help="where to; the sink must allow it (--resend-to)",
    )


def _export(command: argparse.ArgumentParser) -> None:
    _sink(command)
    _filters(command)
    command.add_argument(
        "--format",
        choices=("jsonl", "har"),
        default="jsonl",
        metavar="NAME",
        help="jsonl: a delivery on each line; har: what browsers and proxies read (%(default)s)",
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="write there, whole or not at all (stdout)"
    )


def _parse_text(text: str) -> str:
    """Read what a URL or JSON can carry; not bytes that are none in UTF-8."""
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
    """Read an id; nothing at all is 0, which is what `list --ids` prints where nothing came."""
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a delivery")
    return int(text or 0)
