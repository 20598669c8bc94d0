"""Destinations of forwards and resends: URLs, and the policy that allows them. Pure.

A URL is read strictly, so that every program means the same place by it.
"""

import ipaddress
import re
from dataclasses import dataclass

_URL = re.compile(r"(https?)://(\[[^\[\]]*\]|[^\[\]:/?]*)(?::([0-9]*))?(/[^?]*)?(?:\?(.*))?", re.I)
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
# What browsers and the C library read as an IPv4 address, such as 127.1 or 0x7f000001.
_NUMERIC_HOST = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL that deliveries can be sent to."""

    scheme: str
    host: str
    """A name in lower case, or an address in its one spelling, without brackets."""
    port: int
    path: str = ""
    """As written; empty if it is none, or a slash alone."""
    query: str | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port; the port is left out where it is the usual one."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Host and port, as a Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Say whether this is `localhost` or a loopback address; what a name stands for is not."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def redacted_url(self) -> str:
        """The URL without what may be secret: the values in its query."""
        query = "" if self.query is None else "?" + _mask_query_values(self.query)
        return f"{self.origin}{self.path}{query}"


def parse_destination(url: str) -> Destination:
    """Return what `url` means; `ValueError` with a sentence that does not repeat it."""
    # Latin letters, digits and signs alone: everything else has more than one reading.
    if not url.isascii() or not url.isprintable() or re.search(r"[\s\\#]", url):
        raise ValueError("a URL has no spaces, backslashes or fragments, and is in ASCII")
    found = _URL.fullmatch(url)
    if found is None or "@" in found[2]:
        raise ValueError(
            "a URL to send to is http://HOST:PORT/PATH or https://HOST/PATH, "
            "without a user or a password"
        )
    scheme, host, port, path, query = found.groups()
    scheme = scheme.lower()
    if port is not None and not (re.fullmatch("[1-9][0-9]{0,4}", port) and int(port) < 65536):
        raise ValueError("the port of a URL is a number from 1 to 65535, without a zero before it")
    number = _DEFAULT_PORTS[scheme] if port is None else int(port)
    return Destination(
        scheme, _parse_host(host.lower()), number, "" if path == "/" else path or "", query
    )


def parse_origin(url: str) -> Destination:
    """Return what `url` means, which is scheme, host and port alone; `ValueError` says why not."""
    found = parse_destination(url)
    if found.path or found.query is not None:
        raise ValueError("an origin is http://HOST:PORT or https://HOST, without a path")
    return found


def _parse_host(text: str) -> str:
    try:
        address = ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        if not _HOST_NAME.fullmatch(text) or _NUMERIC_HOST.fullmatch(text):
            raise ValueError(
                "the host of a URL is a name without a dot at its end, four numbers with dots "
                "between them, or an IPv6 address in brackets"
            ) from None
        return text
    six = isinstance(address, ipaddress.IPv6Address)
    if six != text.startswith("["):
        raise ValueError("an IPv6 address stands in brackets in a URL, and nothing else does")
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address.scope_id):
        raise ValueError(
            "an IPv6 address in a URL has no zone and is no IPv4 address in other words"
        )
    return str(address)


def _mask_query_values(query: str) -> str:
    """Return names alone: `a=1&b` becomes `a=***&***`."""
    parts = (part.partition("=") for part in query.split("&"))
    return "&".join(f"{name}=***" if equals else "***" for name, equals, _ in parts)


@dataclass(frozen=True, slots=True)
class ForwardPolicy:
    """Where deliveries go on to, and where they may be sent on request."""

    forward_to: Destination | None = None
    """Where every delivery goes."""
    resend_to: tuple[Destination, ...] = ()
    """Origins that were named."""
    allow_loopback: bool = False
    """Whether only this machine reaches the sink: then it may reach all of this machine."""

    def rejection_reason(self, candidate: Destination) -> str | None:
        """Return why nothing is sent to `wanted` on request, in a sentence; None if it may be.

        Names are compared as they are written: what they stand for may change at any time.
        """
        named = [*self.resend_to, *([self.forward_to] if self.forward_to else [])]
        if any(candidate.origin == known.origin for known in named):
            return None
        if candidate.is_loopback and self.allow_loopback:
            return None
        return (
            f"nothing may be sent to {candidate.origin}: start the sink with "
            f"--resend-to {candidate.origin} to allow it"
        )


NO_FORWARDING = ForwardPolicy()
