"""Forwarder: a thread that forwards every delivery once it is stored.

The store is the queue: a stored delivery is forwarded once, and none is lost here.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future

from webhook_sink.delivery import Delivery, ForwardAttempt
from webhook_sink.destination import Destination
from webhook_sink.forwarding.attempt import PendingForward
from webhook_sink.forwarding.response_reader import ForwardResponse
from webhook_sink.notifications import ChangeFeed, SequenceNotifier
from webhook_sink.storage.store import Store, StoreError

MAX_CONCURRENT_FORWARDS = 8
SHUTDOWN_GRACE_S = 2.0
_MAX_RECORDED_UNSENT = 1000
_STORE_RETRY_DELAY_S = 1.0
_log = logging.getLogger("hookproof.sink")


class Forwarder:
    """Passes on what is stored from its making on. They set out in the order of their ids."""

    def __init__(
        self,
        store: Store,
        arrivals: SequenceNotifier,
        change_feed: ChangeFeed,
        destination: Destination,
    ) -> None:
        """`arrivals` hears of what was stored; `news` is told of each answer."""
        self._store = store
        self._arrivals = arrivals
        self._change_feed = change_feed
        self._destination = destination
        self._last = max(store.ids(limit=1, newest_first=True), default=0)
        self._pending: dict[int, PendingForward] = {}
        self._waiters: dict[int, Future[ForwardAttempt]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._start_lock = asyncio.Lock()
        self._thread = threading.Thread(target=self._run, name="hookproof-sink-forwarding")

    def start(self) -> None:
        """Begin."""
        self._loop = asyncio.new_event_loop()
        self._thread.start()

    def close(self) -> None:
        """Return once all that came is passed on, or is noted as left behind."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    async def wait_for_attempt(self, delivery: Delivery) -> ForwardAttempt:
        """Return what the receiver answers to a delivery that was stored; from any loop."""
        future = self._waiters.setdefault(delivery.id, Future())
        # It may have been passed on already: then nobody will settle what was made just now.
        for forward_attempt in await asyncio.to_thread(self._store.forward_attempts, delivery.id):
            if forward_attempt.action == "forward":
                self._waiters.pop(delivery.id, None)
                return forward_attempt
        return await asyncio.wrap_future(future)

    def _run(self) -> None:
        assert self._loop is not None
        loop = self._loop
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self._forward())

    async def _forward(self) -> None:
        workers = [asyncio.create_task(self._work()) for _ in range(MAX_CONCURRENT_FORWARDS)]
        await self._stopping.wait()
        _, late = await asyncio.wait(workers, timeout=SHUTDOWN_GRACE_S)
        for worker in late:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        for attempt in list(self._pending.values()):
            self._store_attempt(
                attempt.record(ForwardResponse(error="the sink stopped before it was answered"))
            )
        self._record_unsent()

    async def _work(self) -> None:
        """Pass on one after the other, until there is nothing left and the sink stops."""
        while True:
            async with self._start_lock:  # the next one sets out when this one is on the wire
                delivery = await self._wait_for_next()
                if delivery is None:
                    return
                attempt = PendingForward(delivery, self._destination, "forward")
                self._pending[delivery.id] = attempt
                await attempt.send()
            self._store_attempt(await attempt.forward_attempt())

    async def _wait_for_next(self) -> Delivery | None:
        """Return the next delivery as soon as there is one; None if the sink stops before."""
        while True:
            stopping = self._stopping.is_set()  # first: what is stored by then is still found
            try:
                found = self._find_next()
            except StoreError as error:
                _log.error("nothing is passed on for now: %s", error)
                found = None
                await self._wait_or_stop(asyncio.sleep(_STORE_RETRY_DELAY_S))
            if found is not None or stopping:
                return found
            await self._wait_or_stop(self._arrivals.wait_async(self._last))

    def _find_next(self) -> Delivery | None:
        """Return the next delivery that is there, if there is one."""
        announced = self._arrivals.last
        while True:
            numbers = self._store.ids(after=self._last, limit=1)
            reached = numbers[0] - 1 if numbers else announced
            if reached > self._last:
                text = "%d deliveries were removed before they were passed on"
                _log.warning(text, reached - self._last)
                self._last = reached
            if not numbers:
                return None
            self._last = numbers[0]
            if (delivery := self._store.get(self._last)) is not None:
                return delivery

    async def _wait_or_stop(self, until: Coroutine[object, object, None]) -> None:
        """Return when `until` does, or when the sink stops."""
        waits = [asyncio.ensure_future(until), asyncio.ensure_future(self._stopping.wait())]
        try:
            await asyncio.wait(waits, return_when="FIRST_COMPLETED")
        finally:
            for wait in waits:
                wait.cancel()

    def _store_attempt(self, forward_attempt: ForwardAttempt) -> None:
        number = forward_attempt.delivery_id
        try:
            self._store.add_forward_attempt(forward_attempt)
            self._change_feed.publish(number)
        except StoreError as error:
            _log.error("what came of passing on %d is not kept: %s", number, error)
        origin = self._destination.origin  # no more: path and query may hold secrets
        _log.info("%d passed on to %s: %s", number, origin, forward_attempt.outcome)
        self._pending.pop(number, None)
        future = self._waiters.pop(number, None)
        if future is not None and future.set_running_or_notify_cancel():
            future.set_result(forward_attempt)

    def _record_unsent(self) -> None:
        """Keep of those that were not even sent that they were not."""
        try:
            for _ in range(_MAX_RECORDED_UNSENT):
                if (delivery := self._find_next()) is None:
                    return
                attempt = PendingForward(delivery, self._destination, "forward")
                self._store_attempt(
                    attempt.record(ForwardResponse(error="the sink stopped before it was sent"))
                )
            rest = len(self._store.ids(after=self._last))
        except StoreError as error:
            _log.error("what was not passed on is not noted: %s", error)
        else:
            _log.warning("%d further deliveries are stored, but not passed on", rest)
