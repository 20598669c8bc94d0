"""Request forms on the wire: headers, chunks, segments, and waiting for 100 (Continue)."""

import time
from collections.abc import Iterator
from typing import Any

import httpx

from contracts.model.request_form import RequestForm

SEGMENT_PAUSE_S = 0.02
"""Pause between two segments: a service that reads only once then misses the rest."""
CONTINUE_TIMEOUT_S = 1.0
"""Time to wait for 100 (Continue); a client then sends the body (RFC 9110, section 10.1.1)."""
_CONTINUE = (b"HTTP/1.1 100", b"HTTP/1.0 100")


def framed_content(form: RequestForm, body: bytes) -> bytes | Iterator[bytes]:
    """Return the content for httpx, which sends an iterator in chunks."""
    return _chunks(body, form.chunk_bytes) if form.chunk_bytes else body


def _chunks(body: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def formed_headers(form: RequestForm, headers: httpx.Headers) -> httpx.Headers:
    """Return `headers` with the changes of the form."""
    replaced = {name for name, _ in form.headers}
    kept = [
        (form.header_name(name.decode()).encode(), value)
        for name, value in headers.raw
        if name.decode().lower() not in replaced
    ]
    return httpx.Headers(
        [
            *kept,
            *((name.encode(), text.encode()) for name, text in form.headers if text is not None),
        ]
    )


class FormedBackend:
    """Network backend of httpcore whose streams transmit a request as its form says."""

    def __init__(self, backend: Any, form: RequestForm) -> None:
        self._backend = backend
        self._form = form

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def connect_tcp(self, **options: Any) -> Any:
        """Return a connected stream; raise the errors of httpcore."""
        return _formed_stream(self._backend.connect_tcp(**options), self._form)


def _formed_stream(stream: Any, form: RequestForm) -> Any:
    kinds = {"segments": _SegmentedStream, "expect": _ExpectingStream}
    return kinds[form.transmission](stream, form) if form.transmission in kinds else stream


class _FormedStream:
    def __init__(self, stream: Any, form: RequestForm) -> None:
        self._stream = stream
        self._form = form

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def start_tls(self, **options: Any) -> Any:
        return _formed_stream(self._stream.start_tls(**options), self._form)


class _SegmentedStream(_FormedStream):
    """Stream that sends each write in three segments, and cuts a character in two."""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        cuts = {len(buffer) // 3, _inner_byte(buffer) or 2 * len(buffer) // 3}
        start = 0
        for end in sorted({*cuts, len(buffer)} - {0}):
            if start:
                time.sleep(min(SEGMENT_PAUSE_S, timeout or SEGMENT_PAUSE_S))
            self._stream.write(buffer[start:end], timeout)
            start = end


def _inner_byte(buffer: bytes) -> int:
    """Return the position of the first byte within a character, or 0."""
    return next((n for n, byte in enumerate(buffer) if 0x80 <= byte < 0xC0), 0)


class _ExpectingStream(_FormedStream):
    """Stream that sends the head, waits for a response, and sends the body unless it is final."""

    def __init__(self, stream: Any, form: RequestForm) -> None:
        super().__init__(stream, form)
        self._is_head_sent = self._is_decided = self._is_final = False
        self._received = b""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not self._is_head_sent:
            self._is_head_sent = buffer.endswith(b"\r\n\r\n")
        elif not self._is_decided:
            self._is_decided = True
            self._await_decision(timeout)
        if not self._is_final:
            self._stream.write(buffer, timeout)

    def _await_decision(self, timeout: float | None) -> None:
        limit = CONTINUE_TIMEOUT_S if timeout is None else min(CONTINUE_TIMEOUT_S, timeout)
        try:
            self._received = self._stream.read(65536, limit)
        except Exception as error:
            # httpcore, which httpx hides, raises its own error from that of the socket.
            if not isinstance(error.__cause__, TimeoutError):
                raise
            return
        self._is_final = not self._received.startswith(_CONTINUE)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._received:
            received, self._received = self._received[:max_bytes], self._received[max_bytes:]
            return received
        data: bytes = self._stream.read(max_bytes, timeout)
        return data
