"""Requests as bytes: sent as they are, answers taken apart no further than their statuses."""

import re
import socket
from typing import Any

DEADLINE = 10.0
"""Seconds until an answer, or the end of a connection, is given up."""


def exchange(mock: Any, *parts: bytes, end: bool = False) -> bytes:
    """Send bytes and return what comes back until the connection is closed.

    `end` ends our half of it first. An answer that a reset connection cut off is what came of it.
    """
    with socket.create_connection((mock.host, mock.port), timeout=DEADLINE) as connection:
        received = b""
        try:
            for part in parts:
                connection.sendall(part)
            if end:
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass  # a closed connection is an answer, too
        return received


def request(
    mock: Any, body: bytes = b"", *headers: bytes, plain: bool = True, last: bool = True
) -> bytes:
    """Return a request; `headers` stand as they are.

    `plain` adds a good credential and media type, `last` asks for the connection to be closed.
    """
    head = [f"POST {mock.path} HTTP/1.1".encode(), b"Host: mock"]
    if plain:
        head += [f"Authorization: Bearer {mock.token}".encode(), b"Content-Type: application/json"]
    if last:
        head.append(b"Connection: close")
    head += headers
    if not any(h.lower().startswith((b"content-length", b"transfer-encoding")) for h in headers):
        head.append(f"Content-Length: {len(body)}".encode())
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def statuses(answers: bytes) -> list[int]:
    """Return the statuses of all answers, in order."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]
