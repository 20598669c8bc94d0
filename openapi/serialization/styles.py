"""Styles of parameters (OpenAPI 3.1, section 4.8.12.4), and the texts that a client writes.

Form bodies have the same styles: a property is a part of a query.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from urllib.parse import quote

from openapi.media_type import body_kind
from openapi.serialization.text_values import EncodedText, serialize_value

DEFAULT_STYLES: Mapping[str, str] = {
    "path": "simple",
    "query": "form",
    "header": "simple",
    "cookie": "form",
}
"""Location -> style of a parameter that states none."""
SUPPORTED_STYLES: Mapping[str, frozenset[str]] = {
    "path": frozenset(["simple", "label", "matrix"]),
    "query": frozenset(["form", "spaceDelimited", "pipeDelimited", "deepObject"]),
    "header": frozenset(["simple"]),
    "cookie": frozenset(["form"]),
}
"""Location -> styles of its parameters."""
_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}
_RESERVED = ":/?[]@!$'()*,;"
"""Characters that `allowReserved` leaves as they are; others would change the query."""


@dataclass(frozen=True, slots=True)
class ParameterStyle:
    """Name, location and serialisation of one parameter."""

    name: str
    location: str
    """`path`, `query`, `header` or `cookie`."""
    style: str
    explode: bool = False
    allow_reserved: bool = False
    media_type: str | None = None
    """Media type of a parameter with `content`, or None."""

    @property
    def is_supported(self) -> bool:
        """Whether OpenAPI defines the serialisation and hookproof can write it."""
        if self.media_type is not None:
            return body_kind(self.media_type) in ("json", "text")
        return self.style in SUPPORTED_STYLES.get(self.location, ())

    @property
    def is_json(self) -> bool:
        """Whether the text is JSON."""
        return self.media_type is not None and body_kind(self.media_type) == "json"

    @property
    def is_named(self) -> bool:
        """Whether the request names the parameter, so that the name can be repeated."""
        return self.location in ("query", "cookie") or self.style == "matrix"

    @property
    def repeats_name(self) -> bool:
        """Whether an array is one text for each item."""
        return self.is_named and (self.explode or self.style == "deepObject")

    @property
    def delimiter(self) -> str:
        """Delimiter of the items of one text."""
        if self.style == "label" and self.explode:
            return "."
        return _DELIMITERS.get(self.style, ",")

    @property
    def delimiter_is_encoded(self) -> bool:
        """Whether a request carries the delimiter encoded, as it would be within an item."""
        return self.style in _DELIMITERS


def write_parameter(style: ParameterStyle, value: object) -> tuple[str, ...]:
    """Return the encoded parts of the query, the cookies, or the one text of the parameter."""
    if isinstance(value, EncodedText):
        return (value,) if value else ()
    parts = tuple(_parts(style, value))
    return ("".join(f";{part}" for part in parts),) if style.style == "matrix" else parts


def _parts(style: ParameterStyle, value: object) -> list[str]:
    if style.is_json:
        return [_one(style, _encode(style, json.dumps(value)))]
    if isinstance(value, list):
        items = [_encode_part(style, serialize_value(item)) for item in value]
        if style.repeats_name:
            return [_one(style, item) for item in items]
        return [_one(style, _joined(style, items))]
    if isinstance(value, dict):
        return _object_parts(style, value)
    return [_one(style, _encode(style, serialize_value(value)))]


def _object_parts(style: ParameterStyle, value: Mapping[str, object]) -> list[str]:
    is_separate = style.style == "deepObject" or (style.explode and style.is_named)
    pairs = [
        (_encode_part(style, key), _encode_part(style, serialize_value(item)))
        for key, stated in value.items()
        for item in (_items(stated) if is_separate else [stated])
    ]
    if style.style == "deepObject":
        name = _encode(style, style.name)
        return [f"{name}%5B{key}%5D={text}" for key, text in pairs]
    if not style.explode:
        return [_one(style, _joined(style, [*chain.from_iterable(pairs)]))]
    assigned = [f"{key}={text}" for key, text in pairs]
    return assigned if style.is_named else [_one(style, _joined(style, assigned))]


def _items(value: object) -> list[object]:
    """Return the items of an array of scalars, each of which is usually a part; else the value."""
    if not isinstance(value, list) or any(isinstance(item, dict | list) for item in value):
        return [value]
    return value


def _joined(style: ParameterStyle, encoded: list[str]) -> str:
    delimiter = quote(style.delimiter) if style.delimiter_is_encoded else style.delimiter
    return delimiter.join(encoded)


def _one(style: ParameterStyle, text: str) -> str:
    if style.is_named:
        return f"{_encode(style, style.name)}={text}"
    return f".{text}" if style.style == "label" else text


def _encode(style: ParameterStyle, text: str) -> str:
    if style.location == "header":
        return text
    safe = _RESERVED if style.allow_reserved and style.location == "query" else ""
    return quote(text, safe=safe, errors="replace")


def _encode_part(style: ParameterStyle, text: str) -> str:
    """Return an item, or a name or value of a property, without the delimiters of the style."""
    if style.location == "header":
        return text
    encoded = _encode(style, text).replace(",", "%2C")
    return encoded.replace(".", "%2E") if style.style == "label" else encoded
