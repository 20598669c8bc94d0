"""All receivers of webhooks, and the records of what goes to them."""

import asyncio
import logging
from collections.abc import Callable, Iterable

import httpx

from mock_server.attempt import client
from mock_server.receiver import AT_ONCE, Receiver, Tried

Tell = Callable[[Tried], None]


class Sender:
    """Between `start` and `stop` it delivers; before, deliveries wait."""

    def __init__(self, urls: Iterable[str], tell: Tell) -> None:
        """Take the URLs that every delivery goes to; `tell` hears of every attempt."""
        self._urls = tuple(urls)
        self._tell = tell
        self.receivers = self._made()
        self._client: httpx.AsyncClient | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def _made(self) -> list[Receiver]:
        return [Receiver(url, self._tell) for url in self._urls]

    def start(self) -> None:
        """Begin to deliver, on the running loop."""
        if not self.receivers:
            return
        # httpx would log every URL in full.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._client = client()
        for receiver in self.receivers:
            self._tasks += [asyncio.create_task(receiver.run(self._client)) for _ in range(AT_ONCE)]

    async def forget(self) -> None:
        """Abandon what is open, and go on with empty queues."""
        await self.stop("the mock is reset")
        self.receivers = self._made()
        self.start()

    async def stop(self, reason: str = "the mock stops") -> None:
        """End at once; what is still open is abandoned, and said in the log."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._client is not None:
            await self._client.aclose()
        for receiver in self.receivers:
            receiver.stop(reason)
