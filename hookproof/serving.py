"""Serving an application until Ctrl-C or SIGTERM, which end it with exit code 0."""

import signal
import socket

import uvicorn

from hookproof.exits import CANNOT


def serve(config: uvicorn.Config, listener: socket.socket, lines: list[str]) -> int:
    """Serve on `listener` until Ctrl-C or SIGTERM; print `lines` once requests are answered."""
    server = _Server(config, lines)
    server.run(sockets=[listener])
    return 0 if server.started else CANNOT


class _Server(uvicorn.Server):
    """A server that says when it is ready, and takes Ctrl-C and SIGTERM for a clean stop."""

    def __init__(self, config: uvicorn.Config, lines: list[str]) -> None:
        super().__init__(config)
        self._lines = lines

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print("\n".join(self._lines), flush=True)

    def handle_exit(self, sig: int, _: object) -> None:
        """Stop; at once on a second Ctrl-C. The signal is not raised again: the exit code is 0."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
