"""Amounts of time and of bytes, as options say them.

The values of options: read, or refused with the value, the rule and what to write instead."""

import argparse
import ipaddress
import os
import re
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from contracts.model.settings import EXTRA_PHASES
from hookproof.errors import CommandError
from mock_server.latency import Latency, parse_latency
from openapi.rate import Rate, parse_rate
from webhook_sink.replies.script import parse_reply_script

_SECONDS_BY_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES_BY_UNIT = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "kB": 10**3, "MB": 10**6, "GB": 10**9}


def parse_duration(text: str) -> float:
    """Read `90s`, `30m`, `12h` or `7d`, in seconds."""
    found = re.fullmatch(r"(\d{1,9})([smhd])", text, re.ASCII)
    if found is None or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no duration; write 90s, 30m, 12h or 7d")
    return float(int(found[1]) * _SECONDS_BY_UNIT[found[2]])


def parse_size(text: str) -> int:
    """Read `512KiB`, `500MB` or `2GiB`, in bytes."""
    found = re.fullmatch(r"(\d{1,9})([KMG]iB|kB|MB|GB)", text, re.ASCII)
    if found is None or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 512KiB, 500MB or 2GiB")
    return int(found[1]) * _BYTES_BY_UNIT[found[2]]


_NAME = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?", re.ASCII)

RESERVED_HEADERS = {
    "authorization": ": give the token with --token",
    "content-length": "",
    "content-type": "",
    "transfer-encoding": "",
}
"""Headers that a run sets, and what to do instead of giving them."""


class AppendAction(argparse.Action):
    """An option that may be given several times; what is given replaces the default."""

    def __call__(
        self,
        _: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        __: str | None = None,
    ) -> None:
        """Add one value to those given so far."""
        so_far = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [*([] if so_far is self.default else so_far), values])


def url(text: str) -> str:
    """Read scheme, host, port and an optional prefix; a slash at the end is dropped."""
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port != 0
    except ValueError:
        port_is_fine = False
        parts = urlsplit("")
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    whole = plain and text.isprintable() and " " not in text and is_host(parts.hostname or "")
    if parts.scheme not in ("http", "https") or not whole or not port_is_fine:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a URL of a service; write http://HOST:PORT or https://HOST/PREFIX"
        )
    return text.rstrip("/")


def rate(text: str) -> Rate:
    """Read `N/s`, `N/m` or `N/5s`."""
    try:
        return parse_rate(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def latency(text: str) -> Latency:
    """Read `200ms`, `100-300ms` or `0.1-0.3s`."""
    try:
        return parse_latency(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def header(text: str) -> tuple[str, str]:
    """Read `NAME:VALUE`, as curl does."""
    name, colon, value = text.partition(":")
    token = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    if not colon or not token or "\n" in value or "\r" in value or not value.isascii():
        raise argparse.ArgumentTypeError("a header is written NAME:VALUE, in ASCII")
    if name.lower() in RESERVED_HEADERS:
        raise argparse.ArgumentTypeError(
            f"{name} is set by the run itself{RESERVED_HEADERS[name.lower()]}"
        )
    return name, value.strip()


def address(text: str) -> tuple[str, int]:
    """Read `HOST:PORT`; an IPv6 address stands in brackets."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:4020")
    return host, int(port)


def port(text: str) -> int:
    """Read a port; 0 takes a free one."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def count(text: str) -> int:
    """Read a whole number from 1."""
    if not (text.isascii() and text.isdecimal()) or int(text[:9]) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def seconds(text: str) -> float:
    """Read a number of seconds, not below 0 and not above a day."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 86400")
    return value


def script(text: str) -> str:
    """Check a script of replies, such as `503, hang, 200`, and return it."""
    try:
        parse_reply_script(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def extra_phase(text: str) -> str:
    """Read the name of an extra phase, or `none`."""
    if text not in (*EXTRA_PHASES, "none"):
        known = f"{', '.join(EXTRA_PHASES)} and none"
        raise argparse.ArgumentTypeError(f"{text!r} is not an extra phase; known are {known}")
    return text


def limit(text: str) -> Rate | Literal["documented"]:
    """Read a rate, or `documented`."""
    return "documented" if text == "documented" else rate(text)


def pace(text: str) -> Rate | Literal["none"]:
    """Read a rate, or `none`."""
    return "none" if text == "none" else rate(text)


def host(text: str) -> str:
    """Read the name or the address of a host; an IPv6 address may stand in brackets."""
    bare = text.removeprefix("[").removesuffix("]").lower()
    if not is_host(bare):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a host; write its name or address alone, such as api.example.com"
        )
    return bare


def is_host(text: str) -> bool:
    """Say whether `text` is a name in ASCII and lower case, or an address without brackets."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _NAME.fullmatch(text) is not None
    return "%" not in text


def option_or_environment(option: str | None, name: str) -> str | None:
    """Return the option's value, else the environment variable's; empty counts as not given."""
    return option or os.environ.get(name) or None


def trusted(text: str) -> Path | bool:
    """Read `false`, `true` (what the system trusts), or a file of certificates in PEM."""
    if text in ("true", "false"):
        return text == "true"
    try:
        ssl.create_default_context(cafile=text)
    except OSError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no file of certificates in PEM: {error.strerror or error}; "
            "false trusts any certificate"
        ) from None
    return Path(text)


def token(option: str | None, name: str) -> str | None:
    """Return a token from the option or the environment, without white space around it.

    `CommandError` for one that no header can carry; the sentence does not repeat it.
    """
    given = (option_or_environment(option, name) or "").strip()
    if not (given.isascii() and given.isprintable()):
        raise CommandError(f"{name}: a token is printable ASCII; is it the right value?")
    return given or None
