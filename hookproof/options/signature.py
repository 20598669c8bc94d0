"""Options of `hookproof signature`."""

import re
from types import SimpleNamespace
from typing import Any

import click

from hookproof.options.command import (
    Group,
    contract_options,
    options,
    signature_option,
    webhook_secret,
)
from hookproof.options.types import Value, parse_delivery_url

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)


def _parse_unix_time(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise ValueError(f"{text!r} is not a time in whole Unix seconds")
    return int(text)


def _parse_header(text: str) -> tuple[bytes, bytes]:
    """Read `Name: value`; the value keeps its bytes from the command line."""
    name, colon, value = text.partition(":")
    if not colon or not _NAME.fullmatch(name):
        raise ValueError("write a header as 'Name: value'")
    return name.encode(), value.strip(" \t").encode(errors="surrogateescape")


UNIX_TIME = Value("UNIX", _parse_unix_time)
body_options = options(
    click.argument("file", default="-"),
    click.option(
        "--event",
        metavar="NAME",
        show_default="the event that the body names",
        help="Signed event.",
    ),
    click.option(
        "--public-url",
        type=Value("URL", parse_delivery_url),
        help="URL of the delivery as its sender has it, if the signature covers the URL.",
    ),
    contract_options,
    signature_option("--scheme", "Sign by this scheme, such as stripe, without a contract."),
)


@click.group(cls=Group)
def signature() -> None:
    """Sign a body, or verify a signature."""


@signature.command()
@body_options
@webhook_secret("Secret to sign with.")
@click.option(
    "--id",
    metavar="ID",
    show_default="a new id",
    help="Webhook id, if the contract signs one.",
)
@click.option(
    "--header",
    "-H",
    type=Value("HEADER", _parse_header),
    multiple=True,
    help="Header of the delivery that the signature covers, as 'Name: value' (repeatable).",
)
@click.option(
    "--timestamp",
    type=UNIX_TIME,
    show_default="now",
    help="Time of sending in Unix seconds, if the contract signs one.",
)
def sign(**options: Any) -> int:
    """Print the signature headers of a body.

    FILE has the body; - is stdin, the default.
    """
    from hookproof.commands.signature import run_sign

    return run_sign(SimpleNamespace(**options))


@signature.command()
@body_options
@webhook_secret(
    "Secret to verify with; further secrets explain an invalid signature (repeatable).",
    multiple=True,
)
@click.option(
    "--header",
    "-H",
    type=Value("HEADER", _parse_header),
    multiple=True,
    help="Header of the delivery, as 'Name: value' (repeatable).",
)
@click.option(
    "--signature", metavar="VALUE", help="Value of the signature header, instead of --header."
)
@click.option(
    "--received-at",
    type=UNIX_TIME,
    show_default="now",
    help="Time of arrival in Unix seconds, if the contract signs a timestamp.",
)
def verify(**options: Any) -> int:
    """Verify the signature headers of a body.

    FILE has the body; - is stdin, the default.
    """
    from hookproof.commands.signature import run_verify

    return run_verify(SimpleNamespace(**options))
