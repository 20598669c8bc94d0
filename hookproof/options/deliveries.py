"""Options of `hookproof deliveries`."""

import argparse
from pathlib import Path

from hookproof.options import types
from hookproof.options.command import add_command
from openapi.json_pointer import check_pointer

VERDICTS = ("conforms", "warning", "violation")
SIGNATURES = ("valid", "invalid", "missing", "unchecked")
_FILTER_NAMES = ("event", "verdict", "signature", "path", "text")


def add_deliveries(command: argparse.ArgumentParser) -> None:
    """Add `list`, `show`, `wait`, `resend`, `export` and `clear`."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    _list(add_command(actions, "list", "list deliveries, newest first"))
    _show(add_command(actions, "show", "show one delivery"))
    _wait(add_command(actions, "wait", "wait for a matching delivery"))
    _resend(add_command(actions, "resend", "resend deliveries unchanged"))
    _export(add_command(actions, "export", "export deliveries"))
    clear = add_command(actions, "clear", "delete all deliveries")
    _sink(clear)
    clear.add_argument("--yes", action="store_true", help="confirm the deletion")


def filters_of(options: argparse.Namespace) -> dict[str, str | None]:
    """Return the filters as parameters of the sink's API; None allows any value."""
    return {name: getattr(options, name) or None for name in _FILTER_NAMES}


def _sink(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--sink",
        type=types.parse_url,
        metavar="URL",
        help="URL of the sink (default: HOOKPROOF_SINK, else http://127.0.0.1:4020)",
    )
    command.add_argument(
        "--token",
        metavar="T",
        help="token of the sink, if it requires one (default: HOOKPROOF_SINK_TOKEN)",
    )


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--json", action="store_true", help="print JSON as the sink's API returns it"
    )


def _filters(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--event",
        type=_parse_text,
        metavar="NAME",
        help="only this event; -: deliveries without a known event",
    )
    add(
        "--verdict",
        choices=VERDICTS,
        metavar="KIND",
        help="only this verdict: conforms, warning or violation",
    )
    add(
        "--signature",
        choices=SIGNATURES,
        metavar="KIND",
        help="only this signature status: valid, invalid, missing or unchecked",
    )
    add(
        "--path",
        type=_parse_text,
        metavar="PATH",
        help="only this path; a * at the end matches any suffix",
    )
    add(
        "--text",
        type=_parse_text,
        metavar="TEXT",
        help="only deliveries with this text in target, headers or body",
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
        help="maximum number of deliveries (default: %(default)s)",
    )
    command.add_argument("--ids", action="store_true", help="print only ids, one per line")
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
        help="curl: curl line; test: pytest test; har: HAR entry; json: JSON; body: raw body "
        "(default: text)",
    )
    command.add_argument(
        "--to",
        type=_parse_text,
        metavar="URL",
        help="target URL of the curl line or test (default: the sink)",
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
        help="only deliveries with this value in the payload, such as /data/name=shop (repeatable)",
    )
    command.add_argument(
        "--timeout",
        type=types.parse_seconds,
        default=30.0,
        metavar="SECONDS",
        help="maximum time to wait (default: %(default)g)",
    )
    begin = command.add_mutually_exclusive_group()
    begin.add_argument(
        "--after", type=_parse_delivery_id, metavar="ID", help="only deliveries after this id"
    )
    begin.add_argument(
        "--from",
        dest="begin",
        choices=("start", "now"),
        default="start",
        metavar="MOMENT",
        help="start: stored and new deliveries; now: only new ones (default: %(default)s)",
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
        help="target URL; the sink must allow it (--resend-to)",
    )


def _export(command: argparse.ArgumentParser) -> None:
    _sink(command)
    _filters(command)
    command.add_argument(
        "--format",
        choices=("jsonl", "har"),
        default="jsonl",
        metavar="NAME",
        help="jsonl: one delivery per line; har: HTTP Archive (default: %(default)s)",
    )
    command.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write to this file atomically (default: stdout)",
    )


def _parse_text(text: str) -> str:
    """Read text that a URL or JSON can carry: valid UTF-8."""
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
        raise argparse.ArgumentTypeError(f"{text!r} has no value; write {text}=VALUE")
    return pointer, value


def _parse_delivery_id(text: str) -> int:
    """Read an id; empty text is 0, because `list --ids` prints nothing without a delivery."""
    if text and not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise argparse.ArgumentTypeError(f"{text!r} is not a delivery id")
    return int(text or 0)
