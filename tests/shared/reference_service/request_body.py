"""Request body: read by its length or in chunks, up to the limit."""

from __future__ import annotations

import re
from email.message import Message
from io import BufferedIOBase
from typing import Final

from reference_service.behaviour import RejectionError

_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_MOST_TRAILERS: Final = 100


class UnreadableError(RejectionError):
    """Rejection of a request without a clear end; the response closes the connection."""


def _unclear() -> UnreadableError:
    return UnreadableError(400, "badRequest", "The end of the body is not clear.")


def _too_large() -> UnreadableError:
    return UnreadableError(413, "tooLarge", "The body is too large.")


def read(stream: BufferedIOBase, headers: Message, limit: int) -> bytes:
    codings = headers.get_all("Transfer-Encoding", [])
    lengths = headers.get_all("Content-Length", [])
    if codings:
        # A length together with a coding is a way to smuggle requests past a proxy.
        if lengths or [coding.strip().lower() for coding in codings] != ["chunked"]:
            raise _unclear()
        return _chunks(stream, limit)
    if not lengths:
        return b""
    if len(lengths) > 1 or not re.fullmatch(r"[0-9]+", lengths[0]):
        raise _unclear()
    digits = lengths[0].lstrip("0") or "0"
    if len(digits) > 12 or int(digits) > limit:
        raise _too_large()
    return _exactly(stream, int(digits))


def _chunks(stream: BufferedIOBase, limit: int) -> bytes:
    body = bytearray()
    while True:
        match = _SIZE.fullmatch(stream.readline(1026))
        if match is None:
            raise _unclear()
        size = int(match[1], 16)
        if size == 0:
            break
        if len(body) + size > limit:
            raise _too_large()
        body += _exactly(stream, size)
        if stream.readline(3) not in (b"\r\n", b"\n"):
            raise _unclear()
    for _ in range(_MOST_TRAILERS):  # trailers are ignored
        if stream.readline(8192) in (b"\r\n", b"\n", b""):
            return bytes(body)
    raise UnreadableError(431, "badRequest", "There are too many trailers.")


def _exactly(stream: BufferedIOBase, size: int) -> bytes:
    try:
        body = stream.read(size)
    except TimeoutError as error:
        raise UnreadableError(408, "timeout", "The body did not arrive.") from error
    if len(body) < size:
        raise _unclear()
    return body
