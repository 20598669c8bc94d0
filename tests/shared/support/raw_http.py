"""Raw HTTP requests as bytes, and the statuses of their responses."""

import re
import socket
from typing import Protocol

DEADLINE = 10.0
"""Seconds to wait for a response or the end of a connection."""


class Address(Protocol):
    """Host and port of a server."""

    host: str
    port: int


class Endpoint(Address, Protocol):
    """Operation of a server and a credential for it."""

    path: str
    token: str


def exchange(server: Address, *parts: bytes, end: bool = False) -> bytes:
    """Send bytes; return the bytes received until the connection is closed or reset.

    With `end`, the client closes its half of the connection after sending.
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
            pass  # a reset is a valid outcome: return the bytes received before it
        return received


def request(
    server: Endpoint, body: bytes = b"", *headers: bytes, plain: bool = True, last: bool = True
) -> bytes:
    """Return a request as bytes; `headers` are sent unchanged.

    `plain` adds a valid credential and media type, `last` adds `Connection: close`.
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
    """Return the statuses of all responses, in order."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]
