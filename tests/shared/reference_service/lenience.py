"""Rejections and corrections of requests that are legal: hooks for legal_variants.py."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from reference_service import dates, rules, token_store
from reference_service.behaviour import (
    Caller,
    Change,
    Document,
    Issued,
    RejectionError,
    Request,
    Response,
    TokenSpec,
    adding,
    around,
    setting,
    together,
)
from reference_service.token_store import TokenStore

_READ_ONLY: Final = ("activation", "analytics", "eventLog", "invoice")
_READ_AND_WRITE: Final = (
    *("account", "license", "licenseTemplate", "paymentMethod", "product", "release", "role"),
    *("tag", "trialActivation", "trialPolicy", "user", "webhook"),
)
KNOWN: Final = frozenset(
    [f"{resource}:read" for resource in (*_READ_ONLY, *_READ_AND_WRITE)]
    + [f"{resource}:write" for resource in (*_READ_AND_WRITE, "personalAccessToken")]
)
_MOST_SCOPES: Final = 16
_DEEPEST: Final = 32


def _text(test: Callable[[str], object]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(test(value))


def _array(test: Callable[[list[Any]], object]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and bool(test(value))


def _checking(test: Callable[[Document, TokenSpec, Caller], object], status: int = 400) -> Change:
    def check(document: Document, spec: TokenSpec, caller: Caller) -> None:
        if test(document, spec, caller):
            raise RejectionError(status, "notAllowed", "This is not allowed here.")

    return adding("checks", check)


def _trimmed(name: str) -> str:
    short = name.strip()
    if not short:
        raise rules.bad("name must not be blank.")
    return short


TRIM_NAME: Final = rules.then("name", _trimmed)
SURROGATES: Final = rules.keeps(
    "name", _text(lambda v: 1 <= len(v) <= rules.LONGEST and not rules.speakable(v)), lambda v: v
)


def without_mark(old: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    return lambda raw: old(raw.removeprefix(b"\xef\xbb\xbf"))


def with_nan(old: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def decode(raw: bytes) -> Any:
        try:
            return old(raw)
        except RejectionError:
            if b"NaN" not in raw:
                raise
            return json.loads(raw.decode())

    return decode


def no_405(request: Request, response: Response) -> Response:
    return replace(response, status=501) if response.status == 405 else response


def no_415(request: Request, response: Response) -> Response:
    return replace(response, status=400) if response.status == 415 else response


def _next_second(text: str) -> int:
    try:
        return dates.read(text[:17] + "59" + text[19:]) + dates.TICKS
    except ValueError as error:
        raise rules.bad("expiresAt must be a date-time.") from error


LEAP_SECONDS: Final = rules.keeps(
    "expiresAt", _text(lambda v: re.match(r"[0-9-]{10}[Tt][0-9]{2}:[0-9]{2}:60", v)), _next_second
)


def _repeats(pairs: list[tuple[str, Any]]) -> Document:
    if len({key for key, _ in pairs}) < len(pairs):
        raise rules.bad("A property occurs twice.")
    return dict(pairs)


def _without_repeats(old: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def decode(raw: bytes) -> Any:
        document = old(raw)
        json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_repeats, parse_int=float)
        return document

    return decode


def _depth(document: Any) -> int:
    depth, level = 0, [document]
    while level:
        depth += 1
        nodes = [node for node in level if isinstance(node, (dict, list))]
        level = [x for node in nodes for x in (node.values() if isinstance(node, dict) else node)]
    return depth - 1  # the last level has no object and no array


def _shallow(old: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def decode(raw: bytes) -> Any:
        document = old(raw)
        if _depth(document) > _DEEPEST:
            raise rules.bad("The body is nested too deeply.")
        return document

    return decode


def _far(document: Document, spec: TokenSpec, caller: Caller) -> bool:
    return spec.expires is not None and not (
        dates.read("1900-01-01T00:00:00Z") <= spec.expires < dates.read("9999-01-01T00:00:00Z")
    )


def _past(document: Document, spec: TokenSpec, caller: Caller) -> bool:
    return spec.expires is not None and spec.expires <= dates.now()


def _unknown(document: Document, spec: TokenSpec, caller: Caller) -> bool:
    return not set(spec.scopes) <= KNOWN


def _lacking(document: Document, spec: TokenSpec, caller: Caller) -> bool:
    return not set(spec.scopes) <= set(caller.permissions)


def _is_null(value: Any) -> bool:
    return value is None


UNJUDGED: Final[dict[str, tuple[str, Change]]] = {
    "refuse-unknown-scopes-400": ("Unknown scopes are a 400.", _checking(_unknown)),
    "refuse-unknown-scopes-403": ("Unknown scopes are a 403.", _checking(_unknown, 403)),
    "refuse-foreign-scopes-400": ("Scopes the caller lacks are a 400.", _checking(_lacking)),
    "refuse-foreign-scopes-403": ("Scopes the caller lacks are a 403.", _checking(_lacking, 403)),
    "refuse-past-expiry": ("An expiresAt in the past is a 400.", _checking(_past)),
    "refuse-far-years": ("Years before 1900 and after 9998 are a 400.", _checking(_far)),
    "refuse-control-characters": (
        "A name with control characters is a 400.",
        rules.refuses("name", _text(lambda v: re.search(r"[\x00-\x1f\x7f-\x9f]", v))),
    ),
    "refuse-outer-white-space": (
        "A name with leading or trailing white space is a 400.",
        rules.refuses("name", _text(lambda v: v != v.strip())),
    ),
    "refuse-duplicate-keys": (
        "A property that occurs twice is a 400.",
        around("decode", _without_repeats),
    ),
    "refuse-deep-nesting": ("Nesting deeper than 32 levels is a 400.", around("decode", _shallow)),
    "refuse-large-bodies": ("Bodies over 64 KiB are a 413.", setting(body_limit=64 << 10)),
}

WARNED: Final[dict[str, tuple[str, Change]]] = {
    "refuse-null": (
        "null for revoked or expiresAt is a 400.",
        lambda behaviour: rules.refuses("revoked", _is_null)(
            rules.refuses("expiresAt", _is_null)(behaviour)
        ),
    ),
    "refuse-offset": (
        "An offset other than Z is a 400.",
        rules.refuses("expiresAt", _text(lambda v: v[-1:] not in ("Z", "z"))),
    ),
    "refuse-fraction": (
        "Fractions of a second are a 400.",
        rules.refuses("expiresAt", _text(lambda v: "." in v)),
    ),
    "refuse-empty-scopes": (
        "An empty array of scopes is a 400.",
        rules.refuses("scopes", lambda v: v == []),
    ),
    "refuse-duplicate-scopes": (
        "A scope that occurs twice is a 400.",
        rules.refuses("scopes", _array(lambda v: len({repr(x) for x in v}) < len(v))),
    ),
    "refuse-many-scopes": (
        "More than 16 scopes are a 400.",
        rules.refuses("scopes", _array(lambda v: len(v) > _MOST_SCOPES)),
    ),
    "refuse-unknown-properties": (
        "An undocumented property is a 400.",
        _checking(lambda document, spec, caller: not set(document) <= set(rules.RULES)),
    ),
    "utf16-length": (
        "The length of a name is counted in UTF-16 units.",
        rules.refuses(
            "name", _text(lambda v: len(v.encode("utf-16-le", "surrogatepass")) > 2 * rules.LONGEST)
        ),
    ),
}


def _permitted(document: Document, spec: TokenSpec, caller: Caller) -> None:
    if not token_store.may_write(caller):
        raise RejectionError(403, "forbidden", "The credential lacks the permission.")


PERMISSION_LAST: Final = together(
    setting(permit=lambda caller: True),
    around("checks", lambda checks: (_permitted, *checks)),
)
_HEADER: Final = re.compile(r"[\w.-]+ +[A-Za-z0-9._~+/-]+=*", re.ASCII)


def malformed_header_400(old: Callable[[Request], str]) -> Callable[[Request], str]:
    def present(request: Request) -> str:
        given = request.one("Authorization")
        if given.lower().startswith("bearer") and " " in given and not _HEADER.fullmatch(given):
            raise RejectionError(400, "invalidRequest", "The Authorization header is malformed.")
        return old(request)

    return present


def long_header_431(request: Request) -> None:
    if any(len(value) > 4096 for _, value in request.headers):
        raise RejectionError(431, "headerTooLarge", "A header is too large.")


def unknown_query_400(request: Request) -> None:
    if request.query:
        message = f"{request.path}?{request.query} has unknown parameters."
        raise RejectionError(400, "invalidRequest", message)


def cookie_403(request: Request) -> None:
    if request.one("Cookie"):
        raise RejectionError(403, "forbidden", "The token against request forgery is missing.")


def _uuid_or_jwt(
    old: Callable[[TokenStore, str], Caller],
) -> Callable[[TokenStore, str], Caller]:
    def recognise(store: TokenStore, text: str) -> Caller:
        try:
            return token_store.opaque(store, str(uuid.UUID(text)))
        except ValueError:
            return old(store, text)

    return recognise


def _issue_uuid(store: TokenStore, issued: Issued) -> str:
    text = token_store.issue_opaque(store, issued)
    found = store.grants.pop(text, None)
    ident = str(uuid.uuid4())
    if found is not None:
        store.grants[ident] = found
    return ident


UUID_TOKENS: Final = together(around("recognise", _uuid_or_jwt), setting(issue=_issue_uuid))


def _lengthened(issued: Issued) -> Issued:
    ticks = issued.spec.expires
    if ticks is None or ticks <= dates.now():
        return issued
    least = max(ticks, dates.now() + 3600 * dates.TICKS)
    return replace(issued, spec=replace(issued.spec, expires=least))


LEAST_LIFETIME: Final = around(
    "issue", lambda old: lambda store, issued: old(store, _lengthened(issued))
)
