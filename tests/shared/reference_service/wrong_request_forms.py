"""Deviations that only another form of a request or a lookalike value shows."""

from __future__ import annotations

import html
import json
import posixpath
import re
from collections.abc import Callable
from email.message import Message
from io import BufferedIOBase
from typing import Any, Final

from reference_service import dates, request_body, rules, token_store
from reference_service.behaviour import (
    Change,
    Document,
    Issued,
    RejectionError,
    Request,
    adding,
    around,
    guard,
    setting,
)
from reference_service.deviation import Deviation, Layer
from reference_service.rules import crashes, keeps, refuses, then
from reference_service.token_store import TokenStore

_SAME: Final = "a valid request gets a 201 in each form that HTTP and JSON allow (implied)"
_FAILS: Final = "a 5xx is a failure of the service, whatever the request (implied)"
_NAME: Final = "data.name echoes the request (implied)"
_TEXT: Final = "name is any string of 1 to 256 code points, and stays a string (seed)"
_DATE: Final = "expiresAt is a date-time (seed)"
_FLAG: Final = "revoked is a boolean (seed)"
_LARGE_BYTES: Final = 4096


def _text(test: Callable[[str], object]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(test(value))


def _guarding(test: Callable[[Request], object], status: int) -> Change:
    def check(request: Request) -> None:
        if test(request):
            raise RejectionError(status, "failed", "The request cannot be served.")

    return guard("form", lambda: check)


def _stored(make: Callable[[str], str]) -> Change:
    return then("name", make)


def _sent(make: Callable[[str], Any]) -> Change:
    """Change the name in the payload, also to a value of another type."""

    def payload(issued: Issued, document: Document) -> Document:
        data = document["data"]
        return {**document, "data": {**data, "name": make(data["name"])}}

    return adding("payloads", payload)


def _first_segment(stream: BufferedIOBase, headers: Message, limit: int) -> bytes:
    if headers.get("Transfer-Encoding"):
        return request_body.read(stream, headers, limit)
    size = int(headers.get("Content-Length") or 0)
    if size > _LARGE_BYTES:
        return request_body.read(stream, headers, limit)
    return stream.read1(size) if size else b""


def _decoded_by_segment(stream: BufferedIOBase, headers: Message, limit: int) -> bytes:
    if headers.get("Transfer-Encoding"):
        return request_body.read(stream, headers, limit)
    left, text = int(headers.get("Content-Length") or 0), ""
    while left and (part := stream.read1(left)):
        left -= len(part)
        text += part.decode("utf-8", "replace")
    return text.encode()


def _first_chunk(stream: BufferedIOBase, headers: Message, limit: int) -> bytes:
    body = request_body.read(stream, headers, limit)
    return body[:7] if headers.get("Transfer-Encoding") and len(body) < 1000 else body


def _lower_case_only(request: Request) -> str:
    if not any(name == "authorization" for name, _ in request.headers):
        raise token_store.unauthorised("There is no authorization header.")
    return token_store.bearer(request)


def _decoding(change: Callable[[bytes], bytes]) -> Change:
    return around("decode", lambda old: lambda raw: old(change(raw)))


def _units_apart(raw: bytes) -> bytes:
    """Decode each escape alone, so that halves of a pair are lost."""
    return re.sub(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", b"?", raw)


def _keys_in_text(old: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def decode(raw: bytes) -> Any:
        document = old(raw)
        if isinstance(document, dict) and "name" in document and b'"name"' not in raw:
            raise rules.bad("name is required.")
        return document

    return decode


def _shaped(change: Callable[[Document], Document]) -> Change:
    def convert(document: Any) -> Any:
        return change(document) if isinstance(document, dict) else document

    return around("shape", lambda old: lambda document: old(convert(document)))


def _called(document: Document) -> Document:
    if {"self", "cls"} & document.keys():
        raise rules.crash()  # got multiple values for argument 'self'
    return document


def _merged(document: Document) -> Document:
    more = document.get("__proto__")
    return {**more, **document} if isinstance(more, dict) else document


def _bracketed(document: Document) -> Document:
    """Read `key[]` as `key`, as parsers of forms do."""
    return {**document, **{k[:-2]: v for k, v in document.items() if k == "scopes[]"}}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _loosely_claimed(old: Callable[[TokenStore, str], bool]) -> Callable[[TokenStore, str], bool]:
    seen: set[float] = set()

    def claim(store: TokenStore, name: str) -> bool:
        number = _number(name)
        if number is not None and number in seen:
            return False
        if number is not None:
            seen.add(number)
        return old(store, name)

    return claim


def _as_json(text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in "[{" else text
    except ValueError:
        return text


def _as_number(text: str) -> Any:
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,30}", text) else text


def _as_literal(text: str) -> Any:
    return {"true": True, "false": False}.get(text, text)


def _as_double(text: str) -> str:
    return str(int(float(text))) if re.fullmatch(r"[0-9]{16,}", text) else text


def _as_instant(text: str) -> str:
    try:
        return dates.write(dates.read(text), None)
    except ValueError:
        return text


def _accepting(field: str, values: dict[str, Any]) -> Change:
    return keeps(field, _text(lambda v: v in values), lambda v: values[v])


def _edge(text: str) -> bool:
    """Return whether the date-time leaves the calendar when it is converted to another zone."""
    return bool(re.match(r"(0001-01-01|9999-12-31)T.*[+-]\d\d:\d\d$", text))


def _table(layer: Layer, rows: dict[str, tuple[str, str, Change]]) -> dict[str, Deviation]:
    return {name: Deviation(layer, *row) for name, row in rows.items()}


_WIRE: Final = _table(
    "robustness",
    {
        "chunked-body-empty": (
            "The body is read by Content-Length only, so a chunked one is empty.",
            _SAME,
            _guarding(lambda r: r.one("Transfer-Encoding"), 400),
        ),
        "chunked-first-chunk": (
            "Only the first chunk of a body is read.",
            _SAME,
            setting(read_body=_first_chunk),
        ),
        "segments-first-only": (
            "A small body is read by one call, which returns what has arrived.",
            _SAME,
            setting(read_body=_first_segment),
        ),
        "segments-decoded-apart": (
            "Each segment of the body is decoded alone, so a cut character is lost.",
            _NAME,
            setting(read_body=_decoded_by_segment),
        ),
        "expect-unknown": (
            "The gateway fails at an Expect header.",
            _FAILS,
            _guarding(lambda r: r.one("Expect"), 502),
        ),
        "expect-bad-request": (
            "The server calls a request with an Expect header malformed.",
            _SAME,
            _guarding(lambda r: r.one("Expect"), 400),
        ),
        "accept-required": (
            "The content negotiation reads the Accept header without a check.",
            _FAILS,
            _guarding(lambda r: not r.all("Accept"), 500),
        ),
        "accept-wildcard-refused": (
            "The content negotiation compares Accept with one media type.",
            _SAME,
            _guarding(lambda r: r.one("Accept") not in ("", "application/json"), 406),
        ),
        "user-agent-required": (
            "The audit log reads the User-Agent header without a check.",
            _FAILS,
            _guarding(lambda r: not r.all("User-Agent"), 500),
        ),
        "language-unknown": (
            "A language without a translation is an uncaught exception.",
            _FAILS,
            _guarding(lambda r: r.one("Accept-Language")[:2] not in ("", "en", "tr", "de"), 500),
        ),
        "header-names-lower-case": (
            "The handler looks the credential up as `authorization`, as its proxy writes it.",
            _SAME,
            setting(present=_lower_case_only),
        ),
    },
)
_JSON: Final = _table(
    "validation",
    {
        "json-slash-kept": (
            "The parser keeps the backslash of an escaped slash.",
            _NAME,
            _decoding(lambda raw: raw.replace(b"\\/", b"\\\\/")),
        ),
        "json-pairs-lost": (
            "The parser decodes both halves of a surrogate pair alone.",
            _NAME,
            _decoding(_units_apart),
        ),
        "json-keys-in-text": (
            "A filter before the parser looks for the names in the text.",
            _SAME,
            around("decode", _keys_in_text),
        ),
        "keys-are-arguments": (
            "The properties become keyword arguments of a constructor.",
            _FAILS,
            _shaped(_called),
        ),
        "prototype-merged": (
            "The body is merged into an object, and `__proto__` with it.",
            "data.revoked echoes the request, an absent one as false (implied)",
            _shaped(_merged),
        ),
        "brackets-merged": (
            "`scopes[]` replaces `scopes`, as in a form.",
            "data.scopes echoes the request as a set (implied)",
            _shaped(_bracketed),
        ),
    },
)
_TEXTS: Final = _table(
    "webhooks",
    {
        "numeric-name-number": (
            "The event's serialiser writes digits as a number.",
            _TEXT,
            _sent(_as_number),
        ),
        "numeric-name-double": (
            "Digits pass through a floating-point number.",
            _NAME,
            _stored(_as_double),
        ),
        "leading-zeros-lost": (
            "The column of the name drops leading zeros of digits.",
            _NAME,
            _stored(lambda v: v.lstrip("0") if re.fullmatch(r"0+[1-9][0-9]*", v) else v),
        ),
        "literal-name-boolean": (
            "A YAML file between service and sender turns true into a boolean.",
            _TEXT,
            _sent(_as_literal),
        ),
        "null-name-null": (
            "The text null becomes a null in the database.",
            _TEXT,
            _sent(lambda v: None if v == "null" else v),
        ),
        "json-name-parsed": (
            "Text that begins like JSON is parsed before it is sent.",
            _TEXT,
            _sent(_as_json),
        ),
        "date-name-converted": (
            "The JSON library converts text that looks like a date to UTC.",
            _NAME,
            _stored(_as_instant),
        ),
        "quotes-stripped": (
            "A CSV import strips the quotes around a name.",
            _NAME,
            _stored(lambda v: v[1:-1] if re.fullmatch(r'".+"', v) else v),
        ),
        "formula-guarded": (
            "A guard against formulas puts an apostrophe before an equals sign.",
            _NAME,
            _stored(lambda v: f"'{v}" if v.startswith("=") else v),
        ),
        "path-normalised": (
            "The name is normalised like a path.",
            _NAME,
            _stored(lambda v: posixpath.normpath(v)[:256] if v.startswith(("../", "/")) else v),
        ),
        "address-lower-case": (
            "A name that looks like an e-mail address is put in lower case.",
            _NAME,
            _stored(lambda v: v.lower() if re.fullmatch(r"[^@\s]+@[\w.]+", v) else v),
        ),
    },
)
_REFUSED: Final = _table(
    "validation",
    {
        "zero-is-empty": (
            "The name 0 counts as empty, as in PHP.",
            _TEXT,
            refuses("name", lambda v: v == "0"),
        ),
        "null-text-is-absent": (
            "The text null counts as absent.",
            _TEXT,
            refuses("name", lambda v: v == "null"),
        ),
        "script-refused": (
            "A firewall rejects markup with a script.",
            _TEXT,
            refuses("name", _text(lambda v: "<script" in v), 403),
        ),
        "injection-refused": (
            "A firewall rejects what looks like an SQL injection.",
            _TEXT,
            refuses("name", _text(lambda v: re.search(r"' OR '", v)), 403),
        ),
        "numbers-equal-loosely": (
            "Taken names are compared as numbers where both are numeric.",
            _SAME,
            around("claim", _loosely_claimed),
        ),
        "escaped-name-too-long": (
            "The name is escaped before it is written to a column of 256 characters.",
            _FAILS,
            crashes("name", _text(lambda v: len(v) <= 256 < len(html.escape(v)))),
        ),
        "folded-name-too-long": (
            "The normalised name is written to a column of 256 characters.",
            _FAILS,
            crashes("name", _text(lambda v: len(v) <= 256 < len(v.replace("\ufb03", "ffi")))),
        ),
    },
)
_LAX: Final = _table(
    "validation",
    {
        "revoked-digit-text": (
            "The texts 1 and 0 are booleans.",
            _FLAG,
            _accepting("revoked", {"1": True, "0": False}),
        ),
        "revoked-empty-text": (
            "An empty text is false, as in a form.",
            _FLAG,
            _accepting("revoked", {"": False}),
        ),
        "revoked-check-box": (
            "The texts on and off are booleans.",
            _FLAG,
            _accepting("revoked", {"on": True, "off": False}),
        ),
        "expires-infinity": (
            "The database reads infinity as a date.",
            _DATE,
            _accepting("expiresAt", {"infinity": None}),
        ),
        "expires-zero-date": (
            "The database reads zeros as no date.",
            _DATE,
            _accepting("expiresAt", {"0000-00-00T00:00:00Z": None}),
        ),
        "scopes-json-text": (
            "An array within a text is parsed.",
            "scopes is a required array of strings (seed)",
            keeps("scopes", lambda v: v == "[]", lambda v: ()),
        ),
        "expires-leaves-calendar": (
            "The conversion to UTC overflows at the ends of the calendar.",
            _FAILS,
            crashes("expiresAt", _text(_edge)),
        ),
    },
)

REQUEST_FORMS: Final[dict[str, Deviation]] = {**_WIRE, **_JSON, **_TEXTS, **_REFUSED, **_LAX}
