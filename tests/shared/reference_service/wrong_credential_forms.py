"""Deviations of credentials in other places and forms, and of issued credentials in rare use."""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs

from reference_service import dates, token_store, tokens
from reference_service.behaviour import (
    Behaviour,
    Caller,
    Change,
    Issued,
    RejectionError,
    Request,
    Response,
    adding,
    around,
    setting,
    together,
)
from reference_service.deviation import Deviation
from reference_service.rules import crash
from reference_service.token_store import TokenStore

_SCHEME: Final = "the credential is sent as Authorization: Bearer {token} (docs); without it: 401"
_VERIFIED: Final = (
    "a credential that is missing, malformed, expired or unverifiable is a 401 (implied)"
)
_PERMITTED: Final = "a valid credential without personalAccessToken:write is a 403 (implied)"
_WORKS: Final = "the accessToken is a credential with the requested scopes (docs)"
_UNTIL: Final = "the accessToken is valid until expiresAt (docs)"

Recognise = Callable[[TokenStore, str], Caller]


def _wrong(mistake: str, fact: str, change: Change) -> Deviation:
    return Deviation("credentials", mistake, fact, change)


def _or_text(fallback: Callable[[Request], str]) -> Change:
    """Take the credential from `fallback` where the documented header is missing or wrong."""

    def wrap(old: Callable[[Request], str]) -> Callable[[Request], str]:
        def present(request: Request) -> str:
            try:
                return old(request)
            except RejectionError:
                text = fallback(request)
                if not text:
                    raise
                return text

        return present

    return around("present", wrap)


def _in_query(request: Request) -> str:
    return parse_qs(request.query).get("access_token", [""])[0]


def _in_cookie(request: Request) -> str:
    pairs = (part.strip().partition("=") for part in request.one("Cookie").split(";"))
    return next((value for name, _, value in pairs if name == "token"), "")


def _basic_part(index: int) -> Callable[[Request], str]:
    def part(request: Request) -> str:
        scheme, _, text = request.one("Authorization").partition(" ")
        try:
            pair = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return ""
        return pair[index] if scheme == "Basic" else ""

    return part


def _found(pattern: str) -> Callable[[Request], str]:
    def find(request: Request) -> str:
        match = re.search(pattern, request.one("Authorization"), re.IGNORECASE)
        return match[1] if match else ""

    return find


def _crashing(test: Callable[[str], bool]) -> Change:
    """Fail with an uncaught exception at a header that passes `test`."""

    def wrap(old: Callable[[Request], str]) -> Callable[[Request], str]:
        def present(request: Request) -> str:
            if test(request.one("Authorization")):
                raise crash()
            return old(request)

        return present

    return around("present", wrap)


def _unlike_object(index: int) -> Callable[[str], bool]:
    """Return whether a part of a JWT is JSON, but no object."""

    def test(header: str) -> bool:
        parts = header.removeprefix("Bearer ").split(".")
        if len(parts) != 3:
            return False
        part = parts[index]
        try:
            value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except (binascii.Error, ValueError, RecursionError):
            return False
        return not isinstance(value, dict)

    return test


_FORMS: Final = {
    "token-in-query": _wrong(
        "The middleware also reads access_token from the query, for downloads.",
        _SCHEME,
        _or_text(_in_query),
    ),
    "token-in-cookie": _wrong(
        "The middleware of the web pages reads the token from a cookie.",
        _SCHEME,
        _or_text(_in_cookie),
    ),
    "token-in-api-key-header": _wrong(
        "An earlier header for API keys is still accepted.",
        _SCHEME,
        _or_text(lambda request: request.one("X-Api-Key")),
    ),
    "token-in-proxy-header": _wrong(
        "The service trusts the header with which a gateway forwards credentials.",
        _SCHEME,
        _or_text(lambda request: request.one("X-Forwarded-Authorization").partition(" ")[2]),
    ),
    "basic-password": _wrong(
        "HTTP Basic is accepted with the token as password, for git clients.",
        _SCHEME,
        _or_text(_basic_part(2)),
    ),
    "basic-user": _wrong(
        "HTTP Basic is accepted with the token as user name, for curl -u.",
        _SCHEME,
        _or_text(_basic_part(0)),
    ),
    "scheme-by-suffix": _wrong(
        "The pattern of the header has no anchor at its beginning.",
        _SCHEME,
        _or_text(_found(r"bearer ([\w.-]+)$")),
    ),
    "scheme-without-space": _wrong(
        "The prefix Bearer is cut off, and the rest is trimmed.",
        _SCHEME,
        _or_text(_found(r"^bearer:?([\w.-]+)$")),
    ),
    "second-word-only": _wrong(
        "The header is split at spaces; what follows the token is ignored.",
        _SCHEME,
        _or_text(_found(r"^bearer ([\w.-]+) ")),
    ),
    "every-bearer-removed": _wrong(
        "Every occurrence of Bearer is removed from the header.",
        _SCHEME,
        _or_text(_found(r"^bearer bearer ([\w.-]+)$")),
    ),
    "non-ascii-credential-500": _wrong(
        "compare_digest raises an exception for text outside of ASCII.",
        _VERIFIED,
        _crashing(lambda header: not header.isascii()),
    ),
    "long-credential-500": _wrong(
        "The column that logs the credential has 4000 characters.",
        _VERIFIED,
        _crashing(lambda header: len(header) > 4000),
    ),
    "payload-array-500": _wrong(
        "The tenant is read from the claims before the signature is verified.",
        _VERIFIED,
        _crashing(_unlike_object(1)),
    ),
    "jose-header-array-500": _wrong(
        "The key is looked up by the kid of a header that may be an array.",
        _VERIFIED,
        _crashing(_unlike_object(0)),
    ),
}


def _readable(request: Request) -> bool:
    try:
        return isinstance(json.loads(request.body), dict)
    except (ValueError, RecursionError):
        return False


def _by_request(decide: Callable[[Behaviour, Request, Caller], bool]) -> Change:
    """Replace the check of the permission by one that sees the request."""

    def change(behaviour: Behaviour) -> Behaviour:
        current = threading.local()

        def present(request: Request) -> str:
            current.request = request
            return behaviour.present(request)

        def permit(caller: Caller) -> bool:
            return decide(behaviour, current.request, caller)

        return setting(present=present, permit=permit)(behaviour)

    return change


def _unless_readable(behaviour: Behaviour, request: Request, caller: Caller) -> bool:
    if not behaviour.permit(caller) and not _readable(request):
        raise crash()
    return behaviour.permit(caller)


def _unless_form(behaviour: Behaviour, request: Request, caller: Caller) -> bool:
    if not behaviour.permit(caller) and request.one("Content-Type") != "application/json":
        raise token_store.unauthorised("No policy applies to this request.")
    return behaviour.permit(caller)


def _existing_first(behaviour: Behaviour) -> Behaviour:
    """Return an existing token before the permission of the caller is checked."""
    made: dict[str, str] = {}

    def issue(store: TokenStore, issued: Issued) -> str:
        return made.setdefault(issued.spec.name, behaviour.issue(store, issued))

    def decide(old: Behaviour, request: Request, caller: Caller) -> bool:
        if old.permit(caller):
            return True
        return _readable(request) and json.loads(request.body).get("name") in made

    def claim(store: TokenStore, name: str) -> bool:
        return behaviour.claim(store, name) or name in made

    return _by_request(decide)(setting(issue=issue, claim=claim)(behaviour))


_FORBIDDEN: Final = {
    "forbidden-unreadable-500": _wrong(
        "The rejection for a missing permission is logged with the name in the body.",
        _PERMITTED,
        _by_request(_unless_readable),
    ),
    "forbidden-media-401": _wrong(
        "The policy is bound to the media type; the default policy asks for a login.",
        _PERMITTED,
        _by_request(_unless_form),
    ),
    "forbidden-duplicate-201": _wrong(
        "A repeated name returns the existing token before the permission is checked.",
        _PERMITTED,
        _existing_first,
    ),
}


def _issued(change: Callable[[Issued], Issued]) -> Change:
    return around("issue", lambda old: lambda store, issued: old(store, change(issued)))


def _scopes(pick: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Change:
    """Issue the token with other permissions than requested."""
    return _issued(
        lambda made: replace(made, spec=replace(made.spec, scopes=pick(made.spec.scopes)))
    )


def _expiry(pick: Callable[[int | None], int | None]) -> Change:
    """Issue the token with another expiry than requested."""
    return _issued(
        lambda made: replace(made, spec=replace(made.spec, expires=pick(made.spec.expires)))
    )


class _Local(int):
    """Ticks with the offset of the text that they were read from."""

    offset = 0


def _as_written(rules: dict[str, Callable[[object], Any]]) -> dict[str, Callable[[object], Any]]:
    old = rules["expiresAt"]

    def rule(value: object) -> Any:
        read = old(value)
        if not isinstance(value, str) or read is None:
            return read
        ticks = _Local(read)
        match = re.search(r"([+-])(\d\d):(\d\d)$", value)
        if match:
            minutes = int(match[2]) * 60 + int(match[3])
            ticks.offset = (-1 if match[1] == "-" else 1) * minutes * 60 * dates.TICKS
        return ticks

    return {**rules, "expiresAt": rule}


def _without_offset(expires: int | None) -> int | None:
    return expires + expires.offset if isinstance(expires, _Local) else expires


def _cut(scopes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(",".join(scopes)[:128].split(","))


def _null_is_zero(behaviour: Behaviour) -> Behaviour:
    """Read null as 1970, while an absent expiry is none."""
    old = behaviour.rules["expiresAt"]

    def rule(value: object) -> Any:
        return _Null() if value is None else old(value)

    def issue(store: TokenStore, issued: Issued) -> str:
        null = isinstance(issued.spec.expires, _Null)
        spec = replace(issued.spec, expires=0) if null else issued.spec
        return behaviour.issue(store, replace(issued, spec=spec))

    def announce(issued: Issued) -> Any:
        null = isinstance(issued.spec.expires, _Null)
        spec = replace(issued.spec, expires=None) if null else issued.spec
        return behaviour.announce(replace(issued, spec=spec))

    changed = setting(issue=issue, announce=announce)
    return around("rules", lambda rules: {**rules, "expiresAt": rule})(changed(behaviour))


class _Null(int):
    """Expiry that was requested as null."""


def _opaque(find: Callable[[TokenStore, str], str | None]) -> Change:
    """Issue opaque credentials, and look each up with `find`; callers keep their JWTs."""

    def wrap(old: Recognise) -> Recognise:
        def recognise(store: TokenStore, text: str) -> Caller:
            if text.count(".") == 2:
                return old(store, text)
            return token_store.opaque(store, find(store, text) or text)

        return recognise

    return together(around("recognise", wrap), setting(issue=token_store.issue_opaque))


def _first(test: Callable[[str, str], bool]) -> Callable[[TokenStore, str], str | None]:
    return lambda store, text: next((k for k in [*store.grants] if test(k, text)), None)


def _one_at_a_time(behaviour: Behaviour) -> Behaviour:
    """Lock the row of an issued credential while it is used, and fail if it is locked."""
    in_use: set[str] = set()
    lock = threading.Lock()

    def recognise(store: TokenStore, text: str) -> Caller:
        if text not in store.grants:
            return behaviour.recognise(store, text)
        with lock:
            if text in in_use:
                raise RejectionError(409, "conflict", "The credential is in use.")
            in_use.add(text)
        time.sleep(0.1)
        return behaviour.recognise(store, text)

    def reply(request: Request, response: Response) -> Response:
        if response.status != 409:
            in_use.discard(request.one("Authorization").removeprefix("Bearer "))
        return response

    return adding("replies", reply)(setting(recognise=recognise)(behaviour))


def _split(caller: Caller) -> bool:
    return tokens.PERMISSION in " ".join(caller.permissions).replace(",", " ").split()


_ISSUED: Final = {
    "issued-null-expiry-dead": _wrong(
        "An expiry of null is converted to 1970 when the token is signed.", _UNTIL, _null_is_zero
    ),
    "issued-expiry-32-bits": _wrong(
        "The expiry is a signed integer of 32 bits, which overflows in 2038.",
        _UNTIL,
        _expiry(
            lambda ticks: (
                None
                if ticks is None
                else ((ticks // dates.TICKS + 2**31) % 2**32 - 2**31) * dates.TICKS
            )
        ),
    ),
    "issued-offset-dropped": _wrong(
        "The expiry is signed without its offset from UTC.",
        _UNTIL,
        together(around("rules", _as_written), _expiry(_without_offset)),
    ),
    "issued-lifetime-in-hours": _wrong(
        "The lifetime is rounded down to whole hours.",
        _UNTIL,
        _expiry(
            lambda ticks: (
                None
                if ticks is None
                else dates.now() + (ticks - dates.now()) // dates.TICKS // 3600 * 3600 * dates.TICKS
            )
        ),
    ),
    "issued-last-scope-lost": _wrong(
        "The loop over the scopes ends one too early.", _WORKS, _scopes(lambda s: s[:-1] or s)
    ),
    "issued-scopes-column-128": _wrong(
        "The scopes are joined in a column of 128 characters.", _WORKS, _scopes(_cut)
    ),
    "issued-scopes-split": _wrong(
        "The scopes are joined, and split at commas and spaces when the token is used.",
        _PERMITTED,
        setting(permit=_split),
    ),
    "issued-any-case": _wrong(
        "The column of the tokens has a collation that ignores case.",
        _VERIFIED,
        _opaque(_first(lambda known, text: known.lower() == text.lower())),
    ),
    "issued-more-characters": _wrong(
        "The token is cut to the size of its column before it is looked up.",
        _VERIFIED,
        _opaque(_first(lambda known, text: text.startswith(known))),
    ),
    "issued-fewer-characters": _wrong(
        "The token is looked up with LIKE and its first characters.",
        _VERIFIED,
        _opaque(_first(lambda known, text: len(text) > 8 and known.startswith(text))),
    ),
    "issued-first-half-counts": _wrong(
        "Only the first 16 characters of the token are indexed and compared.",
        _VERIFIED,
        _opaque(_first(lambda known, text: known[:16] == text[:16])),
    ),
    "issued-used-at-once-409": _wrong(
        "The time of the last use is written with a lock that does not wait.",
        _WORKS,
        together(_opaque(lambda store, text: None), _one_at_a_time),
    ),
}

CREDENTIAL_FORMS: Final[dict[str, Deviation]] = {**_FORMS, **_FORBIDDEN, **_ISSUED}
