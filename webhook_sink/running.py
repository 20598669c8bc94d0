"""A uvicorn server in a thread of its own."""

import socket
import threading

import uvicorn

from webhook_sink.arrivals import Arrivals
from webhook_sink.store import Store


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
