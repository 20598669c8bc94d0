"""Batch writer: commits incoming deliveries in batches.

It commits on the event loop while commits are fast, because a thread switch takes longer. It
commits in a writer thread while another process holds the lock or the disk is slow. It logs each
reason of an outage once, and at the end of the outage the number of rejected deliveries.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import NamedTuple

from webhook_sink.delivery import Delivery
from webhook_sink.notifications import SequenceNotifier
from webhook_sink.replies.script import ReplyScripts
from webhook_sink.storage.store import Store, StoreBusy, StoreError

_log = logging.getLogger("hookproof.sink")
_MAX_LOGGED_REASONS = 20


class OutageLog:
    """Log of an outage, during which deliveries cannot be stored. Not thread-safe."""

    def __init__(self) -> None:
        """Begin without an outage."""
        self._logged_reasons: set[str] = set()
        self._rejected_count = 0

    def record_rejected(self, count: int, reason: str) -> None:
        """Count deliveries that got 503, and log a new reason."""
        self._rejected_count += count
        if reason not in self._logged_reasons and len(self._logged_reasons) < _MAX_LOGGED_REASONS:
            self._logged_reasons.add(reason)
            _log.error("deliveries get 503: %s", reason)

    def end(self) -> None:
        """End the outage, if there is one."""
        if self._rejected_count:
            _log.warning("%d deliveries got 503 and are not stored", self._rejected_count)
            self._logged_reasons.clear()
            self._rejected_count = 0


CONTENT_TOO_LARGE = 413
_BATCH_SIZE = 256
_MAX_LOOP_TURNS = 4
"""Turns of the event loop for which a batch waits for more deliveries: fractions of a millisecond,
in which senders that just got a reply send again. Large commits halve the cost per delivery."""
_SLOW_COMMIT_S = 0.2
_THREAD_PERIOD_S = 2.0
"""Period of commits in the thread after a slow commit on the event loop."""
_BUSY_BATCH_SIZE = 4
_BUSY_PERIOD_S = 0.05
"""Period for which the writer counts as busy after a batch of `_BUSY_BATCH_SIZE`."""

StatusChooser = Callable[[Delivery], int | None]
"""Chooses the status of a delivery before it is stored, or None to follow `replies`."""


def follow_script(_: Delivery) -> None:
    """Choose no status: follow `replies`."""


class _Job(NamedTuple):
    draft: Delivery
    stored: "asyncio.Future[Delivery]"


class BatchWriter:
    """Writer that chooses the reply to each delivery, then stores and announces the delivery."""

    def __init__(
        self,
        store: Store,
        replies: ReplyScripts,
        arrivals: SequenceNotifier,
        reply: StatusChooser = follow_script,
    ) -> None:
        """`replies` has the replies to deliveries for which `reply` returns None.

        `reply` is called in the writer thread; while it runs, no delivery gets a reply.
        """
        self._store = store
        self._replies = replies
        self._reply = reply
        self._outage_log = OutageLog()
        self._steps_used = [0] * len(replies.scripts)
        self._arrivals = arrivals
        self._incoming: list[_Job] = []
        """Deliveries of the last turns of the event loop."""
        self._batches: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._busy_until = self._thread_until = 0.0
        self._is_thread_busy = False
        """Whether the thread has a batch; later deliveries must be stored after it."""
        self._thread = threading.Thread(target=self._run, name="hookproof-sink-writer")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Store all received deliveries and stop; call it on the event loop's thread."""
        self._batches.put(None)
        self._thread.join()
        if self._incoming:
            _resolve_jobs(self._incoming, self._store_batch(self._incoming, wait=True))
        self._outage_log.end()

    def is_busy(self) -> bool:
        """Say whether background work should wait for the incoming deliveries."""
        return self._is_thread_busy or monotonic() < self._busy_until

    async def write(self, draft: Delivery) -> Delivery:
        """Store `draft` durably and return it with id and status; raise `StoreError`.

        A status that it has already remains.
        """
        loop = asyncio.get_running_loop()
        job = _Job(draft, loop.create_future())
        if not self._incoming:
            loop.call_soon(self._flush, _MAX_LOOP_TURNS)
        self._incoming.append(job)
        return await job.stored

    def _flush(self, turns: int = 0) -> None:
        """Store the received deliveries after `turns` of the loop, unless the thread is busy."""
        if turns and len(self._incoming) < _BATCH_SIZE:
            asyncio.get_running_loop().call_soon(self._flush, turns - 1)
            return
        while self._incoming and not self._is_thread_busy:
            batch, self._incoming = self._incoming[:_BATCH_SIZE], self._incoming[_BATCH_SIZE:]
            if not self._store_on_loop(batch):
                self._is_thread_busy = True
                self._batches.put(batch)

    def _store_on_loop(self, batch: Sequence[_Job]) -> bool:
        """Store `batch` now and return True, unless the thread has to do it."""
        begun = monotonic()
        if begun < self._thread_until or self._reply is not follow_script:
            return False
        try:
            outcome = self._store_batch(batch, wait=False)
        except StoreBusy:
            return False
        if monotonic() - begun > _SLOW_COMMIT_S:
            self._thread_until = monotonic() + _THREAD_PERIOD_S
        _resolve_jobs(batch, outcome)
        return True

    def _run(self) -> None:
        while (batch := self._batches.get()) is not None:
            outcome = self._store_batch(batch, wait=True)
            loop = batch[0].stored.get_loop()
            loop.call_soon_threadsafe(self._finish_batch, batch, outcome)

    def _finish_batch(
        self, batch: Sequence[_Job], outcome: Sequence[Delivery] | StoreError
    ) -> None:
        self._is_thread_busy = False
        _resolve_jobs(batch, outcome)
        self._flush()

    def _store_batch(self, batch: Sequence[_Job], *, wait: bool) -> Sequence[Delivery] | StoreError:
        """Store `batch`; return the deliveries, or the error. Raises `StoreBusy`."""
        if len(batch) >= _BUSY_BATCH_SIZE:
            self._busy_until = monotonic() + _BUSY_PERIOD_S
        try:
            deliveries, steps_used = self._with_replies([job.draft for job in batch])
            outcome = self._store.append(deliveries, wait=wait)
            self._steps_used = steps_used
            self._arrivals.announce(outcome[-1].id)
        except Exception as error:
            if isinstance(error, StoreBusy) and not wait:
                raise
            # Any error: if the thread ended here, later senders would wait forever.
            failure = error if isinstance(error, StoreError) else StoreError(repr(error))
            self._outage_log.record_rejected(len(batch), str(failure))
            return failure
        self._outage_log.end()
        return outcome

    def _with_replies(self, drafts: Sequence[Delivery]) -> tuple[list[Delivery], list[int]]:
        """Return `drafts` with their replies, and the number of used steps of each script.

        A delivery that is too large uses no step, nor does a delivery that has a status already
        or whose status `reply` chose.
        """
        steps_used = self._steps_used.copy()
        deliveries = []
        for draft in drafts:
            chosen = CONTENT_TOO_LARGE if draft.truncated else draft.status or self._reply(draft)
            if chosen is not None:
                deliveries.append(draft.with_reply(0, chosen, draft.reply))
                continue
            script_index = self._replies.script_index(draft.target)
            step = self._replies.scripts[script_index].step_after(steps_used[script_index])
            steps_used[script_index] += 1
            deliveries.append(draft.with_reply(0, step.status, step.text))
        return deliveries, steps_used


def _resolve_jobs(batch: Sequence[_Job], outcome: Sequence[Delivery] | StoreError) -> None:
    for index, job in enumerate(batch):
        if job.stored.done():
            continue  # the request was cancelled
        if isinstance(outcome, StoreError):
            job.stored.set_exception(outcome)
        else:
            job.stored.set_result(outcome[index])
