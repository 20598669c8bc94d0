"""What outlives a change of the contract: state, journal, switches, identities, sender, hits."""

import time
from collections.abc import MutableSequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mock_server.settings import Settings
from mock_server.storage.database import Store
from mock_server.storage.journal import Journal
from mock_server.storage.overrides import Switches
from mock_server.storage.worker_signals import PLACES, Bell
from mock_server.unique_values import ALONE, Identities, Share, some_number
from mock_server.webhooks.delivery_queue import Sender, Tried
from mock_server.webhooks.records import Attempt
from openapi.redaction import Redaction

if TYPE_CHECKING:
    from limits.aio.storage import Storage


@dataclass(frozen=True, slots=True)
class Worker:
    """Which of several processes of one mock this is, and what they share."""

    share: Share = ALONE
    first: int = field(default_factory=some_number)
    """What made-up numbers count on from."""
    state: Path | None = None
    """The file that they share, where the settings name none; None keeps the state in memory."""
    shared: MutableSequence[int] = field(default_factory=lambda: [0] * PLACES)
    """Numbers in memory that all of them see, see `mock_server.bell`."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one worker."""

    store: Store
    bell: Bell
    journal: Journal
    mask: Redaction
    """For everything that is shown."""
    switches: Switches
    answered: Identities
    """For answers."""
    announced: Identities
    """For payloads."""
    sender: Sender
    hits: "Storage | None"
    """What a rate limit has counted; None where there is none."""

    async def forget(self) -> None:
        """Forget everything, in all workers."""
        await self.bell.ring("forget")
        await self.drop()
        self.store.reset()
        self.switches.look()

    async def drop(self) -> None:
        """Forget what this worker alone knows: deliveries that are open, what was counted."""
        await self.sender.forget()
        await self.journal.forget()
        if self.hits is not None:
            await self.hits.reset()


def parts(settings: Settings, worker: Worker) -> Parts:
    """Make the parts of a worker; nothing is opened yet."""
    store = Store(settings.state or worker.state, lasting=settings.state is not None)
    first, share = worker.first, worker.share
    bell = Bell(worker.shared, *share)
    journal = Journal(store, bell)
    secrets = (settings.jwt_secret, settings.webhook_secret, settings.control_token)
    mask = Redaction((secret for secret in secrets if secret), jwt=True)

    def tell(tried: Tried) -> None:
        at = tried.outcome.at if tried.outcome else time.time()
        attempt = Attempt(journal.number(), tried.parcel.id, at, tried, mask)
        journal.note("attempt", attempt)

    return Parts(
        store=store,
        bell=bell,
        journal=journal,
        mask=mask,
        switches=Switches(store, worker.shared),
        answered=Identities(settings.seed, first, share),
        announced=Identities(settings.seed, first, share),
        sender=Sender(settings.webhook_urls, tell),
        hits=_hits(store, several=share[1] > 1) if settings.rate_limit else None,
    )


def _hits(store: Store, *, several: bool) -> "Storage":
    # The library that counts takes long to load, and most mocks have no limit.
    from limits.aio.storage import MemoryStorage  # noqa: PLC0415

    from mock_server.storage.rate_limit_counters import SharedHits  # noqa: PLC0415

    return SharedHits(store) if several else MemoryStorage()
