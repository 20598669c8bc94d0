"""Body of a response: read and decoded step by step within fixed limits of size and time.

The run accepts one content coding, gzip or deflate (RFC 9110, section 8.4.1). A body with another
coding or with several is kept as it arrived and not judged, so that no body costs more than its
size.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import httpx

from openapi.schemas.validation import abbreviate

ACCEPTED_CODINGS = "gzip, deflate"
MAX_BODY_BYTES = 10 * 1024 * 1024
"""Maximum of a body, on the wire and decoded; a larger one is a failure of the service."""
MAX_JUDGED_BYTES = 512 * 1024
"""Maximum of a body that the run keeps and judges."""
_STEP_BYTES = 64 * 1024
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_RAW_DEFLATE_BITS = -15


class BodyTooLarge(Exception):
    """Error: the body is larger than `MAX_BODY_BYTES`."""


@dataclass(frozen=True, slots=True)
class ReadBody:
    """Content of a response and, if it is not judged, the reason."""

    content: bytes
    not_judged: str | None


def read_body(
    chunks: Iterable[bytes],
    encodings: Iterable[str],
    check_deadline: Callable[[], object],
    max_kept_bytes: int,
) -> ReadBody:
    """Read a body from its `chunks`, and decode it by its headers Content-Encoding.

    Call `check_deadline`, which may raise, at each step. A body of more than `max_kept_bytes` is
    read and not kept. Raise `BodyTooLarge`, `httpx.DecodingError` for an invalid coding, and the
    errors of the connection.
    """
    codings = [
        coding.strip().lower()
        for value in encodings
        for coding in value.split(",")
        if coding.strip().lower() not in ("", "identity")
    ]
    not_judged = None
    decode = _unchanged
    inflater = None
    if len(codings) == 1 and codings[0] in _WINDOW_BITS:
        inflater = _Inflater(_WINDOW_BITS[codings[0]])
        decode = inflater.decode
    elif codings:
        not_judged = f"it has the content coding {abbreviate(', '.join(codings))}"
    body, raw_size, size = bytearray(), 0, 0
    for chunk in chunks:
        raw_size += len(chunk)
        for piece in decode(chunk):
            check_deadline()
            size += len(piece)
            if max(size, raw_size) > MAX_BODY_BYTES:
                raise BodyTooLarge(f"the body is larger than {MAX_BODY_BYTES // 2**20} MiB")
            if size <= max_kept_bytes:
                body += piece
            else:
                body.clear()
    if inflater is not None and raw_size:
        inflater.check_end()
    if size > max_kept_bytes:
        not_judged = "it is larger than a run keeps"
    return ReadBody(bytes(body), not_judged if size else None)


def _unchanged(chunk: bytes) -> Iterator[bytes]:
    yield chunk


class _Inflater:
    """Decoder of gzip (also of several members) and deflate, with output in small pieces."""

    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._stream = zlib.decompressobj(window_bits)
        self._begin = b""
        self._members = 0

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the decoded pieces of `chunk`, also empty ones; raise `httpx.DecodingError`."""
        if not self._members and self._window_bits == _WINDOW_BITS["deflate"]:
            self._begin += chunk
            if len(self._begin) < 2:
                yield b""
                return
            chunk, self._begin = self._begin, b""
            if not _has_zlib_header(chunk):  # as some services send it (RFC 9110, 8.4.1.2)
                self._window_bits = _RAW_DEFLATE_BITS
                self._stream = zlib.decompressobj(self._window_bits)
        self._members = self._members or 1
        while True:
            try:
                piece = self._stream.decompress(chunk, _STEP_BYTES)
            except zlib.error as error:
                if self._members > 1:  # padding or other bytes after the last member
                    return
                raise httpx.DecodingError(str(error)) from None
            yield piece
            chunk = self._stream.unconsumed_tail
            if self._stream.eof:
                chunk = self._stream.unused_data
                if not chunk or self._window_bits != _WINDOW_BITS["gzip"]:
                    return
                self._stream = zlib.decompressobj(self._window_bits)
                self._members += 1
            elif not chunk and len(piece) < _STEP_BYTES:
                return

    def check_end(self) -> None:
        """Raise `httpx.DecodingError` if the body ends within its only member."""
        if not self._stream.eof and self._members <= 1:
            raise httpx.DecodingError("the compressed body is incomplete")


def _has_zlib_header(begin: bytes) -> bool:
    return begin[0] & 0x0F == 8 and int.from_bytes(begin[:2]) % 31 == 0
