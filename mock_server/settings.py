"""Settings of a mock."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from mock_server.latency import Latency
from mock_server.tokens import AUTH_MODES, DEVELOPMENT_SECRET
from openapi.rate import Rate

DEVELOPMENT_WEBHOOK_SECRET = "hookproof-development-secret-for-webhooks"  # noqa: S105
"""Published on purpose, as `DEVELOPMENT_SECRET` is."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings that a mock starts with; a `ValueError` names one that is wrong, and why."""

    jwt_secret: str = DEVELOPMENT_SECRET
    """Signs and verifies tokens. Below 32 bytes PyJWT warns (RFC 7518, section 3.2)."""
    auth: str = "jwt"
    """How credentials are checked: a key of `mock_server.tokens.AUTH_MODES`."""
    webhook_urls: tuple[str, ...] = ()
    """Every event goes to each of them."""
    webhook_secret: str = DEVELOPMENT_WEBHOOK_SECRET
    rate_limit: Rate | Literal["documented"] | None = None
    """How often one client address may ask: so often, as the contract documents, without limit."""
    seed: int | None = None
    """Makes the same values every time; None: what must be unique differs from mock to mock."""
    state: Path | None = None
    """The file that keeps what the mock remembers; None: it is forgotten at the end."""
    rejections: frozenset[str] = frozenset()
    """Names of allowed rejections of the contract: the mock rejects the requests they cover."""
    faults: frozenset[str] = frozenset()
    """Names of faults that the contract has, see `mock_server.faults`."""
    latency: Latency | None = None
    """Additional delay of every response of an operation."""
    control_token: str | None = None
    """Token for the admin API; None: none, and requests must name a host of this machine."""
    log_requests: bool = False
    """Whether each request gets a line in the log."""

    def __post_init__(self) -> None:
        """Refuse what could not work."""
        if not self.jwt_secret:
            raise ValueError("the secret of the tokens is empty; leave it out or give one")
        if self.auth not in AUTH_MODES:
            raise ValueError(
                f"{self.auth!r} is no way to check credentials: {', '.join(AUTH_MODES)}"
            )
        if self.control_token == "":
            raise ValueError("the control token is empty; leave it out or give one")
        for url in self.webhook_urls:
            if not _is_address(url):
                raise ValueError(f"{url!r} is no address for webhooks; write http://host:port/path")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
