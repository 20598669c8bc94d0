"""A uvicorn server in a thread of its own.

The mock in a thread of this process, on a real port: for many short runs in a row."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from mock_server.app import create_app
from mock_server.server import uvicorn_config
from mock_server.settings import Settings
from openapi.contract import Contract
from webhook_sink.notifications import Arrivals
from webhook_sink.storage.store import Store


class Running(uvicorn.Server):
    """A server in a thread of its own, with what it serves from."""

    def __init__(
        self,
        config: uvicorn.Config,
        listener: socket.socket,
        store: Store,
        arrivals: Arrivals,
    ) -> None:
        """`listener` is bound; `store` and `arrivals` are those of the app in `config`."""
        super().__init__(config)
        self.port = int(listener.getsockname()[1])
        self.store = store
        self.arrivals = arrivals
        self._listener = listener
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve_until_told, name="hookproof-sink")

    def start(self) -> None:
        """Return once deliveries are taken."""
        self._thread.start()
        self._ready.wait()
        if not self.started:
            self._thread.join()
            raise RuntimeError("the sink did not start; the log of uvicorn says why")

    def stop(self) -> None:
        """Return once every delivery that was read is answered, and all is closed."""
        self.should_exit = True
        self._thread.join()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        await super().startup(sockets)
        self._ready.set()

    def _serve_until_told(self) -> None:
        try:
            self.run(sockets=[self._listener])
        finally:
            self._listener.close()
            self._ready.set()


LOOPBACK = "127.0.0.1"
_PATIENCE = 20.0
"""Seconds that the mock may take to start or to stop."""


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def mock_of(contract: Contract, settings: Settings) -> Iterator[str]:
    """Serve the mock until the block ends; yield its URL."""
    config = uvicorn_config(create_app(contract, settings), contract)
    with socket.create_server((LOOPBACK, 0), backlog=2048) as listener:
        server = _Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            if not server.ready.wait(_PATIENCE) or not server.started:
                raise RuntimeError("the mock did not start")
            yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)


def free_port() -> int:
    """Return a port on loopback that nothing listens on.

    Below the range from which systems take ports for connections that go out: one of those would
    otherwise take it before it is used.
    """
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        try:
            with socket.create_server((LOOPBACK, port)):
                return port
        except OSError:
            continue
