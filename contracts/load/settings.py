"""Settings of a load: what the command tells Locust's processes, as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from contracts.model.settings import Settings
from openapi.contract import Json
from openapi.operation_selection import OperationSelection

SETTINGS_VARIABLE = "HOOKPROOF_LOAD_SETTINGS"
"""Environment variable with the path of the settings, which only their owner can read."""


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """Settings of a load. `repr=False` keeps tokens and secrets out of messages."""

    url: str
    seed: int
    contract: str | None
    """File of the contract; None: the one shipped with hookproof."""
    overlays: tuple[str, ...]
    public_url: str | None
    operations: tuple[str, ...]
    """Ids of the operations that get requests."""
    weights: Mapping[str, int]
    """Id of an operation -> its weight; 1 for those without one."""
    bodies: Mapping[str, tuple[Json, ...]]
    """Id of an operation -> valid request bodies."""
    excused: tuple[str, ...]
    """Marks of requests before the load, whose events may arrive during it."""
    token: str = field(repr=False)
    credentials: tuple[tuple[str, str], ...] = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    request_timeout: float
    tls_verify: str | bool
    """File of CA certificates; True: those of the system; False: trust any certificate."""
    allow_destructive: bool
    gentle: bool
    callback_base: str
    """Beginning of the URLs that the service gets for its callbacks."""
    sink_url: str | None
    """URL of the sink that receives the webhooks; None: they are not judged."""
    sink_token: str | None = field(repr=False)
    first_delivery: int
    """Id of the last delivery that the sink had before the load."""
    webhook_deadline: float | None
    """Seconds; None: the contract's."""
    result: str
    """File for the result of the master."""

    @classmethod
    def read(cls, path: Path) -> "LoadSettings":
        """Return the settings that `write` wrote to `path`."""
        data = json.loads(path.read_text(encoding="utf-8"))
        for name in ("overlays", "operations", "excused"):
            data[name] = tuple(data[name])
        for name in ("credentials", "headers"):
            data[name] = tuple((one, other) for one, other in data[name])
        data["bodies"] = {name: tuple(bodies) for name, bodies in data["bodies"].items()}
        return cls(**data)

    def write(self, path: Path) -> None:
        """Write the settings to a new file at `path`."""
        path.touch(0o600, exist_ok=False)
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    def run_settings(self, run_id: str) -> Settings:
        """Return the settings of a run with these values, for the sessions of its operations."""
        return Settings(
            url=self.url,
            run_id=run_id,
            seed=self.seed,
            contract=None if self.contract is None else Path(self.contract),
            overlays=tuple(map(Path, self.overlays)),
            token=self.token,
            credentials=self.credentials,
            headers=self.headers,
            callback_url=self.callback_base,
            operations=OperationSelection(self.operations),
            allow_destructive=self.allow_destructive,
            gentle=self.gentle,
            webhook_deadline=self.webhook_deadline,
            request_timeout=self.request_timeout,
        )
