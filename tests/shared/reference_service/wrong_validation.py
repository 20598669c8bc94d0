"""Deviations of validation: constraints that are not enforced, or too strict."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from reference_service import dates, rules
from reference_service.behaviour import Behaviour, Change, around, setting, together
from reference_service.deviation import Deviation
from reference_service.rules import ABSENT, keeps, refuses

_NAME: Final = "name is a required string of 1 to 256 code points (seed)"
_SCOPES: Final = "scopes is a required array of strings (seed)"
_REVOKED: Final = "revoked is a boolean (seed)"
_OPTIONAL: Final = "revoked and expiresAt are optional (seed)"
_DATE: Final = "expiresAt is a date-time (seed)"
_BODY: Final = "the body is a JSON object; a violation of the schema is a 400 (seed, implied)"


def _wrong(mistake: str, fact: str, change: Change) -> Deviation:
    return Deviation("validation", mistake, fact, change)


def _text(test: Callable[[str], object]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(test(value))


def _kind(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: type(value) in kinds


def _absent(value: object) -> bool:
    return value is ABSENT


def _null(value: object) -> bool:
    return value is None


def _nothing(value: object) -> bool:
    return value is ABSENT or value is None


def _unreadable(text: str) -> bool:
    try:
        dates.read(text)
    except ValueError:
        return True
    return False


def _dated(value: str, *formats: str) -> int | None:
    """Parse with the first of several formats that fits, like a lenient parser."""
    for form in formats:
        try:
            return dates.ticks_of(datetime.strptime(value, form).replace(tzinfo=UTC))
        except ValueError:
            continue
    return None


def _lenient(*formats: str) -> Change:
    return keeps(
        "expiresAt",
        _text(lambda v: _unreadable(v) and _dated(v, *formats) is not None),
        lambda v: _dated(v, *formats),
    )


_PARTS: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?Z")


def _rolled(text: str) -> int:
    """Parse a date-time; carry overflowing fields into the next month, day or hour."""
    match = _PARTS.fullmatch(text)
    if match is None:
        raise rules.bad("expiresAt must be a date-time.")
    year, month, day, hour, minute, second = map(int, match.groups())
    year, month = min(9998, max(1, year) + max(0, month - 1) // 12), max(0, month - 1) % 12 + 1
    start = datetime(year, month, 1, tzinfo=UTC)
    return dates.ticks_of(
        start + timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)
    )


def _first_date(text: str) -> int | None:
    match = re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", text)
    return dates.read(match[0]) if match and not _unreadable(match[0]) else None


def _rescuing(rescue: Callable[[bytes], Any]) -> Change:
    """Decode with `rescue` what the strict decoder rejects; None means rejected."""

    def wrap(old: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
        def decode(raw: bytes) -> Any:
            try:
                return old(raw)
            except Exception:
                try:
                    document = rescue(raw)
                except (ValueError, RecursionError):
                    document = None
                if document is None:
                    raise
                return document

        return decode

    return around("decode", wrap)


def _relaxed(raw: bytes) -> Any:
    text = re.sub(r"/\*.*?\*/|(?m:^\s*//.*$)", "", raw.decode(), flags=re.DOTALL)
    text = re.sub(r",\s*([}\]])", r"\1", text)
    return json.loads(re.sub(r"'([^'\"]*)'", r'"\1"', text))


def _generous(raw: bytes) -> Any:
    stamp = dates.write(dates.now())
    return {"name": f"Token of {stamp}", "scopes": []} if not raw.strip() else None


def _shaped(convert: Callable[[Any], Any]) -> Change:
    return around("shape", lambda old: lambda document: old(convert(document)))


def _first(document: Any) -> Any:
    return document[0] if isinstance(document, list) and document else document


def _inner(document: Any) -> Any:
    try:
        return json.loads(document) if isinstance(document, str) else document
    except (ValueError, RecursionError):
        return document


def _any_case(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    known = {key.lower(): key for key in rules.RULES}
    spelled = {known.get(key.lower(), key): value for key, value in document.items()}
    return {**spelled, **{key: document[key] for key in known.values() if key in document}}


def _unchecked_length(behaviour: Behaviour) -> Behaviour:
    return keeps("name", _text(lambda v: len(v) > 256 and rules.speakable(v)), str)(behaviour)


def _words(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if rules.speakable(part))


def _strings(value: list[Any]) -> tuple[str, ...]:
    return tuple(item if isinstance(item, str) else json.dumps(item) for item in value)


def _plain(value: Any) -> bool:
    return rules.speakable(json.dumps(value, ensure_ascii=False))


_NAMES: Final = {
    "name-not-required": _wrong(
        "The deserialiser reads a missing string as an empty one.",
        _NAME,
        keeps("name", _absent, lambda v: ""),
    ),
    "name-null-accepted": _wrong(
        "The check for presence looks for the key, not at the value.",
        _NAME,
        keeps("name", _null, lambda v: ""),
    ),
    "name-empty-accepted": _wrong(
        "Required means not null here, and the minimum length is not checked.",
        _NAME,
        keeps("name", lambda v: v == "", str),
    ),
    "name-length-unchecked": _wrong(
        "The column has the type text, so the length is not limited.", _NAME, _unchecked_length
    ),
    "name-257-accepted": _wrong(
        "The limit is off by one: greater than 257.",
        _NAME,
        keeps("name", _text(lambda v: len(v) == 257 and rules.speakable(v)), str),
    ),
    "name-256-refused": _wrong(
        "The limit is off by one: less than 256.",
        _NAME,
        refuses("name", _text(lambda v: len(v) == 256)),
    ),
    "name-255-column": _wrong(
        "The validator has the limit of a varchar(255).",
        _NAME,
        refuses("name", _text(lambda v: len(v) > 255)),
    ),
    "name-in-bytes": _wrong(
        "The length of the name is counted in bytes of UTF-8.",
        _NAME,
        refuses("name", _text(lambda v: len(v.encode("utf-8", "replace")) > 256)),
    ),
    "name-min-3": _wrong(
        "A minimum of three characters was copied from the rule for user names.",
        _NAME,
        refuses("name", _text(lambda v: len(v) < 3)),
    ),
    "name-ascii-only": _wrong(
        "The name must match a pattern of ASCII characters.",
        _NAME,
        refuses("name", _text(lambda v: not v.isascii())),
    ),
    "name-no-punctuation": _wrong(
        "The name must match a pattern of letters, digits, spaces and four other characters.",
        _NAME,
        refuses("name", _text(lambda v: re.search(r"[^\w .:-]", v))),
    ),
    "name-number-coerced": _wrong(
        "The deserialiser converts numbers to strings.",
        _NAME,
        keeps("name", _kind(int, float), str),
    ),
    "name-anything-coerced": _wrong(
        "The handler converts every value to a string.",
        _NAME,
        keeps("name", lambda v: type(v) in (bool, int, float, list, dict) and _plain(v), str),
    ),
}

_LISTS: Final = {
    "scopes-not-required": _wrong(
        "The deserialiser reads a missing array as an empty one.",
        _SCOPES,
        keeps("scopes", _absent, lambda v: ()),
    ),
    "scopes-null-accepted": _wrong(
        "The collection helper treats null as empty.",
        _SCOPES,
        keeps("scopes", _null, lambda v: ()),
    ),
    "scopes-string-accepted": _wrong(
        "A single value is accepted for an array, as in a query string.",
        _SCOPES,
        keeps("scopes", _text(rules.speakable), lambda v: (v,)),
    ),
    "scopes-comma-string-accepted": _wrong(
        "One string is split into scopes, as in an OAuth form.",
        _SCOPES,
        keeps("scopes", _text(lambda v: "," in v), _words),
    ),
    "scopes-items-coerced": _wrong(
        "The items are converted to strings before they are checked.",
        _SCOPES,
        keeps("scopes", lambda v: isinstance(v, list) and _plain(v), _strings),
    ),
    "scopes-null-items-dropped": _wrong(
        "Nulls are removed from the array before it is checked.",
        _SCOPES,
        keeps(
            "scopes",
            lambda v: isinstance(v, list) and None in v,
            lambda v: rules.scopes([item for item in v if item is not None]),
        ),
    ),
    "scopes-object-accepted": _wrong(
        "Any iterable is accepted as an array, and an object yields its keys.",
        _SCOPES,
        keeps("scopes", _kind(dict), lambda v: rules.scopes(list(v))),
    ),
}

_FLAGS: Final = {
    "revoked-string-coerced": _wrong(
        'The deserialiser accepts "true" and "false" as booleans.',
        _REVOKED,
        keeps(
            "revoked",
            _text(lambda v: v.lower() in ("true", "false")),
            lambda v: v.lower() == "true",
        ),
    ),
    "revoked-number-coerced": _wrong(
        "1 and 0 are accepted as booleans, as the database stores them.",
        _REVOKED,
        keeps("revoked", lambda v: _kind(int, float)(v) and v in (0, 1), bool),
    ),
    "revoked-truthy": _wrong(
        "The flag is tested for truth; its type is not checked.",
        _REVOKED,
        keeps("revoked", lambda v: not _nothing(v), bool),
    ),
    "revoked-required": _wrong(
        "The code generator made a boolean that cannot be null a required one.",
        _OPTIONAL,
        refuses("revoked", _absent),
    ),
}

_DATES: Final = {
    "expires-required": _wrong(
        "The server has the rule of the form: a date is required.",
        _OPTIONAL,
        refuses("expiresAt", _absent),
    ),
    "expires-date-only-accepted": _wrong(
        "The date parser reads a date without a time as midnight.", _DATE, _lenient("%Y-%m-%d")
    ),
    "expires-no-zone-accepted": _wrong(
        "A date-time without a zone is read as UTC.",
        _DATE,
        _lenient("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"),
    ),
    "expires-many-formats": _wrong(
        "The library guesses the format of a date.",
        _DATE,
        _lenient(
            *("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%SZ"),
            *("%Y%m%dT%H%M%SZ", "%a, %d %b %Y %H:%M:%S GMT", "%d %B %Y", "%Y-%m-%dT%H:%MZ"),
        ),
    ),
    "expires-rollover": _wrong(
        "The date constructor turns 30 February into a day of March.",
        _DATE,
        keeps("expiresAt", _text(lambda v: _unreadable(v) and _PARTS.fullmatch(v)), _rolled),
    ),
    "expires-trailing-junk": _wrong(
        "The pattern is anchored at the start only.",
        _DATE,
        keeps("expiresAt", _text(lambda v: _unreadable(v) and _first_date(v)), _first_date),
    ),
    "expires-number-accepted": _wrong(
        "A number is read as milliseconds since 1970.",
        _DATE,
        keeps(
            "expiresAt",
            lambda v: _kind(int)(v) and 0 <= v < 200_000_000_000_000,
            lambda v: v * 10_000,
        ),
    ),
    "expires-unreadable-is-none": _wrong(
        "The parser returns null for an invalid date, and null means no expiry.",
        _DATE,
        keeps("expiresAt", _text(_unreadable), lambda v: None),
    ),
    "expires-any-type": _wrong(
        "A value that is no string is ignored.",
        _DATE,
        keeps("expiresAt", _kind(bool, int, float, list, dict), lambda v: None),
    ),
}

_BODIES: Final = {
    "empty-body-accepted": _wrong(
        "An empty body is read as default values, and a token is created.",
        _BODY,
        _rescuing(_generous),
    ),
    "array-body-accepted": _wrong(
        "The binder takes the first item of an array.", _BODY, _shaped(_first)
    ),
    "string-body-accepted": _wrong(
        "A JSON string is parsed as JSON again, for one old client.",
        _BODY,
        _shaped(_inner),
    ),
    "keys-in-any-case": _wrong(
        "The binder matches property names without regard to case.",
        _BODY,
        _shaped(_any_case),
    ),
    "lenient-json": _wrong(
        "The JSON parser accepts comments, trailing commas and single quotes.",
        _BODY,
        _rescuing(_relaxed),
    ),
    "trailing-garbage": _wrong(
        "The decoder ignores everything after the first value.",
        _BODY,
        _rescuing(lambda raw: json.JSONDecoder().raw_decode(raw.decode().lstrip())[0]),
    ),
    "bad-utf8-replaced": _wrong(
        "The decoder replaces bytes that are not UTF-8.",
        _BODY,
        around("decode", lambda old: lambda raw: old(raw.decode("utf-8", "replace").encode())),
    ),
    "nothing-checked": _wrong(
        "Validation runs in the browser only.",
        _BODY,
        together(
            setting(shape=lambda document: document if isinstance(document, dict) else {}),
            keeps("name", lambda v: True, lambda v: str(v)[:400] if _said(v) else ""),
            keeps("revoked", lambda v: True, lambda v: v is True),
            keeps("expiresAt", _text(_unreadable), lambda v: None),
            keeps("expiresAt", lambda v: not isinstance(v, str), lambda v: None),
            keeps("scopes", lambda v: True, lambda v: _strings(v) if isinstance(v, list) else ()),
        ),
    ),
}


def _said(value: object) -> bool:
    return not _nothing(value)


VALIDATION: Final[dict[str, Deviation]] = {**_NAMES, **_LISTS, **_FLAGS, **_DATES, **_BODIES}
