"""Sink on a real port of this process, and requests to it."""

import socket
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from webhook_sink.server import Sink

DEADLINE = 20.0
"""Seconds to wait for an expected response or delivery."""


@dataclass(frozen=True)
class RunningSink:
    """Running sink and an HTTP client for it."""

    sink: Sink
    http: httpx.Client

    def raw(self, data: bytes) -> bytes:
        """Send bytes on a new connection; return all bytes received until it closes."""
        address = ("127.0.0.1", self.sink.port)
        with socket.create_connection(address, timeout=DEADLINE) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def post(self, body: bytes = b"{}", path: str = "/hook", **headers: str) -> int:
        return self.http.post(self.sink.url + path, content=body, headers=headers).status_code

    def api(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(f"{self.sink.url}/_hookproof/{path}", headers=headers)


class StartSink(Protocol):
    """Start a sink with settings: `with start(max_body_bytes=5) as client:`."""

    def __call__(self, **settings: Any) -> AbstractContextManager[RunningSink]: ...


class StartedSink:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def __enter__(self) -> RunningSink:
        self._http = httpx.Client(trust_env=False, verify=False, timeout=DEADLINE)
        return RunningSink(self._sink.__enter__(), self._http)

    def __exit__(self, *error: Any) -> None:
        self._http.close()
        self._sink.__exit__(*error)
