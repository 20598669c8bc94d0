"""Runtime of one worker: the state that a reload of the contract does not change."""

import ctypes
import gc
import time
from collections.abc import MutableSequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mock_server.fixed_credentials import DEVELOPMENT_CREDENTIALS
from mock_server.settings import Settings
from mock_server.storage.database import Store
from mock_server.storage.journal import Journal
from mock_server.storage.overrides import Overrides
from mock_server.storage.unfinished import UnfinishedRecords
from mock_server.storage.worker_signals import SLOT_COUNT, WorkerSignals
from mock_server.unique_values import SINGLE_WORKER, UniqueValues, WorkerShare, random_start
from mock_server.webhooks.delivery_queue import AttemptReport, DeliveryQueues
from mock_server.webhooks.records import AttemptRecord
from openapi.redaction import Redaction
from openapi.security import secret_texts

if TYPE_CHECKING:
    from limits.aio.storage import Storage

    from mock_server.responses.seed_data import SeedResource


@dataclass(frozen=True, slots=True)
class Worker:
    """Worker: one of the processes of a mock, and the state that they share."""

    share: WorkerShare = SINGLE_WORKER
    first: int = field(default_factory=random_start)
    """First number of the generated unique numbers."""
    state: Path | None = None
    """Shared state file if the settings name none; None keeps the state in memory."""
    shared: MutableSequence[int] = field(default_factory=lambda: [0] * SLOT_COUNT)
    """Numbers in shared memory, see `mock_server.storage.worker_signals`."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Parts of one worker."""

    store: Store
    signals: WorkerSignals
    journal: Journal
    redactor: Redaction
    overrides: Overrides
    response_values: UniqueValues
    """Unique values for responses."""
    payload_values: UniqueValues
    """Unique values for payloads."""
    delivery_queues: DeliveryQueues
    unfinished: UnfinishedRecords
    """Successes in a state file that a killed mock leaves."""
    is_persistent: bool
    """Whether the state outlives the mock."""
    rate_limit_storage: "Storage | None"
    """Rate limit counters; None without a rate limit."""
    seeds: "list[SeedResource]" = field(default_factory=list)
    """Resources that the mock has from its start and after each reset."""

    def store_seeds(self) -> None:
        """Store the seed data, unless the state ever had resources."""
        if self.seeds:
            # Few mocks have seed data, and the model of resources takes time to load.
            from mock_server.responses.seed_data import store_seed_data  # noqa: PLC0415

            store_seed_data(self.store, self.seeds)

    async def forget(self) -> None:
        """Delete the state of all workers."""
        await self.signals.broadcast("forget")
        await self.forget_local()
        self.store.reset()
        self.store_seeds()
        self.overrides.refresh_shared_flag()
        _give_memory_back()

    async def forget_local(self) -> None:
        """Delete this worker's state: pending deliveries, unwritten records, rate limit counts."""
        await self.delivery_queues.forget()
        await self.journal.forget()
        if self.rate_limit_storage is not None:
            await self.rate_limit_storage.reset()
        _give_memory_back()


def create_runtime(settings: Settings, worker: Worker) -> Runtime:
    """Create the parts of a worker without opening them."""
    store = Store(settings.state or worker.state, persistent=settings.state is not None)
    first, share = worker.first, worker.share
    signals = WorkerSignals(worker.shared, *share)
    journal = Journal(store, signals)
    redactor = create_redactor(settings)
    unfinished = UnfinishedRecords(store, journal)
    is_persistent = settings.state is not None

    def on_attempt(report: AttemptReport) -> None:
        at = report.outcome.at if report.outcome else time.time()
        attempt = AttemptRecord(journal.number(), report.queued_delivery.id, at, report, redactor)
        journal.append("attempt", attempt)
        if is_persistent and report.next != "retry":
            unfinished.finish(report.queued_delivery.id)

    return Runtime(
        store=store,
        signals=signals,
        journal=journal,
        redactor=redactor,
        overrides=Overrides(store, worker.shared),
        response_values=UniqueValues(settings.seed, first, share),
        payload_values=UniqueValues(settings.seed, first, share),
        delivery_queues=DeliveryQueues(settings.webhook_urls, on_attempt),
        unfinished=unfinished,
        is_persistent=is_persistent,
        rate_limit_storage=_rate_limit_storage(store, several=share[1] > 1)
        if settings.rate_limit
        else None,
    )


def _give_memory_back() -> None:
    """Return freed memory to the system: glibc keeps it for the process."""
    gc.collect()
    with suppress(OSError, AttributeError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def create_redactor(settings: Settings) -> Redaction:
    """Return the redaction of the mock's secrets in records."""
    secrets = [settings.jwt_secret, settings.webhook_secret, settings.control_token]
    for value in (*DEVELOPMENT_CREDENTIALS.values(), *dict(settings.credentials).values()):
        secrets += secret_texts(value)
    return Redaction((secret for secret in secrets if secret), jwt=True, search=False)


def _rate_limit_storage(store: Store, *, several: bool) -> "Storage":
    # The library takes long to load, and most mocks have no rate limit.
    from limits.aio.storage import MemoryStorage  # noqa: PLC0415

    from mock_server.storage.rate_limit_counters import SharedRateLimitStorage  # noqa: PLC0415

    return SharedRateLimitStorage(store) if several else MemoryStorage()
