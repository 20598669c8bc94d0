"""Receivers of webhooks that keep the raw requests and send given responses."""

import queue
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

DEADLINE = 20.0
"""Seconds to wait for an expected request."""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Receiver:
    """Receiver of one request per connection, with a thread per connection."""

    def __init__(self, listener: socket.socket, answer: Callable[[bytes], bytes | None]) -> None:
        """Take `answer`, which returns the response to a request; None leaves it without one."""
        self.port = int(listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._listener = listener
        self._answer = answer
        self._requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._open: list[socket.socket] = []
        self._came: dict[int, bytes] = {}

    def next(self) -> bytes:
        """Return the raw bytes of the next request."""
        return self._requests.get(timeout=DEADLINE)

    @property
    def waiting(self) -> int:
        """Number of received requests that `next` has not returned."""
        return self._requests.qsize()

    @property
    def connections(self) -> int:
        """Number of accepted connections."""
        return len(self._open)

    def by_connection(self) -> list[bytes]:
        """Return all requests in the order of their connections."""
        return [request for _, request in sorted(self._came.items())]

    def run(self) -> None:
        """Accept connections until the listener is shut down."""
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                given = (len(self._open), connection)
                self._open.append(connection)
                threading.Thread(target=self._serve, args=given, daemon=True).start()

    def close(self) -> None:
        """Close every connection."""
        for connection in self._open:
            connection.close()

    def _serve(self, number: int, connection: socket.socket) -> None:
        connection.settimeout(DEADLINE)
        with suppress(OSError):
            request = b""
            while not _whole(request):
                chunk = connection.recv(65536)
                if not chunk:
                    break
                request += chunk
            self._came[number] = request
            self._requests.put(request)
            answer = self._answer(request)
            if answer is not None:
                connection.sendall(answer)
                connection.close()


@contextmanager
def receiving(answer: Callable[[bytes], bytes | None] = lambda _: OK) -> Iterator[Receiver]:
    """Run a receiver on a free loopback port."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        receiver = Receiver(listener, answer)
        thread = threading.Thread(target=receiver.run)
        thread.start()
        try:
            yield receiver
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            receiver.close()


@contextmanager
def hasty(answer: bytes, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Send `answer` after the first byte of one connection and close it; yield the port."""

    def serve() -> None:
        with suppress(OSError):
            plain, _ = listener.accept()
            with plain, tls.wrap_socket(plain, server_side=True) if tls else plain as connection:
                connection.recv(1)
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)
