"""What is said while deliveries cannot be stored: each reason once, and in the end how many.

What comes together is stored together: at once where that is quick, in a thread where not.

A commit of what came in a few turns of the event loop takes less time than handing it to a thread,
so it is made right there. Where somebody else holds the lock, or the disk was slow lately, a thread
makes it: the event loop waits for neither."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import NamedTuple

from webhook_sink.delivery import Delivery
from webhook_sink.notifications import Arrivals
from webhook_sink.replies.script import Replies
from webhook_sink.storage.store import Store, StoreBusy, StoreError

_log = logging.getLogger("hookproof.sink")
_MOST = 20
"""Reasons that are said of one trouble."""


class Trouble:
    """A time in which nothing can be stored. For the one thread that stores."""

    def __init__(self) -> None:
        """Begin without trouble."""
        self._said: set[str] = set()
        self._refused = 0

    def refused(self, count: int, reason: str) -> None:
        """Take note of `count` deliveries that were answered 503."""
        self._refused += count
        if reason not in self._said and len(self._said) < _MOST:
            self._said.add(reason)
            _log.error("deliveries are answered 503: %s", reason)

    def over(self) -> None:
        """Take note that deliveries are stored again, or will never be."""
        if self._refused:
            _log.warning("%d deliveries were answered 503 and not stored", self._refused)
            self._said.clear()
            self._refused = 0


TOO_LARGE = 413
_AT_ONCE = 256
"""With so many deliveries a commit waits for no more."""
_TURNS = 4
"""So many turns of the event loop are waited for others: fractions of a millisecond, in which what
was just answered sends again. A few large commits cost half of what many small ones do."""
_SLOW = 0.2
"""A commit that took so many seconds is followed by..."""
_IN_THREAD = 2.0
"""...so many seconds of commits in the thread."""
_CROWD = 4
"""So many in one commit, and others are close behind..."""
_CROWDED = 0.05
"""...within so many seconds."""

Reply = Callable[[Delivery], int | None]
"""Asked for each delivery, before it is stored: its status, or None where `replies` shall say."""


def as_listed(_: Delivery) -> None:
    """Leave every status to `replies`."""


class _Job(NamedTuple):
    draft: Delivery
    kept: "asyncio.Future[Delivery]"


class Writer:
    """Settles what each delivery is answered, stores it, and tells of it."""

    def __init__(
        self,
        store: Store,
        replies: Replies,
        arrivals: Arrivals,
        reply: Reply = as_listed,
    ) -> None:
        """`replies` says what each delivery is answered, unless `reply` does.

        `reply` is called in a thread of its own; while it works, no delivery is answered.
        """
        self._store = store
        self._replies = replies
        self._reply = reply
        self._trouble = Trouble()
        self._given = [0] * len(replies.scripts)
        self._arrivals = arrivals
        self._fresh: list[_Job] = []
        """Came in the last turns of the event loop."""
        self._jobs: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._crowded_until = self._slow_until = 0.0
        self._underway = False
        """Whether the thread has a batch: what comes later must not be stored before it."""
        self._thread = threading.Thread(target=self._run, name="hookproof-sink-writer")

    def start(self) -> None:
        """Begin to store."""
        self._thread.start()

    def close(self) -> None:
        """Return once everything that was handed in is settled; in the thread of the event loop."""
        self._jobs.put(None)
        self._thread.join()
        if self._fresh:
            _settle(self._fresh, self._outcome(self._fresh, wait=True))
        self._trouble.over()

    def busy(self) -> bool:
        """Say whether deliveries come so close together that they should be left alone."""
        return self._underway or monotonic() < self._crowded_until

    async def keep(self, draft: Delivery) -> Delivery:
        """Return `draft` with id and status once it is stored for good; raise `StoreError`."""
        loop = asyncio.get_running_loop()
        job = _Job(draft, loop.create_future())
        if not self._fresh:
            loop.call_soon(self._hand_over, _TURNS)
        self._fresh.append(job)
        return await job.kept

    def _hand_over(self, turns: int = 0) -> None:
        """Store what came, after so many `turns` of the loop, unless the thread is at it."""
        if turns and len(self._fresh) < _AT_ONCE:
            asyncio.get_running_loop().call_soon(self._hand_over, turns - 1)
            return
        while self._fresh and not self._underway:
            batch, self._fresh = self._fresh[:_AT_ONCE], self._fresh[_AT_ONCE:]
            if not self._stored_here(batch):
                self._underway = True
                self._jobs.put(batch)

    def _stored_here(self, batch: Sequence[_Job]) -> bool:
        """Store `batch` at once and say so, unless that might take long or is for the thread."""
        begun = monotonic()
        if begun < self._slow_until or self._reply is not as_listed:
            return False
        try:
            outcome = self._outcome(batch, wait=False)
        except StoreBusy:
            return False
        if monotonic() - begun > _SLOW:
            self._slow_until = monotonic() + _IN_THREAD
        _settle(batch, outcome)
        return True

    def _run(self) -> None:
        while (batch := self._jobs.get()) is not None:
            outcome = self._outcome(batch, wait=True)
            loop = batch[0].kept.get_loop()
            loop.call_soon_threadsafe(self._return, batch, outcome)

    def _return(self, batch: Sequence[_Job], outcome: Sequence[Delivery] | StoreError) -> None:
        self._underway = False
        _settle(batch, outcome)
        self._hand_over()

    def _outcome(self, batch: Sequence[_Job], *, wait: bool) -> Sequence[Delivery] | StoreError:
        """Store `batch`; return the deliveries, or why they are not stored. Raises `StoreBusy`."""
        if len(batch) >= _CROWD:
            self._crowded_until = monotonic() + _CROWDED
        try:
            answered, given = self._answered([job.draft for job in batch])
            outcome = self._store.append(answered, wait=wait)
            self._given = given
            self._arrivals.announce(outcome[-1].id)
        except Exception as error:
            if isinstance(error, StoreBusy) and not wait:
                raise
            # Whatever it is: a thread that ended here would leave every later sender waiting.
            failure = error if isinstance(error, StoreError) else StoreError(repr(error))
            self._trouble.refused(len(batch), str(failure))
            return failure
        self._trouble.over()
        return outcome

    def _answered(self, drafts: Sequence[Delivery]) -> tuple[list[Delivery], list[int]]:
        """Return `drafts` with their replies, and how many steps of each script are used up then.

        A delivery that is too large takes no step, nor does one whose status is chosen for it.
        """
        given = self._given.copy()
        answered = []
        for draft in drafts:
            chosen = TOO_LARGE if draft.truncated else self._reply(draft)
            if chosen is not None:
                answered.append(draft.settled(0, chosen, ""))
                continue
            place = self._replies.place(draft.target)
            step = self._replies.scripts[place].step(given[place])
            given[place] += 1
            answered.append(draft.settled(0, step.status, step.text))
        return answered, given


def _settle(batch: Sequence[_Job], outcome: Sequence[Delivery] | StoreError) -> None:
    for place, job in enumerate(batch):
        if job.kept.done():
            continue  # given up by whoever waited
        if isinstance(outcome, StoreError):
            job.kept.set_exception(outcome)
        else:
            job.kept.set_result(outcome[place])
