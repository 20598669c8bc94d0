"""HTTP client that sends deliveries byte for byte, each on its own connection or on one."""

import http.client
import select
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from openapi.http.tls import client_context
from openapi.schemas.formats import parse_http_date

MAX_RESPONSE_BYTES = 64 * 1024
_CHUNK_BYTES = 4096
_PIECE_PAUSE_S = 0.02
_FIRST_LONG = 0xC0
"""First byte of a character of several bytes in UTF-8."""
_CONTINUE_WAIT_S = 1.0
"""Seconds to wait for `100 Continue` before the body is sent (RFC 9110, section 10.1.1)."""
Framing = Literal["length", "chunked", "expect-continue", "pieces"]
"""Form in which the body is sent: `pieces` are several segments with a pause between them."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """HTTP request of one delivery."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    method: str = "POST"
    framing: Framing = "length"
    url: str = ""
    """URL of the delivery, if it is another than that of the receiver."""


@dataclass(frozen=True, slots=True)
class Response:
    """Response of the receiver, or the reason why there is none."""

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float
    """Seconds from the begin of the request to the end of the response."""
    problem: str = ""
    """Reason of a missing response; empty if there is one."""
    is_refused: bool = False
    """Whether the receiver accepted no connection."""
    is_connected: bool = True
    """Whether there was a connection, of TLS too."""
    is_timeout: bool = False
    """Whether there was no response in time."""
    is_closed: bool = False
    """Whether the receiver closed the connection without a response."""
    ends_connection: bool = False
    """Whether no other request can follow on the connection."""
    has_continued: bool | None = None
    """Whether the receiver asked for the body with `100 Continue`; None if it was not expected."""

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_error(self) -> bool:
        """Whether the status is 5xx."""
        return self.status is not None and self.status >= 500

    @property
    def is_refusal(self) -> bool:
        """Whether the status is 4xx."""
        return self.status is not None and 400 <= self.status < 500

    @property
    def asks_to_wait(self) -> bool:
        """Whether the receiver asks the sender to come again after a time."""
        return self.is_limited and self.retry_after_s is not None

    @property
    def is_limited(self) -> bool:
        """Whether the receiver limits the rate: 429, or 503 with a time to wait."""
        return self.status == 429 or (self.status == 503 and self.retry_after_s is not None)

    @property
    def text(self) -> str:
        """Status, or the reason why there is none, for a sentence."""
        return self.problem if self.status is None else str(self.status)

    def header(self, name: str) -> str | None:
        """Return the value of the first header called `name`, or None."""
        found = (value for key, value in self.headers if key.lower() == name.lower())
        return next(found, None)

    @property
    def retry_after_s(self) -> float | None:
        """Seconds of `Retry-After`; None without a usable one."""
        value = self.header("Retry-After") or ""
        if value.isascii() and value.isdigit():
            return float(value[:9])
        moment = parse_http_date(value) if value else None
        return max(moment.timestamp() - time.time(), 0.0) if moment else None


class ReceiverClient:
    """Client of one receiver. From any thread."""

    def __init__(self, url: str, timeout: float, verify: Path | bool = True) -> None:
        """Take the URL of the receiver; `verify` as in `openapi.http.tls.client_context`."""
        parts = urlsplit(url)
        self.url = url
        self._host, self._port = parts.hostname or "", parts.port
        self._timeout = timeout
        self._context = client_context(verify) if parts.scheme == "https" else None

    def send(self, attempt: Attempt) -> Response:
        """Send the request; never raise for what the receiver does."""
        began = time.monotonic()
        connection = self._connection()
        try:
            connection.connect()
        except OSError as error:
            reason = f"no connection ({error.strerror or type(error).__name__})"
            is_refused = not isinstance(error, TimeoutError)
            seconds = time.monotonic() - began
            return Response(None, (), b"", seconds, reason, is_refused, is_connected=False)
        try:
            return self._try_exchange(connection, attempt, began)
        finally:
            connection.close()

    def send_on_one_connection(self, attempts: Sequence[Attempt]) -> list[Response]:
        """Send the requests on one connection, until the receiver closes it; return the responses.

        A connection that closes after a response is no failure, so there may be fewer of them.
        """
        found: list[Response] = []
        connection = self._connection()
        try:
            for attempt in attempts:
                began = time.monotonic()
                try:
                    connection.connect() if not found else None
                except OSError:
                    return found
                response = self._try_exchange(connection, attempt, began)
                if found and response.is_closed:
                    return found
                found.append(response)
                if response.status is None or response.ends_connection:
                    return found
        finally:
            connection.close()
        return found

    def _try_exchange(
        self, connection: http.client.HTTPConnection, attempt: Attempt, began: float
    ) -> Response:
        is_closed = is_timeout = False
        try:
            with _time_limit(connection.sock, self._timeout) as is_over:
                response = self._exchange(connection, attempt, began)
            if not is_over.is_set():
                return response
            is_timeout = True
        except TimeoutError:
            is_timeout = True
        except http.client.IncompleteRead:
            reason = "a response that ended before its whole body"
        except (OSError, http.client.HTTPException) as error:
            is_closed = isinstance(error, OSError)
            reason = (
                "a response that is not HTTP"
                if not is_closed
                else "the connection closed without a response"
            )
        if is_timeout or is_over.is_set():
            is_timeout, reason = True, f"no complete response within {self._timeout:g} s"
        seconds = time.monotonic() - began
        return Response(None, (), b"", seconds, reason, is_timeout=is_timeout, is_closed=is_closed)

    def _connection(self) -> http.client.HTTPConnection:
        if self._context is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self._timeout, context=self._context
        )

    def _exchange(
        self, connection: http.client.HTTPConnection, attempt: Attempt, began: float
    ) -> Response:
        parts = urlsplit(attempt.url or self.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.putrequest(attempt.method, target, skip_accept_encoding=True)
        for name, value in attempt.headers:
            connection.putheader(name, value.encode("latin-1", "replace"))
        if attempt.framing == "chunked":
            connection.putheader("Transfer-Encoding", "chunked")
        elif attempt.body or attempt.method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(attempt.body)))
        if attempt.framing == "expect-continue":
            connection.putheader("Expect", "100-continue")
        # The receiver may answer before it has read the body.
        has_continued = None
        with suppress(BrokenPipeError, ConnectionResetError):
            has_continued = _send_body(connection, attempt)
        found = connection.getresponse()
        body = found.read(MAX_RESPONSE_BYTES) if attempt.method != "HEAD" else b""
        if found.length and len(body) < MAX_RESPONSE_BYTES:
            raise http.client.IncompleteRead(body, found.length)
        headers = tuple(found.getheaders())
        seconds = time.monotonic() - began
        ends = found.will_close or not found.isclosed()
        return Response(
            found.status,
            headers,
            body,
            seconds,
            has_continued=has_continued,
            ends_connection=ends,
        )


@contextmanager
def _time_limit(sock: socket.socket | None, seconds: float) -> Iterator[threading.Event]:
    """End the connection after `seconds`, however slowly its bytes come; tell it by the event."""
    is_over = threading.Event()

    def end() -> None:
        is_over.set()
        if sock is not None:
            with suppress(OSError):
                # Not the method of a TLS socket, which another thread reads.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield is_over
    finally:
        timer.cancel()


def _send_body(connection: http.client.HTTPConnection, attempt: Attempt) -> bool | None:
    """Send the body; return whether the receiver asked for it, None if that was not expected."""
    if attempt.framing == "chunked":
        connection.endheaders(_chunks(attempt.body), encode_chunked=True)
        return None
    if attempt.framing == "length":
        connection.endheaders(attempt.body)
        return None
    connection.endheaders()
    if attempt.framing == "pieces":
        for piece in _pieces(attempt.body):
            time.sleep(_PIECE_PAUSE_S)
            connection.send(piece)
        return None
    answer = _first_answer(connection.sock) if connection.sock is not None else None
    if answer is None or answer.startswith((b"HTTP/1.1 100", b"HTTP/1.0 100")):
        connection.send(attempt.body)
    return answer is not None


def _first_answer(sock: socket.socket) -> bytes | None:
    """Return the begin of the response before the body; None if there is none in time."""
    ready, _, _ = select.select([sock], [], [], _CONTINUE_WAIT_S)
    if not ready:
        return None
    try:
        return sock.recv(12, socket.MSG_PEEK)
    except ValueError:  # a TLS socket cannot peek
        return b"HTTP/1.1 100"


def _pieces(body: bytes) -> Iterator[bytes]:
    """Yield the body in pieces; the first one ends within a character, if there is a long one."""
    long = next((index for index, byte in enumerate(body) if byte >= _FIRST_LONG), len(body) // 3)
    ends = sorted({0, min(long + 1, len(body)), 2 * len(body) // 3, len(body)})
    for start, end in pairwise(ends):
        yield body[start:end]


def _chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _CHUNK_BYTES):
        yield body[start : start + _CHUNK_BYTES]
