"""Requests as bytes: sent as they are, answers taken apart no further than their statuses."""

import re
import socket
from typing import Protocol

DEADLINE = 10.0
"""Seconds until an answer, or the end of a connection, is given up."""


class Address(Protocol):
    """Host and port of a server."""

    host: str
    port: int


class Endpoint(Address, Protocol):
    """Operation of a server, and a credential for it."""

    path: str
    token: str


def exchange(server: Address, *parts: bytes, end: bool = False) -> bytes:
    """Send bytes and return what comes back until the connection is closed.

    `end` ends our half of it first. An answer that a reset connection cut off is what came of it.
    """
    with socket.create_connection((server.host, server.port), timeout=DEADLINE) as connection:
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
    server: Endpoint, body: bytes = b"", *headers: bytes, plain: bool = True, last: bool = True
) -> bytes:
    """Return a request; `headers` stand as they are.

    `plain` adds a good credential and media type, `last` asks for the connection to be closed.
    """
    head = [f"POST {server.path} HTTP/1.1".encode(), b"Host: mock"]
    if plain:
        head += [
            f"Authorization: Bearer {server.token}".encode(),
            b"Content-Type: application/json",
        ]
    if last:
        head.append(b"Connection: close")
    head += headers
    if not any(h.lower().startswith((b"content-length", b"transfer-encoding")) for h in headers):
        head.append(f"Content-Length: {len(body)}".encode())
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def statuses(answers: bytes) -> list[int]:
    """Return the statuses of all answers, in order."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]
