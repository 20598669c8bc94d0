"""Settings and profiles of a run. The command creates them, the fixtures read them."""

from dataclasses import dataclass, field
from pathlib import Path

from contracts.model.selection import EVERYTHING, Selection
from openapi.operation_selection import EVERY_OPERATION, OperationSelection
from openapi.parsing.document_source import DocumentText
from openapi.rate import Rate
from openapi.redaction.credential_headers import header_credentials
from openapi.security import secret_texts

EXTRA_PHASES = ("rate-limit", "retry", "concurrency")
"""A burst above the rate limit; one rejected delivery; concurrent requests."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Size of a run."""

    valid_bodies: int
    """Number of random bodies from the valid generator."""
    invalid_bodies: int
    """Number of random bodies from the invalid generator."""
    repetitions: int
    """Number of identical valid requests."""
    concurrent_rounds: int
    """Number of rounds of concurrent requests."""
    mixed_rounds: int
    """Number of rounds of valid and invalid credentials at once."""
    stride: int = 1
    """Step through long lists of cases: 3 sends every third case."""
    quiet_period_s: float = 1.0
    """Seconds without a new event after which the run expects no more."""
    breadth: int = 1
    """Choice of credentials, forms and values: 0 the plainest, 1 the usual ones, 2 many more."""


PROFILES = {
    "quick": Profile(
        valid_bodies=0,
        invalid_bodies=0,
        repetitions=6,
        concurrent_rounds=1,
        mixed_rounds=0,
        stride=3,
        quiet_period_s=0.5,
        breadth=0,
    ),
    "default": Profile(
        valid_bodies=60, invalid_bodies=140, repetitions=30, concurrent_rounds=3, mixed_rounds=3
    ),
    "thorough": Profile(
        valid_bodies=300,
        invalid_bodies=600,
        repetitions=120,
        concurrent_rounds=10,
        mixed_rounds=10,
        breadth=2,
    ),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a run. `repr=False` keeps tokens and secrets out of messages."""

    url: str
    """Scheme, host, port and an optional prefix, without a slash at the end."""
    run_id: str
    """Six characters in every name that this run creates."""
    seed: int
    contract: Path | DocumentText | None = None
    """File or text of the contract; None: the one shipped with hookproof."""
    overlays: tuple[Path, ...] = ()
    """Overlays of the contract, in the order of their application."""
    token: str = field(default="", repr=False)
    token_without_permission: str | None = field(default=None, repr=False)
    token_expired: str | None = field(default=None, repr=False)
    token_not_yet_valid: str | None = field(default=None, repr=False)
    other_tenant_token: str | None = field(default=None, repr=False)
    """Token of another tenant, which must not see what the run creates; None: there is none."""
    credentials: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Name of a security scheme -> its credential; for HTTP Basic `user:password`."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    webhooks: bool = True
    webhook_host: str = "127.0.0.1"
    webhook_port: int = 4020
    webhook_path: str | None = None
    """Path of the deliveries of this run; None: any path."""
    callback_url: str | None = None
    """URL at which the service reaches the receiver of the run; None: that of the receiver."""
    webhook_secret: str | None = field(default=None, repr=False)
    webhook_deadline: float | None = None
    """Seconds; None: the contract's."""
    extra_phases: frozenset[str] = frozenset()
    """Phases to run in addition: some of `EXTRA_PHASES`."""
    profile: str = "default"
    """Key of `PROFILES`."""
    selection: Selection = EVERYTHING
    """Checks and phases of the run; others are left out."""
    max_requests: int | None = None
    """Maximum number of requests; untested constraints are then undecided."""
    max_time: float | None = None
    """Seconds after which no further request is sent; None: no limit."""
    operations: OperationSelection = EVERY_OPERATION
    """Operations of the run; the contract of the run has only those."""
    dry_run: bool = False
    """Print the estimated cost and send nothing."""
    allow_destructive: bool = False
    """Also change and delete what the run did not create."""
    gentle: bool = False
    """For remote targets: create only resources that expire soon and have safe values."""
    exit_first: bool = False
    """Stop at the first violation."""
    sink_url: str | None = None
    """URL of a running sink to read the deliveries from; None: listen for webhooks."""
    sink_token: str | None = field(default=None, repr=False)
    """Token of that sink, if it requires one."""
    cache_dir: Path | None = None
    """Folder where generated bodies are stored; None: store none."""
    cases_dir: Path | None = None
    """Folder of the saved cases; None: replay and save none."""
    rate_limit: Rate | None = None
    request_timeout: float = 10.0
    """Seconds until a complete response."""
    tls_verify: Path | bool = True
    """CA certificates in a PEM file; True: those of the system; False: trust any certificate."""
    wait: float = 0.0
    """Seconds to wait for the first response of the service, whatever its status."""
    strict: bool = False
    require_decided: bool = False
    report_dir: Path = Path("hookproof-report")

    @property
    def callback_base(self) -> str:
        """Beginning of the URLs that a run gives to the service for its callbacks."""
        host = self.webhook_host
        if host in ("", "0.0.0.0", "::"):  # noqa: S104 - every address of this machine
            host = "127.0.0.1"
        shown = f"[{host}]" if ":" in host else host
        own = self.sink_url or f"http://{shown}:{self.webhook_port}"
        path = self.webhook_path or ""
        return (self.callback_url or own + path).rstrip("/")

    @property
    def secrets(self) -> tuple[str, ...]:
        """All credentials and secrets of the settings, those in `headers` included."""
        return (*self.undisclosed_secrets, *header_credentials(self.headers))

    @property
    def undisclosed_secrets(self) -> tuple[str, ...]:
        """Tokens and secrets that no response may contain.

        A service may repeat a credential of `headers`: it renews a cookie, for example.
        """
        tokens = (
            self.token,
            self.token_without_permission,
            self.token_expired,
            self.token_not_yet_valid,
            self.other_tenant_token,
            self.webhook_secret,
            self.sink_token,
        )
        given = [text for _, value in self.credentials for text in secret_texts(value)]
        return tuple(secret for secret in (*tokens, *given) if secret)
