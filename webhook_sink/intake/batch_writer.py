"""Batch writer: commits incoming deliveries in batches.

On the event loop while commits are fast, because a commit takes less time than handing it to a
thread; otherwise, while another process holds the lock or the disk is slow, in a writer thread. An
outage is logged once for each reason, and at its end with the number of rejected deliveries.
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
    """A time in which nothing can be stored. For the one thread that stores."""

    def __init__(self) -> None:
        """Begin without trouble."""
        self._logged_reasons: set[str] = set()
        self._rejected_count = 0

    def record_rejected(self, count: int, reason: str) -> None:
        """Take note of `count` deliveries that were answered 503."""
        self._rejected_count += count
        if reason not in self._logged_reasons and len(self._logged_reasons) < _MAX_LOGGED_REASONS:
            self._logged_reasons.add(reason)
            _log.error("deliveries are answered 503: %s", reason)

    def end(self) -> None:
        """Take note that deliveries are stored again, or will never be."""
        if self._rejected_count:
            _log.warning("%d deliveries were answered 503 and not stored", self._rejected_count)
            self._logged_reasons.clear()
            self._rejected_count = 0


CONTENT_TOO_LARGE = 413
_BATCH_SIZE = 256
"""With so many deliveries a commit waits for no more."""
_MAX_LOOP_TURNS = 4
"""So many turns of the event loop are waited for others: fractions of a millisecond, in which what
was just answered sends again. A few large commits cost half of what many small ones do."""
_SLOW_COMMIT_S = 0.2
"""A commit that took so many seconds is followed by..."""
_THREAD_PERIOD_S = 2.0
"""...so many seconds of commits in the thread."""
_BUSY_BATCH_SIZE = 4
"""So many in one commit, and others are close behind..."""
_BUSY_PERIOD_S = 0.05
"""...within so many seconds."""

StatusChooser = Callable[[Delivery], int | None]
"""Asked for each delivery, before it is stored: its status, or None where `replies` shall say."""


def follow_script(_: Delivery) -> None:
    """Leave every status to `replies`."""


class _Job(NamedTuple):
    draft: Delivery
    stored: "asyncio.Future[Delivery]"


class BatchWriter:
    """Settles what each delivery is answered, stores it, and tells of it."""

    def __init__(
        self,
        store: Store,
        replies: ReplyScripts,
        arrivals: SequenceNotifier,
        reply: StatusChooser = follow_script,
    ) -> None:
        """`replies` says what each delivery is answered, unless `reply` does.

        `reply` is called in a thread of its own; while it works, no delivery is answered.
        """
        self._store = store
        self._replies = replies
        self._reply = reply
        self._outage_log = OutageLog()
        self._steps_used = [0] * len(replies.scripts)
        self._arrivals = arrivals
        self._incoming: list[_Job] = []
        """Came in the last turns of the event loop."""
        self._batches: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._busy_until = self._thread_until = 0.0
        self._is_thread_busy = False
        """Whether the thread has a batch: what comes later must not be stored before it."""
        self._thread = threading.Thread(target=self._run, name="hookproof-sink-writer")

    def start(self) -> None:
        """Begin to store."""
        self._thread.start()

    def close(self) -> None:
        """Return once everything that was handed in is settled; in the thread of the event loop."""
        self._batches.put(None)
        self._thread.join()
        if self._incoming:
            _resolve_jobs(self._incoming, self._store_batch(self._incoming, wait=True))
        self._outage_log.end()

    def is_busy(self) -> bool:
        """Say whether deliveries come so close together that they should be left alone."""
        return self._is_thread_busy or monotonic() < self._busy_until

    async def write(self, draft: Delivery) -> Delivery:
        """Return `draft` with id and status once it is stored for good; raise `StoreError`."""
        loop = asyncio.get_running_loop()
        job = _Job(draft, loop.create_future())
        if not self._incoming:
            loop.call_soon(self._flush, _MAX_LOOP_TURNS)
        self._incoming.append(job)
        return await job.stored

    def _flush(self, turns: int = 0) -> None:
        """Store what came, after so many `turns` of the loop, unless the thread is at it."""
        if turns and len(self._incoming) < _BATCH_SIZE:
            asyncio.get_running_loop().call_soon(self._flush, turns - 1)
            return
        while self._incoming and not self._is_thread_busy:
            batch, self._incoming = self._incoming[:_BATCH_SIZE], self._incoming[_BATCH_SIZE:]
            if not self._store_on_loop(batch):
                self._is_thread_busy = True
                self._batches.put(batch)

    def _store_on_loop(self, batch: Sequence[_Job]) -> bool:
        """Store `batch` at once and say so, unless that might take long or is for the thread."""
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
        """Store `batch`; return the deliveries, or why they are not stored. Raises `StoreBusy`."""
        if len(batch) >= _BUSY_BATCH_SIZE:
            self._busy_until = monotonic() + _BUSY_PERIOD_S
        try:
            answered, steps_used = self._with_replies([job.draft for job in batch])
            outcome = self._store.append(answered, wait=wait)
            self._steps_used = steps_used
            self._arrivals.announce(outcome[-1].id)
        except Exception as error:
            if isinstance(error, StoreBusy) and not wait:
                raise
            # Whatever it is: a thread that ended here would leave every later sender waiting.
            failure = error if isinstance(error, StoreError) else StoreError(repr(error))
            self._outage_log.record_rejected(len(batch), str(failure))
            return failure
        self._outage_log.end()
        return outcome

    def _with_replies(self, drafts: Sequence[Delivery]) -> tuple[list[Delivery], list[int]]:
        """Return `drafts` with their replies, and how many steps of each script are used up then.

        A delivery that is too large takes no step, nor does one whose status is chosen for it.
        """
        steps_used = self._steps_used.copy()
        answered = []
        for draft in drafts:
            chosen = CONTENT_TOO_LARGE if draft.truncated else self._reply(draft)
            if chosen is not None:
                answered.append(draft.with_reply(0, chosen, ""))
                continue
            script_index = self._replies.script_index(draft.target)
            step = self._replies.scripts[script_index].step_after(steps_used[script_index])
            steps_used[script_index] += 1
            answered.append(draft.with_reply(0, step.status, step.text))
        return answered, steps_used


def _resolve_jobs(batch: Sequence[_Job], outcome: Sequence[Delivery] | StoreError) -> None:
    for script_index, job in enumerate(batch):
        if job.stored.done():
            continue  # given up by whoever waited
        if isinstance(outcome, StoreError):
            job.stored.set_exception(outcome)
        else:
            job.stored.set_result(outcome[script_index])
