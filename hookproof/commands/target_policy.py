"""What a run may do to its target: all of it on this machine, elsewhere only what was asked for."""

import ipaddress
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
    """What holds for one target."""

    gentle: bool
    """Make only what does least harm where it is left behind."""
    extra_phases: frozenset[str]
    rate_limit: Rate | None


def decide_target_policy(
    host: str,
    addresses: Sequence[str],
    allowed: Iterable[str],
    extra_phases: Iterable[str],
    pace: Rate | Literal["none"] | None,
    limits: Iterable[Mapping[str, Json]],
) -> TargetPolicy:
    """Return what holds for `host`, which stands for `addresses`; `CommandError` if not allowed.

    `allowed` are the hosts named besides loopback, `extra_phases` and `pace` what was asked for, and
    `limits` the rate limits that the contract states.
    """
    local = is_loopback(addresses)
    if not local and not any(same_host(host, name) for name in allowed):
        raise CommandError(
            f"{host} is not this machine: pass --allow-host {host} if it is a test instance that "
            "may be sent all this"
        )
    asked = frozenset(extra_phases)
    default = DEFAULT_EXTRA_PHASES if local and "none" not in asked else frozenset()
    limit = pace if isinstance(pace, Rate) else None
    if pace is None and not local:
        limit = strictest_rate(limits)
    return TargetPolicy(gentle=not local, extra_phases=asked - {"none"} | default, rate_limit=limit)


def same_host(one: str, other: str) -> bool:
    """Say whether two hosts are the same name, or two spellings of one address."""
    return _canonical(one) == _canonical(other)


def _canonical(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host.lower().removesuffix(".")


def strictest_rate(limits: Iterable[Mapping[str, Json]]) -> Rate | None:
    """Return the limit that allows the fewest requests in the long run, or None without any."""
    rates = [Rate(limit["requests"], limit["seconds"]) for limit in limits]
    return min(rates, key=lambda rate: rate.requests / rate.seconds, default=None)
