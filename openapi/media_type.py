"""Parser of Content-Type values (RFC 9110, sections 8.3.1 and 5.6.6)."""

import re
from dataclasses import dataclass

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


def parse_media_type(value: bytes) -> MediaType | None:
    """Parse a Content-Type value; return None if it is invalid. Never raises."""
    text = value.decode("latin-1").strip(" \t")
    essence = _ESSENCE.match(text)
    if essence is None:
        return None
    charsets = []
    position = essence.end()
    while position < len(text):
        parameter = _PARAMETER.match(text, position)
        if parameter is None:
            return None
        position = parameter.end()
        if parameter[1] and parameter[1].lower() == "charset":
            charsets.append(_unquote(parameter[2]).lower())
    return MediaType(essence[0].lower(), tuple(charsets))


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
