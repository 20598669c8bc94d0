"""Choice of a free port for a server that starts later."""

import random
import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a port on loopback that nothing listens on.

    It is below the range from which operating systems take ports for outgoing connections: one of
    those could otherwise take it before it is used.
    """
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        try:
            with socket.create_server((LOOPBACK, port)):
                return port
        except OSError:
            continue
