"""Media types (RFC 9110, sections 8.3.1 and 5.6.6): parser, ranges, and kinds of bodies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_TCHARS = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED_STRING = r'"(?:[^"\\]|\\.)*"'
_PARAMETER = re.compile(rf"[ \t]*;[ \t]*(?:({_TCHARS})=({_TCHARS}|{_QUOTED_STRING}))?")
_ESSENCE = re.compile(rf"{_TCHARS}/{_TCHARS}")


@dataclass(frozen=True, slots=True)
class MediaType:
    """Parsed media type."""

    essence: str
    """Type and subtype in lower case."""
    charsets: tuple[str, ...]
    """Value of each charset parameter, in lower case and unquoted."""
    boundary: str | None = None
    """Boundary of the parts of a multipart body, or None."""


def parse_media_type(value: bytes) -> MediaType | None:
    """Parse a Content-Type value; return None if it is invalid. Never raises."""
    text = value.decode("latin-1").strip(" \t")
    essence = _ESSENCE.match(text)
    if essence is None:
        return None
    charsets = []
    boundary = None
    position = essence.end()
    while position < len(text):
        parameter = _PARAMETER.match(text, position)
        if parameter is None:
            return None
        position = parameter.end()
        if parameter[1] and parameter[1].lower() == "charset":
            charsets.append(_unquote(parameter[2]).lower())
        if parameter[1] and parameter[1].lower() == "boundary":
            boundary = _unquote(parameter[2])
    return MediaType(essence[0].lower(), tuple(charsets), boundary)


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


BodyKind = Literal["json", "form", "multipart", "text", "bytes"]
"""Kind of a body that hookproof can write and read."""
_KINDS: Mapping[str, BodyKind] = {
    "application/json": "json",
    "text/json": "json",
    "application/x-www-form-urlencoded": "form",
    "multipart/form-data": "multipart",
    "application/octet-stream": "bytes",
}
_OTHER_TEXTS = frozenset(["text/xml", "text/event-stream"])
"""Texts with a syntax that an arbitrary string does not have."""


def essence_of(media_type: str) -> str:
    """Return type and subtype of a stated media type or range, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def body_kind(media_type: str) -> BodyKind | None:
    """Return the kind of the bodies of a media type, or None for one that is not supported."""
    essence = essence_of(media_type)
    if essence in _KINDS:
        return _KINDS[essence]
    if essence.startswith("application/") and essence.endswith("+json"):
        return "json"
    is_text = essence.startswith("text/") and essence not in _OTHER_TEXTS and "*" not in essence
    return "text" if is_text and not essence.endswith("+xml") else None


def is_in_range(essence: str, media_range: str) -> bool:
    """Return whether a media range, such as `text/*`, has the media type `essence`."""
    stated = essence_of(media_range)
    return stated in (essence, "*/*") or (
        stated.endswith("/*") and essence.startswith(stated.removesuffix("*"))
    )
