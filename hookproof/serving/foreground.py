"""Serve an application in the foreground until Ctrl-C or SIGTERM, with exit code 0."""

import gc
import signal
import socket

import uvicorn

from hookproof.errors import EXIT_ERROR
from hookproof.serving.ready_file import Announce

_GC_THRESHOLD = 20_000
"""Number of new objects before a collection; Python's default is 700."""


def tune_gc() -> None:
    """Exclude existing objects from garbage collection, and collect less often.

    Call it after loading: contract, schemas and modules live as long as the process. A request
    creates few cycles, but collections took a third of its time.
    """
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD, 20, 50)
    gc.enable()


def serve(config: uvicorn.Config, listener: socket.socket, announce: Announce) -> int:
    """Serve on `listener` until Ctrl-C or SIGTERM; `announce` once it accepts requests."""
    server = _Server(config, announce)
    server.run(sockets=[listener])
    return 0 if server.started else EXIT_ERROR


class _Server(uvicorn.Server):
    """Server that announces when it is ready and stops cleanly on Ctrl-C and SIGTERM."""

    def __init__(self, config: uvicorn.Config, announce: Announce) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()

    def handle_exit(self, sig: int, _: object) -> None:
        """Stop, on a second Ctrl-C immediately. Do not raise the signal again: exit with 0."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
