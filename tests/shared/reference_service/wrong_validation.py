"""Deviations of validation: constraints that are not kept, or kept too eagerly."""

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
_BODY: Final = "the body is a JSON object; what breaks the schema is a 400 (seed, implied)"


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
    """The first of several formats that fits, as a lenient parser would have it."""
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
    """Fields that overflow run into the next month, day or hour."""
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
    """A second reading where the strict one refuses; None leaves it rejected."""

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
        "The deserialiser binds a missing string to an empty one and nobody checks.",
        _NAME,
        keeps("name", _absent, lambda v: ""),
    ),
    "name-null-accepted": _wrong(
        "The check for presence looks for the key and not at its value.",
        _NAME,
        keeps("name", _null, lambda v: ""),
    ),
    "name-empty-accepted": _wrong(
        "Required is read as not null, and the minimum length was never written.",
        _NAME,
        keeps("name", lambda v: v == "", str),
    ),
    "name-length-unchecked": _wrong(
        "The column is of type text, so nobody limits the name.", _NAME, _unchecked_length
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
        "The validator takes over the limit of a varchar(255).",
        _NAME,
        refuses("name", _text(lambda v: len(v) > 255)),
    ),
    "name-in-bytes": _wrong(
        "The length of the name is counted in bytes of UTF-8.",
        _NAME,
        refuses("name", _text(lambda v: len(v.encode("utf-8", "replace")) > 256)),
    ),
    "name-min-3": _wrong(
        "A minimum of three characters was copied from user names.",
        _NAME,
        refuses("name", _text(lambda v: len(v) < 3)),
    ),
    "name-ascii-only": _wrong(
        "The name must match a pattern that knows the letters of English only.",
        _NAME,
        refuses("name", _text(lambda v: not v.isascii())),
    ),
    "name-no-punctuation": _wrong(
        "The name must match the pattern of a slug with spaces.",
        _NAME,
        refuses("name", _text(lambda v: re.search(r"[^\w .:-]", v))),
    ),
    "name-number-coerced": _wrong(
        "The deserialiser turns numbers into strings where a string is wanted.",
        _NAME,
        keeps("name", _kind(int, float), str),
    ),
    "name-anything-coerced": _wrong(
        "The template calls the string constructor on whatever it was given.",
        _NAME,
        keeps("name", lambda v: type(v) in (bool, int, float, list, dict) and _plain(v), str),
    ),
}

_LISTS: Final = {
    "scopes-not-required": _wrong(
        "A missing array is bound to an empty one.", _SCOPES, keeps("scopes", _absent, lambda v: ())
    ),
    "scopes-null-accepted": _wrong(
        "Null and empty are one and the same to the collection helper.",
        _SCOPES,
        keeps("scopes", _null, lambda v: ()),
    ),
    "scopes-string-accepted": _wrong(
        "A single value is accepted for an array, as the query-string parser did.",
        _SCOPES,
        keeps("scopes", _text(rules.speakable), lambda v: (v,)),
    ),
    "scopes-comma-string-accepted": _wrong(
        "The scopes of an OAuth form, one string, are still split here.",
        _SCOPES,
        keeps("scopes", _text(lambda v: "," in v), _words),
    ),
    "scopes-items-coerced": _wrong(
        "The items are mapped through the string constructor before they are checked.",
        _SCOPES,
        keeps("scopes", lambda v: isinstance(v, list) and _plain(v), _strings),
    ),
    "scopes-null-items-dropped": _wrong(
        "Nulls are filtered out of the array before it is checked.",
        _SCOPES,
        keeps(
            "scopes",
            lambda v: isinstance(v, list) and None in v,
            lambda v: rules.scopes([item for item in v if item is not None]),
        ),
    ),
    "scopes-object-accepted": _wrong(
        "Anything that can be iterated passes for an array, and an object yields its keys.",
        _SCOPES,
        keeps("scopes", _kind(dict), lambda v: rules.scopes(list(v))),
    ),
}

_FLAGS: Final = {
    "revoked-string-coerced": _wrong(
        'The deserialiser accepts "true" and "false" for a boolean.',
        _REVOKED,
        keeps(
            "revoked",
            _text(lambda v: v.lower() in ("true", "false")),
            lambda v: v.lower() == "true",
        ),
    ),
    "revoked-number-coerced": _wrong(
        "1 and 0 pass for booleans, as the database stores them.",
        _REVOKED,
        keeps("revoked", lambda v: _kind(int, float)(v) and v in (0, 1), bool),
    ),
    "revoked-truthy": _wrong(
        "The flag is tested for truth and its type is never looked at.",
        _REVOKED,
        keeps("revoked", lambda v: not _nothing(v), bool),
    ),
    "revoked-required": _wrong(
        "A boolean that cannot be null was generated as a required one.",
        _OPTIONAL,
        refuses("revoked", _absent),
    ),
}

_DATES: Final = {
    "expires-required": _wrong(
        "The form's own rule, a date must be chosen, was moved to the server.",
        _OPTIONAL,
        refuses("expiresAt", _absent),
    ),
    "expires-date-only-accepted": _wrong(
        "The date parser takes a date without a time for midnight.", _DATE, _lenient("%Y-%m-%d")
    ),
    "expires-no-zone-accepted": _wrong(
        "A date-time without a zone is taken for UTC.",
        _DATE,
        _lenient("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"),
    ),
    "expires-many-formats": _wrong(
        "The library guesses the format of a date from what it sees.",
        _DATE,
        _lenient(
            *("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%SZ"),
            *("%Y%m%dT%H%M%SZ", "%a, %d %b %Y %H:%M:%S GMT", "%d %B %Y", "%Y-%m-%dT%H:%MZ"),
        ),
    ),
    "expires-rollover": _wrong(
        "The date's constructor lets 30 February run over into March.",
        _DATE,
        keeps("expiresAt", _text(lambda v: _unreadable(v) and _PARTS.fullmatch(v)), _rolled),
    ),
    "expires-trailing-junk": _wrong(
        "The pattern is matched from the start and not to the end.",
        _DATE,
        keeps("expiresAt", _text(lambda v: _unreadable(v) and _first_date(v)), _first_date),
    ),
    "expires-number-accepted": _wrong(
        "A number is taken for the milliseconds since 1970.",
        _DATE,
        keeps(
            "expiresAt",
            lambda v: _kind(int)(v) and 0 <= v < 200_000_000_000_000,
            lambda v: v * 10_000,
        ),
    ),
    "expires-unreadable-is-none": _wrong(
        "The parser returns null for what it cannot read, and null means no expiry.",
        _DATE,
        keeps("expiresAt", _text(_unreadable), lambda v: None),
    ),
    "expires-any-type": _wrong(
        "Whatever is not a string is skipped as if it were absent.",
        _DATE,
        keeps("expiresAt", _kind(bool, int, float, list, dict), lambda v: None),
    ),
}

_BODIES: Final = {
    "empty-body-accepted": _wrong(
        "An empty body binds to a model of defaults, and a token is made of those.",
        _BODY,
        _rescuing(_generous),
    ),
    "array-body-accepted": _wrong(
        "The binder unwraps an array and takes its first item.", _BODY, _shaped(_first)
    ),
    "string-body-accepted": _wrong(
        "JSON within a JSON string is unwrapped, for the sake of one old client.",
        _BODY,
        _shaped(_inner),
    ),
    "keys-in-any-case": _wrong(
        "The binder matches the names of properties without regard to case.",
        _BODY,
        _shaped(_any_case),
    ),
    "lenient-json": _wrong(
        "Bodies are read by the parser of configuration files: comments, commas, single quotes.",
        _BODY,
        _rescuing(_relaxed),
    ),
    "trailing-garbage": _wrong(
        "The decoder reads the first value of the stream and never looks for its end.",
        _BODY,
        _rescuing(lambda raw: json.JSONDecoder().raw_decode(raw.decode().lstrip())[0]),
    ),
    "bad-utf8-replaced": _wrong(
        "Bytes that are not UTF-8 are replaced when the body is decoded.",
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
