"""Settings and profiles of a run. Made by the command, read by the fixtures."""

from dataclasses import dataclass, field
from pathlib import Path

from openapi.rate import Rate

EXTRA_PHASES = ("rate-limit", "retry", "concurrency")
"""A burst beyond the rate limit; a delivery that is rejected once; concurrent creates."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How much a run tries."""

    valid_bodies: int
    """Random bodies that are meant to be valid."""
    invalid_bodies: int
    """Random bodies that are meant to be invalid."""
    repetitions: int
    """How often the same valid request is sent."""
    concurrent_rounds: int
    """How often creates are sent at the same time."""
    stride: int = 1
    """Of the long lists of cases every such one is sent."""
    quiet_period_s: float = 1.0
    """Seconds without a new event, after which no more are expected."""


PROFILES = {
    "quick": Profile(
        valid_bodies=0,
        invalid_bodies=0,
        repetitions=6,
        concurrent_rounds=1,
        stride=3,
        quiet_period_s=0.5,
    ),
    "default": Profile(valid_bodies=60, invalid_bodies=140, repetitions=30, concurrent_rounds=3),
    "thorough": Profile(
        valid_bodies=300, invalid_bodies=600, repetitions=120, concurrent_rounds=10
    ),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a run. Tokens and secrets are never shown: see `repr=False`."""

    url: str
    """Scheme, host, port and an optional prefix, without a slash at the end."""
    run_id: str
    """Six characters that every name made by this run carries."""
    seed: int
    contract: Path | None = None
    """None: the contract that ships with hookproof."""
    token: str = field(default="", repr=False)
    token_without_permission: str | None = field(default=None, repr=False)
    token_expired: str | None = field(default=None, repr=False)
    token_not_yet_valid: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    webhooks: bool = True
    webhook_host: str = "127.0.0.1"
    webhook_port: int = 4020
    webhook_secret: str | None = field(default=None, repr=False)
    webhook_deadline: float | None = None
    """Seconds; None: the contract's."""
    extra_phases: frozenset[str] = frozenset()
    """Phases to run in addition: some of `EXTRA_PHASES`."""
    profile: str = "default"
    """A key of `PROFILES`: how much is tried."""
    max_requests: int | None = None
    """No more than so many requests are sent; what is not tried by then is undecided."""
    dry_run: bool = False
    """Only say what the run would cost."""
    gentle: bool = False
    """Make only what does least harm where it is left behind: for targets that are not ours."""
    exit_first: bool = False
    """Stop at the first violation."""
    sink_url: str | None = None
    """Read the deliveries from the sink that runs there, in place of listening."""
    sink_token: str | None = field(default=None, repr=False)
    """What that sink asks for, if it does."""
    cases_dir: Path | None = None
    """Where failing cases are kept and tried again from; None: nowhere."""
    rate_limit: Rate | None = None
    request_timeout: float = 10.0
    """Seconds for one whole answer."""
    tls_verify: Path | bool = True
    """A file of certificates to trust; True: those that the system trusts, False: any."""
    wait: float = 0.0
    """Seconds to wait for the service's first answer of any kind."""
    strict: bool = False
    require_decided: bool = False
    report_dir: Path = Path("hookproof-report")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every credential and secret that the run was given."""
        tokens = (
            self.token,
            self.token_without_permission,
            self.token_expired,
            self.token_not_yet_valid,
            self.webhook_secret,
            self.sink_token,
        )
        return tuple(secret for secret in tokens if secret)
