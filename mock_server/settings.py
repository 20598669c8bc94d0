"""Settings of a mock."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from mock_server.latency import Latency
from mock_server.tokens import AUTH_MODES, DEVELOPMENT_SECRET
from openapi.operation_selection import EVERY_OPERATION, OperationSelection
from openapi.rate import Rate

DEVELOPMENT_WEBHOOK_SECRET = "hookproof-development-secret-for-webhooks"  # noqa: S105
"""Development secret, published on purpose as `DEVELOPMENT_SECRET` is."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a mock; raise `ValueError` for an invalid one."""

    jwt_secret: str = DEVELOPMENT_SECRET
    """Secret that signs and verifies tokens. Below 32 bytes PyJWT warns (RFC 7518, section 3.2)."""
    auth: str = "jwt"
    """Credential checks: a key of `mock_server.tokens.AUTH_MODES`."""
    credentials: tuple[tuple[str, str], ...] = ()
    """Name of a security scheme -> its accepted API key, or `user:password`; others: published."""
    webhook_urls: tuple[str, ...] = ()
    """Receivers of every event."""
    webhook_secret: str = DEVELOPMENT_WEBHOOK_SECRET
    callback_hosts: frozenset[str] = frozenset()
    """Hosts other than loopback that may receive callbacks."""
    rate_limit: Rate | Literal["documented"] | None = None
    """Rate limit of each client address: a rate, the documented one, or none."""
    seed: int | None = None
    """Seed of the generated values; None makes unique values differ between mocks."""
    state: Path | None = None
    """State file; None keeps the state in memory."""
    seed_data: Path | None = None
    """File of resources that the mock has from its start."""
    rejections: frozenset[str] = frozenset()
    """Names of the allowed rejections that the mock uses."""
    faults: frozenset[str] = frozenset()
    """Names of faults, see `mock_server.faults`."""
    latency: Latency | None = None
    """Additional delay of every response of an operation."""
    control_token: str | None = None
    """Token for the admin API; without one, requests must name a host of this machine."""
    log_requests: bool = False
    operations: OperationSelection = EVERY_OPERATION
    """Operations that the mock serves."""

    def __post_init__(self) -> None:
        if not self.jwt_secret:
            raise ValueError("the token secret is empty; omit it or pass a value")
        if self.auth not in AUTH_MODES:
            raise ValueError(f"unknown auth mode {self.auth!r}; use one of {', '.join(AUTH_MODES)}")
        if self.control_token == "":
            raise ValueError("the control token is empty; omit it or pass a value")
        for url in self.webhook_urls:
            if not _is_address(url):
                raise ValueError(f"{url!r} is not a webhook URL; use http://host:port/path")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
