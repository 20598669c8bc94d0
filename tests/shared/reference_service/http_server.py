"""HTTP/1.1 server on sockets: reads complete requests, writes each response in one call."""

from __future__ import annotations

import contextlib
import itertools
import socket
import sys
import time
import traceback
from collections.abc import Callable
from email.message import Message
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

from reference_service.behaviour import PlannedEvents, RejectionError, Request, Response
from reference_service.operation import Operation
from reference_service.request_body import UnreadableError

_LINGER = 5.0  # seconds to read on after a rejection, so that the response arrives


class Server(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self, address: tuple[str, int], operation: Operation, post: Callable[[PlannedEvents], None]
    ) -> None:
        super().__init__(address, Handler)
        self.operation, self.post = operation, post
        self.numbers = itertools.count(1)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print the traceback, except for a lost connection."""
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60.0
    server: Server

    def handle_one_request(self) -> None:
        self.close_connection = True
        with contextlib.suppress(ConnectionError, TimeoutError):
            self.raw_requestline = self.rfile.readline(65537)
            # The parser has set none of these when it rejects the request line.
            self.command, self.path, self.headers = "", "", Message()
            if not self.raw_requestline or not self.parse_request():
                return
            try:
                behaviour = self.server.operation.behaviour
                body = behaviour.read_body(self.rfile, self.headers, behaviour.body_limit)
            except UnreadableError as rejection:
                self._reject(rejection)
                return
            self._serve(self._read_request(body))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what the parser of the head rejects; send its 505 (HTTP version) as 400."""
        status = code if 400 <= code < 500 else 400
        self._reject(UnreadableError(status, "badRequest", "The request cannot be read."))

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _read_request(self, body: bytes) -> Request:
        headers = tuple(self.headers.items())
        path, _, query = self.path.partition("?")
        client = str(self.client_address[0])
        return Request(next(self.server.numbers), client, self.command, path, headers, body, query)

    def _serve(self, request: Request) -> None:
        response, planned_events = self.server.operation.serve(request)
        first = self.server.operation.behaviour.event_first
        if first and planned_events:
            self.server.post(planned_events)
            time.sleep(0.1)
        try:
            self._send(response)
        finally:
            if not first:
                self.server.post(planned_events)

    def _reject(self, rejection: RejectionError) -> None:
        self.close_connection = True
        self._send(self.server.operation.rejected(self._read_request(b""), rejection))
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(1.0)
            end = time.monotonic() + _LINGER
            while time.monotonic() < end and self.connection.recv(1 << 16):
                pass

    def _send(self, response: Response) -> None:
        if response.pause:
            time.sleep(response.pause)
        if response.stunt is not None:
            self.close_connection = True
            response.stunt(self.connection)
            return
        framing = response.framing
        if framing == "chunked" and self.request_version < "HTTP/1.1":
            framing = "close"
        self.close_connection = self.close_connection or framing == "close"
        lines = [f"HTTP/1.1 {response.status} {_phrase(response.status)}"]
        if not any(key == "Date" for key, _ in response.headers):  # a hook may have set it
            lines.append(f"Date: {_date()}")
        lines += [f"{key}: {value}" for key, value in response.headers]
        lines += _framing_lines(response, framing, self.close_connection)
        body = b"" if self.command == "HEAD" else _framed(response.body, framing)
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _date() -> str:
    return formatdate(usegmt=True)


def _framing_lines(response: Response, framing: str, close: bool) -> list[str]:
    lines = {
        "length": [f"Content-Length: {len(response.body)}"],
        "chunked": ["Transfer-Encoding: chunked"],
        "close": [],
    }[framing]
    if any(key.lower() == "content-length" for key, _ in response.headers):
        lines = []  # a hook has set the length
    return [*lines, "Connection: close"] if close else lines


def _framed(body: bytes, framing: str) -> bytes:
    if framing != "chunked":
        return body
    third = max(1, len(body) // 3)
    pieces = [body[at : at + third] for at in range(0, len(body), third)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
