"""Legal ways to serialise and send responses and events: hooks for legal_variants.py."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from reference_service import dates
from reference_service.behaviour import (
    Change,
    Delivery,
    Document,
    Headers,
    Issued,
    Request,
    Response,
    adding,
    around,
    setting,
    together,
)

_KEPT: Final = {"createdAt", "updatedAt", "key", "value"}
_IDENTITY: Final = {"id", "createdAt", "name", "revoked", "scopes", "userId", "user"}


def _extended(value: Any) -> Any:
    if isinstance(value, list):
        return [_extended(item) for item in value]
    if isinstance(value, dict):
        inner = {key: _extended(item) for key, item in value.items()}
        return {**inner, "edition": 3, "links": {"self": None, "rel": ["about"]}}
    return value


EXTRA: Final = together(
    adding("edits", lambda request, status, document: _extended(document)),
    adding("payloads", lambda issued, document: _extended(document)),
)


def _emptied(value: Any, whole: bool) -> Any:
    """Replace nullable values by null; with `whole` objects and arrays too."""
    if isinstance(value, bool):
        return value
    if isinstance(value, dict) and not whole:
        return {k: v if k in _KEPT else _emptied(v, whole) for k, v in value.items()}
    if isinstance(value, list) and not whole and any(isinstance(item, dict) for item in value):
        return [_emptied(item, whole) for item in value]
    return None


def _nulls(issued: Issued, document: Document) -> Document:
    whole = issued.number % 2 == 0
    data = document["data"]
    user = {k: v if k in _KEPT | {"id"} else _emptied(v, whole) for k, v in data["user"].items()}
    kept = _IDENTITY | {"updatedAt", "expiresAt"}
    emptied = {k: v if k in kept else _emptied(v, whole) for k, v in data.items()}
    return {**document, "data": {**emptied, "user": user}}


def _null_code(request: Request, status: int, document: Document) -> Document:
    return {**document, "code": None} if status >= 400 else document


NULLS: Final = together(adding("payloads", _nulls), adding("edits", _null_code))


def without_code(request: Request, status: int, document: Document) -> Document:
    return {key: value for key, value in document.items() if key != "code"}


def without_empty(issued: Issued, document: Document) -> Document:
    data = {key: value for key, value in document["data"].items() if value is not None}
    user = {k: v for k, v in data["user"].items() if k not in ("reseller", "tags", "lastSeenAt")}
    return {**document, "data": {**data, "user": user}}


def dates_with(digits: int | None, offset: int = 0) -> Change:
    return setting(write_date=lambda ticks: dates.write(ticks, digits, offset))


# The clock cuts the fraction of the service's own dates; a caller's date keeps its fraction.
WHOLE_SECONDS: Final = together(
    around("clock", lambda old: lambda: old() // dates.TICKS * dates.TICKS), dates_with(None)
)


def sorted_scopes(issued: Issued, document: Document) -> Document:
    data = document["data"]
    return {**document, "data": {**data, "scopes": sorted(set(data["scopes"]))}}


def sorted_keys(issued: Issued, document: Any) -> Any:
    if isinstance(document, dict):
        return {key: sorted_keys(issued, document[key]) for key in sorted(document)}
    if isinstance(document, list):
        return [sorted_keys(issued, item) for item in document]
    return document


def ascii_only(document: Any) -> bytes:
    return json.dumps(document).encode("ascii")


def _indented(document: Any) -> bytes:
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace")


INDENTED: Final = together(setting(indent=2), setting(pack=_indented))


def _said(headers: Headers) -> Headers:
    plain = "application/json"
    return tuple((k, f"{v}; charset=utf-8" if v == plain else v) for k, v in headers)


CHARSET: Final = together(
    adding("replies", lambda request, response: replace(response, headers=_said(response.headers))),
    adding(
        "deliveries", lambda issued, delivery: replace(delivery, headers=_said(delivery.headers))
    ),
)


def _lower(headers: Headers) -> Headers:
    return tuple((key.lower(), value) for key, value in headers)


LOWER_CASE: Final = together(
    adding(
        "framings", lambda request, response: replace(response, headers=_lower(response.headers))
    ),
    adding(
        "deliveries", lambda issued, delivery: replace(delivery, headers=_lower(delivery.headers))
    ),
)


def _accepts_gzip(request: Request) -> bool:
    for part in ",".join(request.all("Accept-Encoding")).lower().split(","):
        coding, _, quality = part.replace(" ", "").partition(";q=")
        if coding == "gzip":
            return quality.strip("0.") != "" or not quality
    return False


def _gzipped(request: Request, response: Response) -> Response:
    response = response.with_header("Vary", "Accept-Encoding")
    if not _accepts_gzip(request):
        return response
    packed = replace(response, body=gzip.compress(response.body, 6))
    return packed.with_header("Content-Encoding", "gzip")


GZIP: Final = adding("framings", _gzipped)


def framed(framing: str) -> Change:
    return adding("framings", lambda request, response: replace(response, framing=framing))


def ends(request: Request, response: Response) -> Response:
    return response.with_header("Connection", "close")


def slow(request: Request, response: Response) -> Response:
    return replace(response, pause=0.3) if request.number % 20 == 0 else response


def _error_headers(request: Request, response: Response) -> Response:
    if response.status < 400:
        return response
    response = response.with_header("X-Request-Id", f"{request.number:08x}")
    return response.with_header("X-Content-Type-Options", "nosniff")


ERROR_HEADERS: Final = adding("replies", _error_headers)


def delayed(seconds: Callable[[int], float]) -> Change:
    def wrap(old: Any) -> Any:
        return lambda issued: tuple(
            (wait + seconds(issued.number), made) for wait, made in old(issued)
        )

    return around("announce", wrap)


def in_chunks(issued: Issued, delivery: Delivery) -> Delivery:
    return replace(delivery, chunked=True)


def other_rate_headers(left: int, end: float) -> Headers:
    return (
        ("X-Rate-Limit-Limit", "50"),
        ("X-Rate-Limit-Remaining", f"{left}.0"),
        ("X-Rate-Limit-Reset", str(int(end))),
    )
