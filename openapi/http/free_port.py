"""Choice of a free port for a server that starts later."""

import random
import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a port on loopback that nothing listens on.

    The port is below the ephemeral port range, so that no outgoing connection takes it in the
    meantime.
    """
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        try:
            with socket.create_server((LOOPBACK, port)):
                return port
        except OSError:
            continue
