"""Legal dates, headers, limits and error texts next to deviations: hooks for legal_variants.py."""

from __future__ import annotations

import hashlib
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Any, Final

from reference_service import dates, rate_limit, rules
from reference_service.behaviour import (
    Behaviour,
    Caller,
    Change,
    Document,
    Issued,
    RejectionError,
    Reply,
    Request,
    Response,
    adding,
    around,
    guard,
    setting,
    together,
)
from reference_service.token_store import TokenStore

_ALLOWED_GUESSES: Final = 5
_GUESSING_PAUSE_S: Final = 0.5


def _clock(seconds: int) -> Change:
    return around("clock", lambda old: lambda: old() + seconds * dates.TICKS)


def _dated_ahead(seconds: int) -> Reply:
    def reply(request: Request, response: Response) -> Response:
        return response.with_header("Date", formatdate(time.time() + seconds, usegmt=True))

    return reply


def _data(change: Callable[[Issued, Document], Document]) -> Change:
    return adding(
        "payloads",
        lambda issued, document: {
            **document,
            "data": {**document["data"], **change(issued, document["data"])},
        },
    )


def _updated_by_another_host(issued: Issued, data: Document) -> Document:
    return {"updatedAt": dates.write(issued.created - dates.TICKS, 0)}


def _no_past_expiry(issued: Issued, data: Document) -> Document:
    past = issued.spec.expires is not None and issued.spec.expires < dates.now()
    return {"expiresAt": None} if past else {}


def _known_scopes(issued: Issued, data: Document) -> Document:
    known = set(issued.caller.permissions)
    return {"scopes": [scope for scope in issued.spec.scopes if scope in known]}


def _changes_the_user(behaviour: Behaviour) -> Behaviour:
    numbers = itertools.count()

    def edit(issued: Issued, data: Document) -> Document:
        return {"user": {**data["user"], "tags": [str(next(numbers))]}}

    return _data(edit)(behaviour)


def _located(request: Request, response: Response) -> Response:
    if response.status != 201:
        return response
    token = rules.decode(response.body)["accessToken"]
    digest = hashlib.sha256(token.encode()).hexdigest()
    response = response.with_header("Location", f"/v3/personal-access-tokens/{digest[:12]}")
    response = response.with_header("Set-Cookie", f"session={digest[12:40]}; HttpOnly")
    return response.with_header("ETag", f'"{digest}"')


def _spaced(request: Request, response: Response) -> Response:
    return replace(response, body=b"\r\n\t " + response.body + b"\r\n")


def _too_many(message: str) -> RejectionError:
    told = (("Retry-After", "1"), *rate_limit.headers(0, time.time() + 1))
    return RejectionError(429, "tooManyRequests", message, told)


def _bucket() -> Callable[[Request], None]:
    """Return a token bucket with 50 requests, refilled with 10 in each second."""
    lock, left, filled = threading.Lock(), [50.0], [time.monotonic()]

    def check(request: Request) -> None:
        with lock:
            now = time.monotonic()
            left[0] = min(50.0, left[0] + 10 * (now - filled[0]))
            filled[0] = now
            enough = left[0] >= 1
            left[0] -= enough
        if not enough:
            raise _too_many("Too many requests.")

    return check


def _pauses_after_guesses(behaviour: Behaviour) -> Behaviour:
    wrong, until = [0], [0.0]

    def recognise(store: TokenStore, text: str) -> Caller:
        if time.monotonic() < until[0]:
            raise _too_many("Too many attempts.")
        try:
            return behaviour.recognise(store, text)
        except RejectionError:
            wrong[0] += 1
            if wrong[0] % _ALLOWED_GUESSES == 0:
                until[0] = time.monotonic() + _GUESSING_PAUSE_S
            raise

    return setting(recognise=recognise)(behaviour)


def _one_by_one(behaviour: Behaviour) -> Behaviour:
    lock = threading.Lock()

    def recognise(store: TokenStore, text: str) -> Caller:
        with lock:
            time.sleep(0.003)
            return behaviour.recognise(store, text)

    return setting(recognise=recognise)(behaviour)


def _errors(**values: Any) -> Change:
    def edit(request: Request, status: int, document: Any) -> Any:
        return {**document, **values} if status >= 400 else document

    return adding("edits", edit)


_TRACE: Final = """\
Traceback (most recent call last):
  File "/srv/app/tokens.py", line 88, in create
ValueError: the name is too long"""
_FRAMES: Final = [
    "at Tokens.Api.TokenController.Create(CreateToken body) in /src/TokenController.cs:line 41",
    "at Tokens.Api.Program.Main(String[] args) in /src/Program.cs:line 12",
]
_DATABASE: Final = "SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry"
_PLACE: Final = "Invalid value at line 1:12, in /name at 2026-01-01T00:00:00Z (see docs/errors.md)"

UNJUDGED: Final[dict[str, tuple[str, Change]]] = {
    "clock-ahead": ("The clock of the service is five minutes ahead.", _clock(300)),
    "clock-hours-ahead": (
        "The clock of the service is three hours ahead, in its Date headers too.",
        together(_clock(3 * 3600), adding("replies", _dated_ahead(3 * 3600))),
    ),
    "clock-behind": ("The clock of the service is five minutes behind.", _clock(-300)),
    "updated-by-another-host": (
        "updatedAt is written by a host whose clock is one second behind, in whole seconds.",
        _data(_updated_by_another_host),
    ),
    "drop-past-expiry": ("Events have no expiry that is in the past.", _data(_no_past_expiry)),
    "drop-unknown-scopes": (
        "Events have only those scopes that the caller has.",
        _data(_known_scopes),
    ),
    "user-changes": ("The tags of the owner change between events.", _changes_the_user),
    "created-headers": (
        "A 201 has a location by id, a hash as entity tag and a session cookie.",
        adding("replies", _located),
    ),
    "spaced-json": ("White space surrounds the JSON of responses.", adding("replies", _spaced)),
    "token-bucket": (
        "A bucket of 50 requests is refilled with 10 in each second.",
        guard("bucket", _bucket),
    ),
    "limit-of-guesses": (
        "After each fifth invalid credential all requests get a 429 for a moment.",
        _pauses_after_guesses,
    ),
    "one-check-at-a-time": (
        "Credentials are checked one by one, which takes a while.",
        _one_by_one,
    ),
    "error-names-a-place": (
        "Errors name the place of the mistake in the body.",
        _errors(message=_PLACE),
    ),
}

WARNED: Final[dict[str, tuple[str, Change]]] = {
    "error-has-traceback": ("Errors have the traceback as message.", _errors(message=_TRACE)),
    "error-has-frames": ("Errors have a list of stack frames.", _errors(stackTrace=_FRAMES)),
    "error-of-database": (
        "Errors repeat the message of the database driver.",
        _errors(message=_DATABASE),
    ),
    "date-precision-9": (
        "Dates of events have nanoseconds.",
        around("write_date", lambda old: lambda ticks: f"{dates.write(ticks)[:-1]}00Z"),
    ),
}
