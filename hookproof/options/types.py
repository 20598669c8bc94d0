"""Types of option values: read a value, or reject it with a rule and an example."""

import ipaddress
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import click
from click.shell_completion import CompletionItem

from contracts.model.selection import GROUPS, PHASES
from hookproof.contract_url import ContractUrl, is_url, parse_contract_url
from openapi.rate import Rate, parse_rate
from webhook_sink.storage.location import PostgresUrl, is_postgres_url, parse_location

_SECONDS_BY_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES_BY_UNIT = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?", re.ASCII)
_RESERVED_HEADERS = {
    "authorization": ": give the token with --token, other credentials with --credential",
    "content-length": "",
    "content-type": "",
    "transfer-encoding": "",
}
"""Headers that a run sets, and which option to use instead."""


class Value(click.ParamType):  # type: ignore[type-arg] # generic only from click 8.4
    """Type with the metavar `name`; `parse` reads a text or raises `ValueError` with the rule."""

    def __init__(self, name: str, parse: Callable[[str], object]) -> None:
        self.name = name
        self._parse = parse

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        """Return the value of a text; what is no text comes converted from the file."""
        try:
            return self._parse(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), param, ctx)


def parse_rate_limit(text: str) -> Rate | Literal["documented"]:
    """Read `N/s`, `N/m` or `N/5s`, or `documented`."""
    return "documented" if text == "documented" else parse_rate(text)


def parse_request_rate(text: str) -> Rate | Literal["none"]:
    """Read `N/s`, `N/m` or `N/5s`, or `none`."""
    return "none" if text == "none" else parse_rate(text)


def parse_duration(text: str) -> float:
    """Read `90s`, `30m`, `12h` or `7d`, in seconds."""
    found = re.fullmatch(r"(\d{1,9})([smhd])", text, re.ASCII)
    if found is None or not int(found[1]):
        raise ValueError(f"{text!r} is not a duration; write 90s, 30m, 12h or 7d")
    return float(int(found[1]) * _SECONDS_BY_UNIT[found[2]])


def parse_size(text: str) -> int:
    """Read `512KiB`, `500MB` or `2GiB`, in bytes."""
    found = re.fullmatch(r"(\d{1,9})([KMG]iB|kB|MB|GB)", text, re.ASCII)
    if found is None or not int(found[1]):
        raise ValueError(f"{text!r} is not a size; write 512KiB, 500MB or 2GiB")
    return int(found[1]) * _BYTES_BY_UNIT[found[2]]


def parse_path(text: str) -> str | None:
    """Read the path of a URL, as it is on the request line; an empty text is none."""
    if not text:
        return None
    plain = text.isascii() and text.isprintable() and not set(text) & set(" ?#")
    if not (plain and text.startswith("/")):
        raise ValueError(f"{text!r} is not a path; write it as in the URL, such as /hooks")
    return text


def parse_url(text: str) -> str:
    """Read scheme, host, port and an optional prefix, without a trailing slash."""
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port != 0
    except ValueError:
        port_is_fine = False
        parts = urlsplit("")
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    whole = plain and text.isprintable() and " " not in text and is_host(parts.hostname or "")
    if parts.scheme not in ("http", "https") or not whole or not port_is_fine:
        raise ValueError(
            f"{text!r} is not a URL of a service; write http://HOST:PORT or https://HOST/PREFIX"
        )
    return text.rstrip("/")


def parse_delivery_url(text: str) -> str:
    """Read the URL of a delivery, which may have a query."""
    url, mark, query = text.partition("?")
    if mark and not (query.isascii() and query.isprintable() and not set(query) & set(" #")):
        raise ValueError(f"{text!r} is not the URL of a delivery: encode its query")
    parse_url(url)
    return url + mark + query


def parse_header(text: str) -> tuple[str, str]:
    """Read `NAME:VALUE`, as curl does."""
    name, colon, value = text.partition(":")
    token = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    if not colon or not token or "\n" in value or "\r" in value or not value.isascii():
        raise ValueError("write a header as NAME:VALUE, in ASCII")
    if name.lower() in _RESERVED_HEADERS:
        raise ValueError(f"hookproof sets {name} itself{_RESERVED_HEADERS[name.lower()]}")
    return name, value.strip()


def parse_address(text: str) -> tuple[str, int]:
    """Read `HOST:PORT`; an IPv6 address is in brackets."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:4020")
    return host, int(port)


def parse_port(text: str) -> int:
    """Read a port; 0 means a free port."""
    if not text.isdecimal() or int(text) > 65535:
        raise ValueError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def parse_count(text: str) -> int:
    """Read a whole number from 1."""
    if not (text.isascii() and text.isdecimal()) or int(text[:9]) < 1:
        raise ValueError(f"{text!r} is not a whole number from 1")
    return int(text)


def parse_processes(text: str) -> int:
    """Read a whole number from 1, or -1, which means one for each core as in Locust."""
    return -1 if text == "-1" else parse_count(text)


def parse_seconds(text: str) -> float:
    """Read a number of seconds from 0 to one day."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 86400:
        raise ValueError(f"{text!r} is not a number of seconds from 0 to 86400")
    return value


def parse_positive(text: str) -> float:
    """Read a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ValueError(f"{text!r} is not a number above 0")
    return value


def parse_token(text: str) -> str:
    """Read a token without surrounding white space; the message does not contain it."""
    token = text.strip()
    if not (token.isascii() and token.isprintable()):
        raise ValueError("the token must be printable ASCII; check its value")
    return token


def parse_credential(text: str) -> tuple[str, str]:
    """Read `SCHEME=VALUE`, a credential for a security scheme; the message does not contain it."""
    scheme, equals, value = text.strip().partition("=")
    if not equals or not scheme or not value:
        raise ValueError("write a credential as SCHEME=KEY or SCHEME=USER:PASSWORD")
    if not value.isprintable():
        raise ValueError(f"the credential of {scheme} has a character that is not printable")
    return scheme, value


def parse_host(text: str) -> str:
    """Read a host name or address; an IPv6 address may be in brackets."""
    bare = text.removeprefix("[").removesuffix("]").lower()
    if not is_host(bare):
        raise ValueError(
            f"{text!r} is not a host; write only its name or address, such as api.example.com"
        )
    return bare


def is_host(text: str) -> bool:
    """Return whether `text` is a lower-case ASCII host name, or an address without brackets."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _HOST_NAME.fullmatch(text) is not None
    return "%" not in text


def parse_trust(text: str) -> Path | bool:
    """Read `true` (the system's authorities), `false`, or a PEM file of certificates."""
    if text in ("true", "false"):
        return text == "true"
    import ssl

    try:
        ssl.create_default_context(cafile=text)
    except OSError as error:
        raise ValueError(
            f"{text!r} is not a PEM file of certificates: {error.strerror or error}; "
            "false trusts any certificate"
        ) from None
    return Path(text)


class Credential(Value):
    """Type of credentials; a variable has several, separated by spaces or one on each line."""

    def split_envvar_value(self, rv: str) -> list[str]:
        """Return the credentials; a value with a space needs the form with lines."""
        return [line for line in rv.splitlines() if line.strip()] if "\n" in rv else rv.split()


class ListedName(click.ParamType):  # type: ignore[type-arg] # as above
    """One of several names; rejects an unknown one with a similar one.

    The names are read when they are needed, because their modules may be slow to import.
    """

    def __init__(self, metavar: str, noun: str, known: Callable[[], Sequence[str]]) -> None:
        self.name = metavar
        self._noun = noun
        self._known = known

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        """Return the name."""
        known = self._known()
        if value in known:
            return value
        near = get_close_matches(str(value), known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        return self.fail(f"no {self._noun} {value!r}; {hint}", param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin like the incomplete one."""
        del ctx, param
        return [CompletionItem(name) for name in self._known() if name.startswith(incomplete)]


class ContractLocation(click.Path):
    """Path of a contract, or its URL on this machine."""

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """Return a path or `ContractUrl`; a value of the file comes converted."""
        if isinstance(value, ContractUrl):
            return value
        if not (isinstance(value, str) and is_url(value)):
            return super().convert(value, param, ctx)
        try:
            return parse_contract_url(value)
        except ValueError as error:
            return self.fail(str(error), param, ctx)


class StoreLocationValue(click.Path):
    """Path of the file of a store, or the URL of its database."""

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """Return a path or `PostgresUrl`; a value of the file comes converted."""
        if isinstance(value, PostgresUrl):
            return value
        if not (isinstance(value, str) and is_postgres_url(value)):
            return super().convert(value, param, ctx)
        try:
            return parse_location(value)
        except ValueError as error:
            return self.fail(str(error), param, ctx)


class OperationValue(click.ParamType):  # type: ignore[type-arg] # as above
    """Id, method, path or path pattern of operations; the loaded contract decides about it."""

    name = "OPERATION"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        """Return the value with single spaces."""
        text = " ".join(str(value).split())
        return text or self.fail("an operation needs an id, a method or a path", param, ctx)

    def split_envvar_value(self, rv: str) -> list[str]:
        """Return the values of a variable, which commas separate: a value may have a space."""
        return [part for part in rv.split(",") if part.strip()]


def known_parts() -> tuple[str, ...]:
    """Return the names of groups, checks and phases, without duplicates."""
    from contracts.checks import CHECKS

    return tuple(dict.fromkeys((*GROUPS, *CHECKS, *PHASES)))


def known_schemes() -> tuple[str, ...]:
    """Return the names of the signature schemes that need no contract."""
    from openapi.signatures.registry import SCHEMES

    return tuple(SCHEMES)


COUNT = Value("N", parse_count)
OPERATION = OperationValue()
CREDENTIAL = Credential("SCHEME=VALUE", parse_credential)
PART = ListedName("CHECK|PHASE", "check or phase", known_parts)
PORT = Value("PORT", parse_port)
PROCESSES = Value("N", parse_processes)
SECONDS = Value("SECONDS", parse_seconds)
POSITIVE = Value("NUMBER", parse_positive)
SIZE = Value("SIZE", parse_size)
SCHEME = ListedName("SCHEME", "signature scheme", known_schemes)
TOKEN = Value("T", parse_token)
TRUST = Value("FILE", parse_trust)
URL = Value("URL", parse_url)
CONTRACT = ContractLocation(dir_okay=False, readable=False, path_type=Path)
STORE = StoreLocationValue(dir_okay=False, readable=False, path_type=Path)
FILE = click.Path(dir_okay=False, readable=False, path_type=Path)
"""Path of a file, which the command opens."""
DIRECTORY = click.Path(file_okay=False, readable=False, path_type=Path)
