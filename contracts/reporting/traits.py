"""Traits of a request body that make services fail, whatever property has them. Pure."""

import re
from collections.abc import Mapping
from functools import lru_cache

from contracts.model.exchange import Request
from openapi.json_pointer import walk_values

_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_ASTRAL = re.compile(rb"[\xf0-\xf4]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F]")
_PATTERNS: Mapping[str, re.Pattern[bytes]] = {
    "a lone surrogate": _LONE_SURROGATE,
    "a character outside the Basic Multilingual Plane": _ASTRAL,
    "a NUL character": re.compile(rb"\\u0000|\x00"),
    "a control character": re.compile(rb"\\u00[01][0-9a-fA-F]|[\x00-\x08\x0b\x0c\x0e-\x1f]"),
    "a character that is not ASCII": re.compile(rb"[\x80-\xff]|\\u(?!00[0-7])[0-9a-fA-F]{4}"),
    "a number of more than 15 digits": re.compile(rb"[:\[,]\s*-?\d{16,}"),
    "nesting of more than 100 levels": re.compile(rb"(?:[\[{][^\[{\]}]*){100}"),
}
_SIZES = tuple(2**exponent for exponent in range(3, 24))
"""Sizes that two requests are compared by."""


@lru_cache(maxsize=8192)
def body_traits(request: Request) -> frozenset[str]:
    """Return the traits of the raw body: kinds of characters, and sizes that it reaches."""
    found = {name for name, pattern in _PATTERNS.items() if pattern.search(request.body)}
    try:
        request.body.decode()
    except UnicodeDecodeError:
        found.add("bytes that are not UTF-8")
    values = [value for _, value in walk_values(request.json.value)]
    largest = {
        "array items": max((len(v) for v in values if isinstance(v, list)), default=0),
        "characters of a text": max((len(v) for v in values if isinstance(v, str)), default=0),
        "bytes": len(request.body),
    }
    found |= {f"{size} {unit}" for unit, most in largest.items() for size in _SIZES if size <= most}
    return frozenset(found)
