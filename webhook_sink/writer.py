"""One thread that stores: the event loop never waits for a disk, and many share one commit."""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import NamedTuple

from webhook_sink.arrivals import Arrivals
from webhook_sink.delivery import Delivery
from webhook_sink.replies import Replies
from webhook_sink.store import Store, StoreError
from webhook_sink.trouble import Trouble

TOO_LARGE = 413
_AT_ONCE = 256
"""With so many deliveries a commit waits for no more."""
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

        `reply` is called in the thread that stores; while it works, no delivery is answered.
        """
        self._store = store
        self._replies = replies
        self._reply = reply
        self._trouble = Trouble()
        self._given = [0] * len(replies.scripts)
        self._arrivals = arrivals
        self._fresh: list[_Job] = []
        """Came in this turn of the event loop."""
        self._jobs: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._crowded_until = 0.0
        self._thread = threading.Thread(target=self._run, name="hookproof-sink-writer")

    def start(self) -> None:
        """Begin to store."""
        self._thread.start()

    def close(self) -> None:
        """Return once everything that was handed in is settled; in the thread of the event loop."""
        self._hand_over()
        self._jobs.put(None)
        self._thread.join()
        self._trouble.over()

    def busy(self) -> bool:
        """Say whether deliveries come so close together that they should be left alone."""
        return not self._jobs.empty() or monotonic() < self._crowded_until

    async def keep(self, draft: Delivery) -> Delivery:
        """Return `draft` with id and status once it is stored for good; raise `StoreError`."""
        loop = asyncio.get_running_loop()
        job = _Job(draft, loop.create_future())
        if not self._fresh:
            loop.call_soon(self._hand_over)
        self._fresh.append(job)
        return await job.kept

    def _hand_over(self) -> None:
        """Give the thread all that came in one turn of the loop: it is woken once for them."""
        fresh, self._fresh = self._fresh, []
        if fresh:
            self._jobs.put(fresh)

    def _run(self) -> None:
        while (batch := self._jobs.get()) is not None:
            last = False
            while len(batch) < _AT_ONCE and not self._jobs.empty():
                more = self._jobs.get()
                last = more is None
                if more is None:
                    break
                batch += more
            self._store_all(batch)
            if len(batch) >= _CROWD:
                self._crowded_until = monotonic() + _CROWDED
            if last:
                break

    def _store_all(self, batch: Sequence[_Job]) -> None:
        outcome: Sequence[Delivery] | StoreError
        try:
            answered, given = self._answered([job.draft for job in batch])
            outcome = self._store.append(answered)
            self._given = given
            self._arrivals.announce(outcome[-1].id)
        except Exception as error:
            # Whatever it is: a thread that ended here would leave every later sender waiting.
            outcome = error if isinstance(error, StoreError) else StoreError(repr(error))
            self._trouble.refused(len(batch), str(outcome))
        else:
            self._trouble.over()
        loop = batch[0].kept.get_loop()
        loop.call_soon_threadsafe(_settle, batch, outcome)

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
