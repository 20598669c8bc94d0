"""Loopback: the names and addresses of this machine alone. Pure; names are not resolved."""

import ipaddress


def is_loopback_host(host: str) -> bool:
    """Return whether `host` is `localhost` or a loopback address (RFC 6761, section 6.3)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
