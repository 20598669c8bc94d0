"""Destinations of forwards and resends, and the policy that allows them. Pure.

URLs are parsed strictly, so that every program reads the same destination.
"""

import ipaddress
import re
from dataclasses import dataclass

from openapi.http.loopback import is_loopback_host

_URL = re.compile(r"(https?)://(\[[^\[\]]*\]|[^\[\]:/?]*)(?::([0-9]*))?(/[^?]*)?(?:\?(.*))?", re.I)
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
# Browsers and the C library read such a name as an IPv4 address: 127.1 or 0x7f000001.
_NUMERIC_HOST = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL that deliveries can be sent to."""

    scheme: str
    host: str
    """Name in lower case, or address in canonical form, without brackets."""
    port: int
    path: str = ""
    """Path as written; empty for no path, or for a slash alone."""
    query: str | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a default port."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Host and port as in a Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """URL with its query."""
        query = "" if self.query is None else f"?{self.query}"
        return f"{self.origin}{self.path}{query}"

    @property
    def is_loopback(self) -> bool:
        """Whether this is `localhost` or a loopback address; names are not resolved."""
        return is_loopback_host(self.host)

    @property
    def redacted_url(self) -> str:
        """URL without the values of its query, which may be secret."""
        query = "" if self.query is None else "?" + _mask_query_values(self.query)
        return f"{self.origin}{self.path}{query}"


def parse_destination(url: str) -> Destination:
    """Parse `url`; raise `ValueError`, whose message does not contain it."""
    # Only printable ASCII: programs interpret other characters differently.
    if not url.isascii() or not url.isprintable() or re.search(r"[\s\\#]", url):
        raise ValueError("a URL must be ASCII, without spaces, backslashes and fragment")
    found = _URL.fullmatch(url)
    if found is None or "@" in found[2]:
        raise ValueError(
            "a URL must be http://HOST:PORT/PATH or https://HOST/PATH, without a user or a password"
        )
    scheme, host, port, path, query = found.groups()
    scheme = scheme.lower()
    if port is not None and not (re.fullmatch("[1-9][0-9]{0,4}", port) and int(port) < 65536):
        raise ValueError("the port of a URL must be from 1 to 65535, without leading zeros")
    number = _DEFAULT_PORTS[scheme] if port is None else int(port)
    return Destination(
        scheme, _parse_host(host.lower()), number, "" if path == "/" else path or "", query
    )


def parse_origin(url: str) -> Destination:
    """Parse `url` of scheme, host and port alone; raise `ValueError` for any other."""
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
                "the host of a URL must be a name without a final dot, an IPv4 address of four "
                "decimal numbers, or an IPv6 address in brackets"
            ) from None
        return text
    if isinstance(address, ipaddress.IPv6Address) != text.startswith("["):
        raise ValueError("a URL must have brackets around an IPv6 address, and only there")
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address.scope_id):
        raise ValueError(
            "an IPv6 address in a URL must have no zone and must not be a mapped IPv4 address"
        )
    return str(address)


def _mask_query_values(query: str) -> str:
    """Replace values: `a=1&b` becomes `a=***&***`."""
    parts = (part.partition("=") for part in query.split("&"))
    return "&".join(f"{name}=***" if equals else "***" for name, equals, _ in parts)


@dataclass(frozen=True, slots=True)
class ForwardPolicy:
    """Destination of forwards, and allowed destinations of resends."""

    forward_to: Destination | None = None
    """Destination of every delivery; None disables forwarding."""
    resend_to: tuple[Destination, ...] = ()
    """Allowed origins."""
    allow_loopback: bool = False
    """Whether loopback is allowed, as for a sink that itself listens on loopback."""

    def rejection_reason(self, candidate: Destination) -> str | None:
        """Return why a resend to `candidate` is not allowed, in a sentence; None if it is allowed.

        Host names are compared as written and not resolved, because their addresses may change.
        """
        allowed = [*self.resend_to, *([self.forward_to] if self.forward_to else [])]
        if any(candidate.origin == known.origin for known in allowed):
            return None
        if candidate.is_loopback and self.allow_loopback:
            return None
        return (
            f"resending to {candidate.origin} is not allowed: start the sink with "
            f"--resend-to {candidate.origin} to allow it"
        )


NO_FORWARDING = ForwardPolicy()
