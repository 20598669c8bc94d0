"""Deviations of robustness: 5xx, hanging and lost responses, and races."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from reference_service import dates, rate_limit, rules
from reference_service.behaviour import (
    Behaviour,
    Change,
    RejectionError,
    Request,
    Response,
    adding,
    around,
    guard,
    together,
)
from reference_service.deviation import Deviation
from reference_service.rules import ABSENT, crashes
from reference_service.token_store import TokenStore

_FAILS: Final = "a 5xx is a failure of the service, whatever the request (implied)"
_HANGS: Final = "a hang or a reset is a failure of the service, whatever the request (implied)"
_ONE: Final = (
    "a service that rejects a taken name sends one 201 to concurrent requests for it (implied)"
)


def _wrong(mistake: str, fact: str, change: Change) -> Deviation:
    return Deviation("robustness", mistake, fact, change)


def _text(test: Callable[[str], object]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(test(value))


def _array(test: Callable[[list[Any]], object]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and bool(test(value))


def _status(old: int, new: int) -> Change:
    def reply(request: Request, response: Response) -> Response:
        return replace(response, status=new) if response.status == old else response

    return adding("replies", reply)


def _undecodable(test: Callable[[bytes], object]) -> Change:
    """Fail with an uncaught exception at a body that passes `test`."""

    def wrap(old: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
        def decode(raw: bytes) -> Any:
            if test(raw):
                raise rules.crash()
            return old(raw)

        return decode

    return around("decode", wrap)


def _not_json(raw: bytes) -> bool:
    try:
        json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return True
    return False


def _not_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return False


def _unshaped(document: Any) -> Any:
    if not isinstance(document, dict):
        raise rules.crash()
    return document


def _repeated(items: list[Any]) -> bool:
    return len({repr(item) for item in items}) < len(items)


def _too_early(value: str) -> bool:
    try:
        return dates.read(value) < 0
    except ValueError:
        return False


def _unreadable(value: str) -> bool:
    try:
        dates.read(value)
    except ValueError:
        return True
    return False


def _racy(store: TokenStore, name: str) -> bool:
    if name in store.names:
        return False
    time.sleep(0.03)
    with store.lock:
        store.names.add(name)
    return True


def _busy(behaviour: Behaviour) -> Behaviour:
    seats = threading.BoundedSemaphore(4)

    def claim(store: TokenStore, name: str) -> bool:
        if not seats.acquire(blocking=False):
            raise RejectionError(503, "busy", "No connection to the database is free.")
        try:
            time.sleep(0.05)  # on a busy machine concurrent requests arrive that far apart
            return behaviour.claim(store, name)
        finally:
            seats.release()

    return replace(behaviour, claim=claim)


def _stunt(
    test: Callable[[Request, Response], object], act: Callable[[socket.socket], None]
) -> Change:
    def frame(request: Request, response: Response) -> Response:
        return replace(response, stunt=act) if test(request, response) else response

    return adding("framings", frame)


def _every(number: int) -> Callable[[Request, Response], bool]:
    return lambda request, response: request.number % number == 0


def _large(request: Request, response: Response) -> bool:
    return len(request.body) > 1000


def _never_answer(line: socket.socket) -> None:
    line.settimeout(600.0)
    with contextlib.suppress(OSError):
        while line.recv(1 << 12):
            pass


def _drop(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _reset(line: socket.socket) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # The detached descriptor is closed at once; with this option the close sends a reset.
    socket.close(line.detach())


def _trickle(line: socket.socket) -> None:
    head = (
        "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    )
    with contextlib.suppress(OSError):
        line.sendall(f'{head}\r\n10\r\n{{"accessToken":"\r\n'.encode())
        while True:
            line.sendall(b"1\r\nx\r\n")
            time.sleep(0.05)


def _overstated(request: Request, response: Response) -> Response:
    return response.with_header("Content-Length", str(len(response.body) + 2))


def _unlucky(request: Request) -> None:
    if request.number % 20 == 0:
        raise rules.crash()


_NAMES: Final = {
    "nul-500": _wrong(
        "The database rejects U+0000 in a text column, and the validation does not.",
        _FAILS,
        crashes("name", _text(lambda v: "\0" in v)),
    ),
    "control-character-500": _wrong(
        "The name is written to an XML document, which allows no control characters.",
        _FAILS,
        crashes("name", _text(lambda v: re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", v))),
    ),
    "emoji-500": _wrong(
        "The table's character set has at most three bytes per character.",
        _FAILS,
        crashes("name", _text(lambda v: any(ord(c) > 0xFFFF for c in v))),
    ),
    "non-latin-500": _wrong(
        "The name is written to a log in Latin-1.",
        _FAILS,
        crashes("name", _text(lambda v: any(ord(c) > 0xFF for c in v))),
    ),
    "surrogate-500": _wrong(
        "A lone surrogate passes validation and fails when the row is encoded.",
        _FAILS,
        crashes("name", _text(lambda v: not rules.speakable(v))),
    ),
    "quote-500": _wrong(
        "The name is inserted into SQL between quotes.",
        _FAILS,
        crashes("name", _text(lambda v: "'" in v)),
    ),
    "percent-500": _wrong(
        "The name is used as a format string.", _FAILS, crashes("name", _text(lambda v: "%" in v))
    ),
    "long-name-500": _wrong(
        "The database, not the validation, rejects a name that is too long.",
        _FAILS,
        crashes("name", _text(lambda v: len(v) > 256)),
    ),
    "missing-name-500": _wrong(
        "The handler reads name without checking that it is present.",
        _FAILS,
        crashes("name", lambda v: v is ABSENT),
    ),
    "name-type-500": _wrong(
        "The length of the name is checked before its type.",
        _FAILS,
        crashes("name", lambda v: v is None or isinstance(v, (bool, int, float))),
    ),
}

_FIELDS: Final = {
    "null-500": _wrong(
        "A null is unboxed into a type without null.",
        _FAILS,
        together(
            crashes("revoked", lambda v: v is None), crashes("expiresAt", lambda v: v is None)
        ),
    ),
    "bad-date-500": _wrong(
        "The date is parsed outside of the try.", _FAILS, crashes("expiresAt", _text(_unreadable))
    ),
    "early-date-500": _wrong(
        "The column cannot store dates before 1970.",
        _FAILS,
        crashes("expiresAt", _text(_too_early)),
    ),
    "missing-scopes-500": _wrong(
        "The handler loops over scopes without checking that it is present.",
        _FAILS,
        crashes("scopes", lambda v: v is ABSENT or v is None),
    ),
    "scope-type-500": _wrong(
        "Each scope is split at its colon, even if it is no string.",
        _FAILS,
        crashes("scopes", _array(lambda v: not all(isinstance(item, str) for item in v))),
    ),
    "duplicate-scopes-500": _wrong(
        "Scopes are rows with a unique key, which a duplicate violates.",
        _FAILS,
        crashes("scopes", _array(_repeated)),
    ),
    "empty-scopes-500": _wrong(
        "An empty list becomes IN () in SQL.", _FAILS, crashes("scopes", lambda v: v == [])
    ),
    "many-scopes-500": _wrong(
        "The scopes are joined into a column of 255 characters.",
        _FAILS,
        crashes("scopes", _array(lambda v: len(",".join(map(str, v))) > 255)),
    ),
    "repeated-name-500": _wrong(
        "The exception of the unique index is not caught.", _FAILS, _status(409, 500)
    ),
}

_BODIES: Final = {
    "malformed-json-500": _wrong(
        "The body is parsed outside of the try.", _FAILS, _undecodable(_not_json)
    ),
    "bad-utf8-500": _wrong(
        "Bytes that are not UTF-8 fail in the decoder, before any validation.",
        _FAILS,
        _undecodable(_not_utf8),
    ),
    "empty-body-500": _wrong(
        "The handler does not check that there is a body.",
        _FAILS,
        _undecodable(lambda raw: not raw.strip()),
    ),
    "array-body-500": _wrong(
        "The handler does not check that the body is an object.",
        _FAILS,
        around("shape", lambda old: lambda document: old(_unshaped(document))),
    ),
    "deep-nesting-500": _wrong(
        "The parser overflows its stack.",
        _FAILS,
        _undecodable(lambda raw: raw.count(b"[") + raw.count(b"{") > 30),
    ),
    "large-body-500": _wrong(
        "The log stores request bodies in a column of 4 KiB.",
        _FAILS,
        _undecodable(lambda raw: len(raw) > 4096),
    ),
    "unsupported-media-500": _wrong(
        "No reader is registered for another media type.", _FAILS, _status(415, 500)
    ),
}

_ALWAYS: Final = {
    "every-20th-500": _wrong(
        "One of twenty connections in the pool is dead.", _FAILS, guard("luck", lambda: _unlucky)
    ),
    "busy-503": _wrong(
        "The pool has four connections, and a request does not wait for one.", _FAILS, _busy
    ),
    "rate-limit-503": _wrong(
        "The rate limit is a 503, the default of the proxy.",
        _FAILS,
        guard("rate", lambda: rate_limit.limiter(rate_limit.in_seconds, 503)),
    ),
    "every-25th-hangs": _wrong(
        "A lock is not released on one path in twenty-five.",
        _HANGS,
        _stunt(_every(25), _never_answer),
    ),
    "every-15th-dropped": _wrong(
        "A worker restarts after some requests and drops the current one.",
        _HANGS,
        _stunt(_every(15), _drop),
    ),
    "large-body-reset": _wrong(
        "The connection is reset after a body of more than 1000 bytes.",
        _HANGS,
        _stunt(_large, _reset),
    ),
    "endless-body": _wrong(
        "The stream of a 201 is never closed.",
        _HANGS,
        _stunt(lambda request, response: response.status == 201, _trickle),
    ),
    "length-overstated": _wrong(
        "Content-Length includes a line end that is not sent, so callers wait for it.",
        _HANGS,
        adding("framings", _overstated),
    ),
    "racy-names": _wrong(
        "The check for a taken name and the write are not under one lock.",
        _ONE,
        around("claim", lambda old: _racy),
    ),
}

ROBUSTNESS: Final[dict[str, Deviation]] = {**_NAMES, **_FIELDS, **_BODIES, **_ALWAYS}
