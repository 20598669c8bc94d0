"""Target policy: limits of a run against a host that is not this machine."""

import ipaddress
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hookproof.errors import CommandError
from hookproof.serving.sockets import is_loopback
from openapi.contract import Json
from openapi.rate import Rate

DEFAULT_EXTRA_PHASES = frozenset({"retry", "concurrency"})
"""Extra phases that run on loopback by default."""


@dataclass(frozen=True, slots=True)
class TargetPolicy:
    """Limits of a run against one target."""

    gentle: bool
    """Whether the run creates only tokens that expire soon and have few permissions."""
    extra_phases: frozenset[str]
    rate_limit: Rate | None


def decide_target_policy(
    host: str,
    addresses: Sequence[str],
    allowed: Iterable[str],
    extra_phases: Iterable[str],
    request_rate: Rate | Literal["none"] | None,
    limits: Iterable[Mapping[str, Json]],
) -> TargetPolicy:
    """Return the policy for `host` with these addresses; `CommandError` if it is not allowed.

    `allowed` are the hosts of `--allow-host`, `extra_phases` and `request_rate` the options, and
    `limits` the rate limits of the contract.
    """
    local = check_target(host, addresses, allowed)
    requested = frozenset(extra_phases)
    default = DEFAULT_EXTRA_PHASES if local and "none" not in requested else frozenset()
    limit = request_rate if isinstance(request_rate, Rate) else None
    if request_rate is None and not local:
        limit = strictest_rate(limits)
    return TargetPolicy(
        gentle=not local, extra_phases=requested - {"none"} | default, rate_limit=limit
    )


def check_target(host: str, addresses: Sequence[str], allowed: Iterable[str]) -> bool:
    """Return whether `host` is this machine; `CommandError` if it is not and is not allowed."""
    local = is_loopback(addresses)
    if not local and not any(same_host(host, name) for name in allowed):
        raise CommandError(
            f"{host} is not this machine: pass --allow-host {host} if it is a test instance"
        )
    return local


def addresses_of(host: str) -> Sequence[str]:
    """Return the addresses of `host`; none if it does not resolve."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # a label of over 63 characters cannot be encoded
        return ()
    return [str(entry[4][0]) for entry in found]


def same_host(one: str, other: str) -> bool:
    """Return whether two hosts are the same name, or two spellings of one address."""
    return _canonical(one) == _canonical(other)


def _canonical(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host.lower().removesuffix(".")


def strictest_rate(limits: Iterable[Mapping[str, Json]]) -> Rate | None:
    """Return the limit with the fewest requests per second, or None without any."""
    rates = [Rate(limit["requests"], limit["seconds"]) for limit in limits]
    return min(rates, key=lambda rate: rate.requests / rate.seconds, default=None)
