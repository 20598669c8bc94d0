"""Server thread: a uvicorn server in a thread of this process."""

import asyncio
import socket
import threading
from typing import Self

import uvicorn


class ServerThread(uvicorn.Server):
    """Server thread; `with ServerThread(config, listener):` serves until the block ends."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket) -> None:
        """Take a bound `listener`, which the server closes."""
        super().__init__(config)
        self.port = int(listener.getsockname()[1])
        self._listener = listener
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(
            target=self._serve_until_stopped, name=f"hookproof-{self.port}"
        )

    def __enter__(self) -> Self:
        """Return once the server responds; raise `RuntimeError` if the app did not start."""
        self._thread.start()
        self._ready.wait()
        if not self.started:
            self._thread.join()
            raise RuntimeError("the server did not start; see the log of uvicorn")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop after the responses to all received requests."""
        self.should_exit = True
        if self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def main_loop(self) -> None:
        """Run until stopped; uvicorn would notice `should_exit` only at its next tick."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        waiting = {
            asyncio.ensure_future(super().main_loop()),
            asyncio.ensure_future(self._stop.wait()),
        }
        self._ready.set()
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()

    def _serve_until_stopped(self) -> None:
        try:
            self.run(sockets=[self._listener])
        finally:
            self._listener.close()
            self._ready.set()
