"""Conversion of values: an invalid value that a lenient parser reads as a valid one. Pure.

Many frameworks read `"5"` as a number, and `"2026-01-02"` as a date and time.
"""

import copy
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from openapi.json_pointer import MISSING, get_at, set_at
from openapi.schemas.validation import Schema, SchemaViolation

_BOOLEAN_WORDS = frozenset(
    ["true", "false", "t", "f", "yes", "no", "y", "n", "on", "off", "1", "0"]
)
_FORMAT_EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "2026-01-02T03:04:05Z": r"(?s).*\d.*",
        "2026-01-02": r"(?s).*\d.*",
        "03:04:05Z": r"(?s).*\d.*",
        "P1D": r"(?s).*\d.*",
        "01234567-89ab-4def-8123-456789abcdef": r"(?i)\s*(urn:uuid:|\{)?([0-9a-f]-?){32}\}?\s*",
        "user@example.com": r"(?s).+@.+",
        "https://example.com/": r"(?s).+",
        "example.com": r"\S+",
        "127.0.0.1": r"(?s).*\d.*",
        "::1": r"(?s).*(\d|:).*",
        "aGk=": r"[A-Za-z0-9+/=_\s-]*",
        "/a": r"(?s).*",
        "^a$": r"(?s).*",
    }
)
"""Valid value of a format -> texts that a lenient parser may read as one."""
_TEXT_KEYWORDS = frozenset(["minLength", "maxLength", "pattern"])
"""Keywords about the text itself: no parser makes a text shorter or longer."""


def is_convertible(schema: Schema, value: object, violations: Sequence[SchemaViolation]) -> bool:
    """Return whether conversion of the values with `violations` makes `value` valid by `schema`."""
    tried = copy.deepcopy(value)
    for place, keywords in keywords_by_place(violations).items():
        found = get_at(tried, place)
        if found is MISSING:
            return False
        for candidate in conversions(found, keywords):
            made = _with_value(tried, place, candidate)
            if place not in {violation.instance for violation in schema.violations(made)}:
                tried = made
                break
        else:
            return False
    return schema.is_valid(tried)


def keywords_by_place(violations: Sequence[SchemaViolation]) -> dict[str, set[str]]:
    """Return the keywords that the value at each place violates."""
    found: dict[str, set[str]] = {}
    for violation in violations:
        found.setdefault(violation.instance, set()).add(violation.keyword)
    return found


def _with_value(value: object, place: str, replacement: object) -> object:
    if not place:
        return replacement
    made = copy.deepcopy(value)
    set_at(made, place, replacement)
    return made


def conversions(value: object, keywords: Collection[str]) -> Iterator[object]:
    """Yield what a lenient parser may make of `value`, which violates `keywords`."""
    if isinstance(value, bool):
        yield from (int(value), str(value).lower())
    elif isinstance(value, int | float):
        if float(value).is_integer():
            yield int(value)
        if value in (0, 1):
            yield bool(value)
        yield from (str(value), "2026-01-02T03:04:05Z", "2026-01-02", "03:04:05Z", "P1D")
    elif isinstance(value, str):
        yield from _readings_of_text(value, has_format=not _TEXT_KEYWORDS.issuperset(keywords))


def _readings_of_text(text: str, *, has_format: bool) -> Iterator[object]:
    plain = text.strip().replace("_", "")
    try:
        number = float(plain)
    except ValueError:
        pass
    else:
        if number == number and abs(number) != float("inf"):  # noqa: PLR0124 - not NaN
            yield number
            if number.is_integer():
                yield int(number)
    if plain.lower() in _BOOLEAN_WORDS:
        yield from (True, False)
    for example, lenient in _FORMAT_EXAMPLES.items() if has_format else ():
        if re.fullmatch(lenient, text):
            yield example
