"""Settings of one test of a receiver."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contracts.model.selection import EVERYTHING, Selection
from openapi.parsing.document_source import DocumentText

Profile = Literal["quick", "default", "thorough"]
DEFAULT_DEADLINE_S = 10.0
"""Seconds in which a receiver answers: GitHub's limit, in "Best practices for using webhooks"."""


@dataclass(frozen=True, slots=True)
class Volume:
    """Number of deliveries for what has no fixed number."""

    events: int
    """Maximum number of events of the contract that are delivered once."""
    invalid_payloads: int
    at_once: int
    """Deliveries at the same time."""


VOLUMES: Mapping[Profile, Volume] = {
    "quick": Volume(events=3, invalid_payloads=3, at_once=6),
    "default": Volume(events=10, invalid_payloads=8, at_once=8),
    "thorough": Volume(events=50, invalid_payloads=40, at_once=40),
}


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """Settings of one test of a receiver."""

    url: str
    seed: int
    run_id: str
    """Part of every id that the run makes up."""
    secret: str | None
    """Secret that the receiver shares with its sender; None: signatures are not judged."""
    contract: Path | DocumentText | None = None
    """Contract file; None: the shipped contract."""
    overlays: tuple[Path, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """Further headers of every delivery."""
    profile: Profile = "default"
    deadline: float = DEFAULT_DEADLINE_S
    """Seconds in which the receiver must answer."""
    observe: str | None = None
    """Command or URL that returns the number of side effects so far."""
    effect_wait: float = 2.0
    """Maximum seconds until a delivery has its side effect."""
    selection: Selection = EVERYTHING
    max_deliveries: int = 400
    """Deliveries after which the run stops."""
    max_time: float | None = None
    tls_verify: Path | bool = True
    exit_first: bool = False
    strict: bool = False
    require_decided: bool = False
    is_local: bool = True
    """Whether the receiver is on this machine; elsewhere there is no burst."""
    stated_options: tuple[str, ...] = ()
    """Options that a run of one property needs too: contract, overlays, scheme, observation."""
    report_dir: Path = Path("hookproof-report")

    @property
    def volume(self) -> Volume:
        """Number of deliveries of the profile."""
        return VOLUMES[self.profile]

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that no output may contain."""
        return tuple(text for text in (self.secret, *(v for _, v in self.headers)) if text)
