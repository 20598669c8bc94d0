"""Verdict worker: a thread that judges deliveries for the log and the index."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence

from openapi.schemas.validation import abbreviate
from webhook_sink.delivery import Delivery
from webhook_sink.notifications import SequenceNotifier
from webhook_sink.storage.store import Store, StoreError
from webhook_sink.verdicts.event_identity import event_key, occurred_at
from webhook_sink.verdicts.filter import DeliveryFilter
from webhook_sink.verdicts.index import IndexEntry, VerdictIndex
from webhook_sink.verdicts.verdict import Verdict

_log = logging.getLogger("hookproof.sink")
_BATCH_SIZE = 100
_IDLE_TIMEOUT_S = 60.0
_STORE_RETRY_DELAY_S = 5.0
_MAX_NEWEST_JUDGED = 1000
_COMPARED_AT_ONCE = 1000
_MAX_LOGGED_AT_SHUTDOWN = 1000
_WRITER_PRIORITY_PAUSE_S = 0.1
"""Pause before each verdict while the batch writer is busy."""

Judge = Callable[[Delivery], Verdict]


class VerdictWorker:
    """Thread that judges new deliveries, then those stored before the start, newest first."""

    def __init__(
        self,
        store: Store,
        judge: Judge,
        arrivals: SequenceNotifier,
        secrets: Sequence[str],
        is_busy: Callable[[], bool],
    ) -> None:
        """`arrivals` announces stored deliveries. `secrets` are redacted in the log.

        `is_busy` says whether many deliveries are being stored.
        """
        self.index = VerdictIndex()
        self._store = store
        self._judge = judge
        self._arrivals = arrivals
        # The longest first, because one secret may contain another.
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)
        self._is_busy = is_busy
        self._newest_judged = self._backlog_end = max(
            store.ids(limit=1, newest_first=True), default=0
        )
        self._start_requested = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hookproof-sink-judging")

    def start(self) -> None:
        """Start the thread; without a log it waits for the first search."""
        if _log.isEnabledFor(logging.INFO):
            self._start_requested.set()
        self._thread.start()

    def close(self) -> None:
        """Return once all new deliveries are logged and the thread has ended."""
        self._stopping.set()
        self._start_requested.set()
        self._arrivals.close()
        self._thread.join()
        self.index.close()

    def ensure_judged(self, ids: Iterable[int]) -> None:
        """Judge those of these deliveries that are not in the index; from any thread."""
        self._start_requested.set()
        chosen = list(ids)
        known = self.index.get(chosen)
        self._judge_and_index(self._store.read([n for n in chosen if n not in known]))

    def ensure_newest_judged(self) -> None:
        """Judge the newest deliveries that the thread has not judged, up to a limit."""
        self.ensure_judged(
            self._store.ids(after=self._newest_judged, limit=_MAX_NEWEST_JUDGED, newest_first=True)
        )

    def forget(self) -> None:
        """Remove deliveries from the index that the store removed."""
        known = self.index.last()  # read first: deliveries stored from here on stay
        oldest = self._store.ids(limit=1)
        self.index.forget(oldest[0] if oldest else known + 1)

    def forget_missing(self) -> None:
        """Remove deliveries from the index that the store does not have; it compares all."""
        last = 0
        while ids := self.index.find(DeliveryFilter(), last, limit=_COMPARED_AT_ONCE):
            stored = {found.id for found in self._store.metadata(ids)}
            self.index.remove([number for number in ids if number not in stored])
            last = ids[-1]

    def _run(self) -> None:
        self._start_requested.wait()
        last_error = ""
        while True:
            try:
                idle = not (self._judge_new() or self._stopping.is_set() or self._judge_old())
                last_error = ""
            except (StoreError, OSError) as error:  # OSError: no descriptor is left, for example
                if str(error) != last_error:
                    last_error = str(error)
                    _log.error("deliveries cannot be judged: %s", last_error)
                idle = False
                self._stopping.wait(_STORE_RETRY_DELAY_S)
            if self._stopping.is_set():
                break
            if idle:
                self._arrivals.wait(self._newest_judged, _IDLE_TIMEOUT_S)
        self._log_remaining()

    def _judge_new(self) -> bool:
        """Judge a batch of deliveries since the start; say whether there were any."""
        announced = self._arrivals.last  # read first: these are stored, or were removed
        new_ids = self._store.ids(after=self._newest_judged, limit=_BATCH_SIZE)
        for delivery in self._store.read(new_ids):
            self._yield_to_writer()
            self._judge_and_index([delivery], log=True)
            self._newest_judged = delivery.id
        self._newest_judged = new_ids[-1] if new_ids else max(self._newest_judged, announced)
        return bool(new_ids)

    def _judge_old(self) -> bool:
        """Judge a batch of deliveries from before the start; say whether there were any."""
        old = self._store.ids(before=self._backlog_end + 1, limit=_BATCH_SIZE, newest_first=True)
        known = self.index.get(old)
        for delivery in self._store.read([number for number in old if number not in known]):
            if self._stopping.is_set() or self._arrivals.last > self._newest_judged:
                return True
            self._yield_to_writer()
            self._judge_and_index([delivery])
            self._backlog_end = delivery.id - 1
        self._backlog_end = old[-1] - 1 if old else self._backlog_end
        return bool(old)

    def _log_remaining(self) -> None:
        """Log the remaining deliveries at shutdown."""
        if not _log.isEnabledFor(logging.INFO):
            return
        ids = self._store.ids(after=self._newest_judged, limit=_MAX_LOGGED_AT_SHUTDOWN)
        for delivery in self._store.read(ids):
            self._judge_and_index([delivery], log=True)
            self._newest_judged = delivery.id
        remaining = len(self._store.ids(after=self._newest_judged))
        if remaining:
            _log.warning("%d further deliveries are stored, but not in this log", remaining)

    def _yield_to_writer(self) -> None:
        if self._is_busy():
            self._stopping.wait(_WRITER_PRIORITY_PAUSE_S)

    def _judge_and_index(self, deliveries: Iterable[Delivery], *, log: bool = False) -> None:
        judged = []
        for delivery in deliveries:
            verdict = self._judge(delivery)
            judged.append(index_entry(delivery, verdict))
            if log:
                self._log_verdict(delivery, verdict)
        self.index.add(judged)

    def _log_verdict(self, delivery: Delivery, verdict: Verdict) -> None:
        target = delivery.target
        for secret in self._secrets:
            target = target.replace(secret, "***")
        _log.info(
            "%d %s %s %s: %s; replied %s",
            delivery.id,
            delivery.method,
            abbreviate(target, 200),
            _named(delivery, verdict),
            verdict.summary,
            delivery.reply or delivery.status,
        )


def _named(delivery: Delivery, verdict: Verdict) -> str:
    """Return what a delivery is, for the log."""
    if verdict.event is not None:
        return verdict.event.name
    return "handshake" if delivery.is_handshake else "no known event"


def index_entry(delivery: Delivery, verdict: Verdict) -> IndexEntry:
    """Return the index entry of a verdict."""
    warnings = len(verdict.findings) - verdict.violations
    kind = "violation" if verdict.violations else "warning" if warnings else "conforms"
    return IndexEntry(
        id=delivery.id,
        event=verdict.event.name if verdict.event else None,
        kind=kind,
        signature=verdict.signature,
        violations=verdict.violations,
        warnings=warnings,
        path=delivery.target.partition("?")[0],
        key=event_key(delivery, verdict),
        occurred_at=occurred_at(verdict),
    )
