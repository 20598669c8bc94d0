"""Listening sockets: open one, classify its address, build its URL."""

import ipaddress
import socket
from collections.abc import Sequence

from hookproof.errors import CommandError


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host` and `port`; `CommandError` if it cannot."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandError(
            f"cannot listen on {host}:{port} ({reason}): stop the other server, or pass --port"
        ) from None


def is_reachable_from_outside(host: str) -> bool:
    """Return whether other machines can reach a server that listens on `host`."""
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False  # no socket can listen there
    return not is_loopback([str(address[0]) for *_, address in found])


def is_loopback(addresses: Sequence[str]) -> bool:
    """Return whether there are addresses and all are loopback addresses."""
    return bool(addresses) and all(_is_loopback(address) for address in addresses)


def _is_loopback(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def url_of(listener: socket.socket, scheme: str = "http", name: str = "") -> str:
    """Return a URL of `listener` for clients on this machine.

    Its host is `name` if that is a host name, else the address of the listener.
    """
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    if name and not _is_address(name):
        host = name
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
