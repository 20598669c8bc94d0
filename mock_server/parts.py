"""What outlives a change of the contract: state, journal, switches, identities, sender, hits."""

from collections.abc import MutableSequence
from dataclasses import dataclass, field
from pathlib import Path

from limits.aio.storage import MemoryStorage, Storage

from mock_server.fresh import ALONE, Identities, Share, some_number
from mock_server.journal import Journal
from mock_server.sender import Sender
from mock_server.settings import Settings
from mock_server.shared_hits import SharedHits
from mock_server.store import Store
from mock_server.switches import Switches


@dataclass(frozen=True, slots=True)
class Worker:
    """Which of several processes of one mock this is, and what they share."""

    share: Share = ALONE
    first: int = field(default_factory=some_number)
    """What made-up numbers count on from."""
    state: Path | None = None
    """The file that they share, where the settings name none; None keeps the state in memory."""
    any_switch: MutableSequence[int] = field(default_factory=lambda: bytearray(1))
    """One byte of memory that all of them see."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one worker."""

    store: Store
    journal: Journal
    switches: Switches
    answered: Identities
    """For answers."""
    announced: Identities
    """For payloads."""
    sender: Sender
    hits: Storage
    """What a rate limit has counted."""


def parts(settings: Settings, worker: Worker) -> Parts:
    """Make the parts of a worker; nothing is opened yet."""
    store = Store(settings.state or worker.state)
    first, share = worker.first, worker.share
    return Parts(
        store=store,
        journal=Journal(store, shared=share[1] > 1),
        switches=Switches(store, worker.any_switch),
        answered=Identities(settings.seed, first, share),
        announced=Identities(settings.seed, first, share),
        sender=Sender(settings.webhook_urls),
        hits=SharedHits(store) if share[1] > 1 else MemoryStorage(),
    )
