"""Values of a text in a request, by the types of its schema. Pure.

A path, a query, a header, a cookie and a form field carry text, so that "7" may be a number or a
string. `Readings` has every value that a text can have.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from openapi.json_pointer import get_at, join_pointer
from openapi.media_type import body_kind

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,99})", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,99})(\.[0-9]{1,99})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_MAX_REFERENCES = 12
"""Limit of references and combinations at one place, because schemas may be recursive."""
_SCALAR_NAMES = ("integer", "number", "boolean", "null", "string")


class MalformedText(str):
    """Text that is not what its media type says, such as `content` that is not JSON."""

    __slots__ = ()


class EncodedText(str):
    """Text that a request has as it is: already serialised and encoded."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TextTypes:
    """Types that a schema allows for a value, for its items and for its properties."""

    names: tuple[str, ...] = ()
    """Names of JSON types; empty: any type."""
    items: "TextTypes | None" = None
    properties: Mapping[str, "TextTypes"] = field(default_factory=dict)
    has_other_properties: bool = True
    """Whether the value may have properties that are not in `properties`."""
    is_binary: bool = False
    """Whether the value is bytes, such as a file."""

    def allows(self, name: str) -> bool:
        """Return whether a value may have this type; a number may be an integer."""
        return not self.names or name in self.names


ANY_TYPES = TextTypes()


@dataclass(frozen=True, slots=True)
class Readings:
    """Values that a text can have."""

    values: tuple[object, ...]
    """The most probable one first; never empty."""
    is_defined: bool = True
    """False if the specification does not say how to read the text."""


def text_types(document: Mapping[str, Any], pointer: str, levels: int = 2) -> TextTypes:
    """Return the types of the schema at `pointer`, with `levels` of items and properties."""
    return _types_at(document, pointer, levels, 0)


def _types_at(document: Mapping[str, Any], pointer: str, levels: int, references: int) -> TextTypes:
    stated = get_at(document, pointer)
    if not isinstance(stated, dict) or references > _MAX_REFERENCES:
        return ANY_TYPES
    parts = [_stated_types(document, pointer, stated, levels)]
    places = [join_pointer(pointer, "allOf", n) for n in range(len(stated.get("allOf", ())))]
    if isinstance(stated.get("$ref"), str):
        places.append(stated["$ref"][1:])
    parts += [_types_at(document, place, levels, references + 1) for place in places]
    for keyword in ("anyOf", "oneOf"):
        choices = [
            _types_at(document, join_pointer(pointer, keyword, n), levels, references + 1)
            for n in range(len(stated.get(keyword, ())))
        ]
        if choices:
            parts.append(reduce(_either, choices))
    return reduce(_both, parts)


def _stated_types(
    document: Mapping[str, Any], pointer: str, stated: Mapping[str, Any], levels: int
) -> TextTypes:
    properties, items = {}, None
    if levels > 0:
        properties = {
            name: _types_at(document, join_pointer(pointer, "properties", name), levels - 1, 0)
            for name in stated.get("properties", {})
        }
        if "items" in stated:
            items = _types_at(document, join_pointer(pointer, "items"), levels - 1, 0)
    return TextTypes(
        _stated_names(stated),
        items,
        properties,
        stated.get("additionalProperties") is not False,
        _is_binary(stated),
    )


def _stated_names(stated: Mapping[str, Any]) -> tuple[str, ...]:
    types = stated.get("type")
    if types is not None:
        return (types,) if isinstance(types, str) else tuple(types)
    values = [stated["const"]] if "const" in stated else stated.get("enum")
    if values:
        return tuple(dict.fromkeys(json_type(value) for value in values))
    if "properties" in stated or "additionalProperties" in stated:
        return ("object",)
    return ("array",) if "items" in stated else ()


def _is_binary(stated: Mapping[str, Any]) -> bool:
    if stated.get("format") == "binary":
        return True
    media_type = stated.get("contentMediaType")
    encoded = "contentEncoding" in stated
    return isinstance(media_type, str) and not encoded and body_kind(media_type) in (None, "bytes")


def _both(one: TextTypes, other: TextTypes) -> TextTypes:
    names = one.names or other.names
    if one.names and other.names:
        names = tuple(name for name in one.names if _is_among(name, other.names)) or one.names
    return _combined(names, one, other, one.has_other_properties and other.has_other_properties)


def _either(one: TextTypes, other: TextTypes) -> TextTypes:
    names = tuple(dict.fromkeys((*one.names, *other.names))) if one.names and other.names else ()
    return _combined(names, one, other, one.has_other_properties or other.has_other_properties)


def _is_among(name: str, names: Sequence[str]) -> bool:
    return name in names or (name == "integer" and "number" in names)


def _combined(
    names: tuple[str, ...], one: TextTypes, other: TextTypes, has_other_properties: bool
) -> TextTypes:
    return TextTypes(
        names,
        one.items or other.items,
        {**other.properties, **one.properties},
        has_other_properties,
        one.is_binary or other.is_binary,
    )


def json_type(value: object) -> str:
    """Return the name of the JSON type of `value`."""
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def scalar_values(types: TextTypes, text: str) -> tuple[object, ...]:
    """Return the values that `text` can have as one scalar; the typed one first."""
    value = typed_value(types.names or _SCALAR_NAMES[:3], text)
    is_text_too = value is not text and types.allows("string")
    return (value, text) if is_text_too else (value,)


def typed_value(names: Iterable[str], text: str) -> object:
    """Return the value of `text` by the first of these types that fits, else `text` itself."""
    if "integer" in names and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in names and _NUMBER.fullmatch(text):
        return json.loads(text)
    if "boolean" in names and text in ("true", "false"):
        return text == "true"
    return None if "null" in names and text == "" else text


def array_values(types: TextTypes, texts: Sequence[str]) -> tuple[object, ...]:
    """Return the arrays that `texts` can be, each item read by the types of items."""
    items = types.items or ANY_TYPES
    return _aligned([scalar_values(items, text) for text in texts], list)


def object_values(types: TextTypes, pairs: Sequence[tuple[str, str]]) -> tuple[object, ...]:
    """Return the objects that `pairs` of name and text can be."""
    names = [name for name, _ in pairs]
    found = [scalar_values(types.properties.get(name, ANY_TYPES), text) for name, text in pairs]
    return _aligned(found, lambda values: dict(zip(names, values, strict=True)))


def _aligned(parts: Sequence[tuple[object, ...]], build: Any) -> tuple[object, ...]:
    """Return what `build` makes of the first value of each part, then of the second ones, ...

    Not of every combination: their number grows without limit.
    """
    count = max((len(part) for part in parts), default=1)
    return tuple(build([part[min(n, len(part) - 1)] for part in parts]) for n in range(count))


def serialize_value(value: object) -> str:
    """Return the text of one scalar in a request; of an array or object its JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
