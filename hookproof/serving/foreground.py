"""When Python looks for garbage, in a process that does nothing but serve.

Serving an application until Ctrl-C or SIGTERM, which end it with exit code 0."""

import gc
import signal
import socket

import uvicorn

from hookproof.errors import EXIT_ERROR
from hookproof.serving.ready_file import Announce

_GC_THRESHOLD = 20_000
"""Objects made and not yet gone before garbage is looked for; Python's own choice is 700."""


def tune_gc() -> None:
    """Look in what comes and goes alone, and not at every turn; call it when all is loaded.

    Contract, schemas and modules live as long as the process. A request leaves little that needs
    to be looked for, and looking was a third of its time.
    """
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD, 20, 50)
    gc.enable()


def serve(config: uvicorn.Config, listener: socket.socket, announce: Announce) -> int:
    """Serve on `listener` until Ctrl-C or SIGTERM; `announce` once requests are answered."""
    server = _Server(config, announce)
    server.run(sockets=[listener])
    return 0 if server.started else EXIT_ERROR


class _Server(uvicorn.Server):
    """A server that says when it is ready, and takes Ctrl-C and SIGTERM for a clean stop."""

    def __init__(self, config: uvicorn.Config, announce: Announce) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()

    def handle_exit(self, sig: int, _: object) -> None:
        """Stop; at once on a second Ctrl-C. The signal is not raised again: the exit code is 0."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
