"""Options of `hookproof trigger`."""

import json
import re
from types import SimpleNamespace
from typing import Any

import click

from hookproof.options import types
from hookproof.options.command import (
    contract_options,
    public_url,
    signature_option,
    webhook_secret,
)
from openapi.json_pointer import check_pointer
from webhook_sink.destination import parse_destination

MAX_DELIVERIES = 1000
MAX_AT_ONCE = 100
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_RESERVED_HEADERS = frozenset(["content-length", "transfer-encoding", "connection", "host"])


def _parse_value(text: str) -> tuple[str, Any]:
    """Read `/pointer=VALUE`; a value that is not JSON is a text."""
    pointer, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"{text!r} has no value; write /data/name=VALUE")
    check_pointer(pointer)
    try:
        return pointer, json.loads(value)
    except (ValueError, RecursionError):
        return pointer, value


def _parse_header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    value = value.strip(" \t")
    if not colon or not _NAME.fullmatch(name) or not value.isprintable():
        raise ValueError("write a header as 'Name: value'")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"the value of {name} has a character that no header can have") from None
    if name.lower() in _RESERVED_HEADERS:
        raise ValueError(f"hookproof sets {name} itself")
    return name, value


def _parse_age(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= 10 * 365 * 86400:
        raise ValueError(f"{text!r} is not a number of seconds; write 600, or -600 for the future")
    return value


@click.command()
@click.argument("event", required=False)
@click.option(
    "--to",
    type=types.Value("URL", parse_destination),
    show_default=False,
    help="URL of the receiver.",
)
@click.option("--list", is_flag=True, help="Show the events and their payloads; send nothing.")
@contract_options
@signature_option("--signature", "Sign by this scheme, such as stripe.")
@webhook_secret("Secret to sign with.", "--secret")
@public_url(show_default="the URL of --to")
@click.option(
    "--set",
    type=types.Value("POINTER=VALUE", _parse_value),
    multiple=True,
    help="Set a value of the payload: JSON, else a text; /data/name=VALUE (repeatable).",
)
@click.option(
    "--data",
    metavar="FILE",
    show_default="a new payload",
    help="Send this payload; - is stdin.",
)
@click.option(
    "-H",
    "--header",
    type=types.Value("HEADER", _parse_header),
    multiple=True,
    help="Send this header, as 'Name: value', instead of one with this name (repeatable).",
)
@click.option(
    "--fault",
    metavar="NAME",
    multiple=True,
    help="Send the event with this fault of the mock (repeatable; see hookproof faults).",
)
@click.option(
    "--age",
    type=types.Value("SECONDS", _parse_age),
    default="0",
    help="Age of event and signature; negative: in the future.",
)
@click.option(
    "--repeat",
    type=click.IntRange(1, MAX_DELIVERIES),
    metavar="N",
    default=1,
    help="Send the same event N times, signed again each time.",
)
@click.option(
    "--at-once",
    type=click.IntRange(1, MAX_AT_ONCE),
    metavar="N",
    default=1,
    help="Send N identical deliveries at the same time.",
)
@click.option(
    "--timeout",
    type=types.SECONDS,
    default="15",
    help="Maximum time of a response.",
)
@click.option(
    "--allow-host",
    type=types.Value("HOST", types.parse_host),
    multiple=True,
    help="Allow sending to this host, which is not this machine (repeatable).",
)
def trigger(**options: Any) -> int:
    """Send one event of the contract to a receiver."""
    from hookproof.commands.trigger import run_trigger

    return run_trigger(SimpleNamespace(**options))
