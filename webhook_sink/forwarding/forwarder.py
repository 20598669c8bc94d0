"""One thread that passes every delivery on, once it is stored.

The store is the queue: nothing that it holds is lost here, and nothing is held twice.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future

from webhook_sink.delivery import Delivery, Passed
from webhook_sink.destination import Destination
from webhook_sink.forwarding.attempt import Attempt
from webhook_sink.forwarding.response_reader import Received
from webhook_sink.notifications import Arrivals, News
from webhook_sink.storage.store import Store, StoreError

AT_ONCE = 8
"""How many answers are waited for at the same time."""
GRACE = 2.0
"""Seconds that a sink which stops goes on passing on what is left."""
_NOTED = 1000
"""How many deliveries are noted as left behind when the sink stops."""
_AGAIN = 1.0
"""Seconds until a store that could not be read is read again."""
_log = logging.getLogger("hookproof.sink")


class Forwarding:
    """Passes on what is stored from its making on. They set out in the order of their ids."""

    def __init__(
        self, store: Store, arrivals: Arrivals, news: News, destination: Destination
    ) -> None:
        """`arrivals` hears of what was stored; `news` is told of each answer."""
        self._store = store
        self._arrivals = arrivals
        self._news = news
        self._destination = destination
        self._last = max(store.ids(limit=1, newest_first=True), default=0)
        self._under_way: dict[int, Attempt] = {}
        self._awaited: dict[int, Future[Passed]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._turn = asyncio.Lock()
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

    async def answer(self, delivery: Delivery) -> Passed:
        """Return what the receiver answers to a delivery that was stored; from any loop."""
        future = self._awaited.setdefault(delivery.id, Future())
        # It may have been passed on already: then nobody will settle what was made just now.
        for passed in await asyncio.to_thread(self._store.passed, delivery.id):
            if passed.why == "forward":
                self._awaited.pop(delivery.id, None)
                return passed
        return await asyncio.wrap_future(future)

    def _run(self) -> None:
        assert self._loop is not None
        loop = self._loop
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self._forward())

    async def _forward(self) -> None:
        workers = [asyncio.create_task(self._work()) for _ in range(AT_ONCE)]
        await self._stopping.wait()
        _, late = await asyncio.wait(workers, timeout=GRACE)
        for worker in late:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        for attempt in list(self._under_way.values()):
            self._keep(attempt.record(Received(error="the sink stopped before it was answered")))
        self._note_rest()

    async def _work(self) -> None:
        """Pass on one after the other, until there is nothing left and the sink stops."""
        while True:
            async with self._turn:  # the next one sets out when this one is on the wire
                delivery = await self._next()
                if delivery is None:
                    return
                attempt = Attempt(delivery, self._destination, "forward")
                self._under_way[delivery.id] = attempt
                await attempt.go()
            self._keep(await attempt.passed())

    async def _next(self) -> Delivery | None:
        """Return the next delivery as soon as there is one; None if the sink stops before."""
        while True:
            stopping = self._stopping.is_set()  # first: what is stored by then is still found
            try:
                found = self._found()
            except StoreError as error:
                _log.error("nothing is passed on for now: %s", error)
                found = None
                await self._pause(asyncio.sleep(_AGAIN))
            if found is not None or stopping:
                return found
            await self._pause(self._arrivals.beyond(self._last))

    def _found(self) -> Delivery | None:
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

    async def _pause(self, until: Coroutine[object, object, None]) -> None:
        """Return when `until` does, or when the sink stops."""
        waits = [asyncio.ensure_future(until), asyncio.ensure_future(self._stopping.wait())]
        try:
            await asyncio.wait(waits, return_when="FIRST_COMPLETED")
        finally:
            for wait in waits:
                wait.cancel()

    def _keep(self, passed: Passed) -> None:
        number = passed.delivery_id
        try:
            self._store.keep_passed(passed)
            self._news.tell(number)
        except StoreError as error:
            _log.error("what came of passing on %d is not kept: %s", number, error)
        origin = self._destination.origin  # no more: path and query may hold secrets
        _log.info("%d passed on to %s: %s", number, origin, passed.outcome)
        self._under_way.pop(number, None)
        future = self._awaited.pop(number, None)
        if future is not None and future.set_running_or_notify_cancel():
            future.set_result(passed)

    def _note_rest(self) -> None:
        """Keep of those that were not even sent that they were not."""
        try:
            for _ in range(_NOTED):
                if (delivery := self._found()) is None:
                    return
                attempt = Attempt(delivery, self._destination, "forward")
                self._keep(attempt.record(Received(error="the sink stopped before it was sent")))
            rest = len(self._store.ids(after=self._last))
        except StoreError as error:
            _log.error("what was not passed on is not noted: %s", error)
        else:
            _log.warning("%d further deliveries are stored, but not passed on", rest)
