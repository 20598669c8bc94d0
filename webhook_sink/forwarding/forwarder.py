"""Forwarder: a thread that forwards each delivery once, after it was stored.

The store is the queue, so the forwarder loses no delivery.
"""

import asyncio
import logging
import threading
from concurrent.futures import Future

from webhook_sink.delivery import Delivery, ForwardAttempt
from webhook_sink.destination import Destination
from webhook_sink.forwarding.pending_forward import PendingForward
from webhook_sink.forwarding.response_reader import ForwardResponse
from webhook_sink.notifications import ChangeFeed, SequenceNotifier, wait_for_any
from webhook_sink.storage.store import Store, StoreError

MAX_CONCURRENT_FORWARDS = 8
SHUTDOWN_GRACE_S = 2.0
_MAX_RECORDED_UNSENT = 1000
_STORE_RETRY_DELAY_S = 1.0
_log = logging.getLogger("hookproof.sink")


class Forwarder:
    """Thread that forwards deliveries stored after its creation, in the order of their ids."""

    def __init__(
        self,
        store: Store,
        arrivals: SequenceNotifier,
        change_feed: ChangeFeed,
        destination: Destination,
    ) -> None:
        """`arrivals` announces stored deliveries; `change_feed` gets each attempt."""
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
        """Start the thread."""
        self._loop = asyncio.new_event_loop()
        self._thread.start()

    def close(self) -> None:
        """Return once every delivery is forwarded, or recorded as not forwarded."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    async def wait_for_attempt(self, delivery: Delivery) -> ForwardAttempt:
        """Return the attempt to forward a stored delivery; from any event loop."""
        future = self._waiters.setdefault(delivery.id, Future())
        # If it was forwarded already, nothing will resolve the future.
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
        for pending in list(self._pending.values()):
            self._store_attempt(
                pending.record(
                    ForwardResponse(error="the sink stopped before the receiver responded")
                )
            )
        self._record_unsent()

    async def _work(self) -> None:
        """Forward one delivery after the other until the sink stops and none is left."""
        while True:
            async with self._start_lock:  # one worker at a time sends, so the order holds
                delivery = await self._wait_for_next()
                if delivery is None:
                    return
                pending = PendingForward(delivery, self._destination, "forward")
                self._pending[delivery.id] = pending
                await pending.send()
            self._store_attempt(await pending.forward_attempt())

    async def _wait_for_next(self) -> Delivery | None:
        """Wait for the next delivery; None if the sink stops first."""
        while True:
            stopping = self._stopping.is_set()  # first: finds all deliveries until then
            try:
                found = self._find_next()
            except StoreError as error:
                _log.error("forwarding is suspended: %s", error)
                found = None
                await wait_for_any(asyncio.sleep(_STORE_RETRY_DELAY_S), self._stopping.wait())
            if found is not None or stopping:
                return found
            await wait_for_any(self._arrivals.wait_async(self._last), self._stopping.wait())

    def _find_next(self) -> Delivery | None:
        """Return the next stored delivery, or None."""
        announced = self._arrivals.last
        while True:
            ids = self._store.ids(after=self._last, limit=1)
            reached = ids[0] - 1 if ids else announced
            if reached > self._last:
                removed = reached - self._last
                _log.warning("%d deliveries were removed before they were forwarded", removed)
                self._last = reached
            if not ids:
                return None
            self._last = ids[0]
            if (delivery := self._store.get(self._last)) is not None:
                return delivery

    def _store_attempt(self, forward_attempt: ForwardAttempt) -> None:
        delivery_id = forward_attempt.delivery_id
        try:
            self._store.add_forward_attempt(forward_attempt)
            self._change_feed.publish(delivery_id)
        except StoreError as error:
            _log.error("the forward attempt of %d is not stored: %s", delivery_id, error)
        origin = self._destination.origin  # path and query may contain secrets
        _log.info("%d forwarded to %s: %s", delivery_id, origin, forward_attempt.outcome)
        self._pending.pop(delivery_id, None)
        future = self._waiters.pop(delivery_id, None)
        if future is not None and future.set_running_or_notify_cancel():
            future.set_result(forward_attempt)

    def _record_unsent(self) -> None:
        """Record the remaining deliveries as not sent."""
        try:
            for _ in range(_MAX_RECORDED_UNSENT):
                if (delivery := self._find_next()) is None:
                    return
                pending = PendingForward(delivery, self._destination, "forward")
                self._store_attempt(
                    pending.record(
                        ForwardResponse(error="the sink stopped before it sent the delivery")
                    )
                )
            rest = len(self._store.ids(after=self._last))
        except StoreError as error:
            _log.error("deliveries that were not forwarded are not recorded: %s", error)
        else:
            _log.warning("%d further deliveries are stored, but not forwarded", rest)
