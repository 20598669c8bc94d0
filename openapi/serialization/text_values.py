"""Values of a text in a request, by the types of its schema. Pure.

A path, a query, a header, a cookie and a form field carry text, so that "7" may be a number or a
string. `Readings` has every value that a text can have.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, TypeVar

from openapi.json_pointer import get_at, join_pointer
from openapi.media_type import body_kind
from openapi.strict_json import parse_json

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,99})", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,99})(\.[0-9]{1,99})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_MAX_REFERENCES = 50
"""Limit of references and combinations at one place: a longer chain allows any type."""
_MAX_TEXTS = 8
"""Limit of the texts of one name that are read as one scalar each."""
_T = TypeVar("_T")
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
    others: "TextTypes | None" = None
    """Types of these other properties; None: any type."""
    is_binary: bool = False
    """Whether the value is bytes, such as a file."""
    media_type: str | None = None
    """Media type of these bytes, if the schema states it."""

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
    """Return the types of the schema at `pointer`, with `levels` of items and properties.

    A reference from a schema back to itself adds no type.
    """
    return _TypeSearch(document).types_below(pointer, levels)


class _TypeSearch:
    """Search for the types of one schema, which reads each schema once at each level."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._found: dict[tuple[str, int], TextTypes | None] = {}
        """Types by pointer and levels; None for a schema that the search is in."""

    def types_below(self, pointer: str, levels: int) -> TextTypes:
        """Return the types of a value, or of an item or property of one."""
        return self._types_at(pointer, levels, 0) or ANY_TYPES

    def _types_at(self, pointer: str, levels: int, references: int) -> TextTypes | None:
        """Return the types; None for a schema that only refers to one that the search is in."""
        key = (pointer, levels)
        if key in self._found:
            return self._found[key]
        stated = get_at(self._document, pointer)
        if not isinstance(stated, dict) or references > _MAX_REFERENCES:
            return ANY_TYPES
        self._found[key] = None
        parts = [self._stated_types(pointer, stated, levels)]
        all_of = _places(pointer, stated, "allOf")
        if isinstance(stated.get("$ref"), str):
            all_of.append(stated["$ref"][1:])
        combined = [self._types_at(place, levels, references + 1) for place in all_of]
        for keyword in ("anyOf", "oneOf"):
            places = _places(pointer, stated, keyword)
            choices = [self._types_at(place, levels, references + 1) for place in places]
            if choices:
                known = [types for types in choices if types is not None]
                combined.append(reduce(_either, known) if known else None)
        parts += [types for types in combined if types is not None]
        is_reference = None in combined and all(types == ANY_TYPES for types in parts)
        types = self._found[key] = None if is_reference else reduce(_both, parts)
        return types

    def _stated_types(self, pointer: str, stated: Mapping[str, Any], levels: int) -> TextTypes:
        properties, items, others = {}, None, None
        if levels > 0:
            properties = {
                name: self.types_below(join_pointer(pointer, "properties", name), levels - 1)
                for name in stated.get("properties", {})
            }
            if "items" in stated:
                items = self.types_below(join_pointer(pointer, "items"), levels - 1)
            if isinstance(stated.get("additionalProperties"), dict):
                place = join_pointer(pointer, "additionalProperties")
                others = self.types_below(place, levels - 1)
        return _own_types(stated, items, properties, others)


def _places(pointer: str, stated: Mapping[str, Any], keyword: str) -> list[str]:
    return [join_pointer(pointer, keyword, n) for n in range(len(stated.get(keyword, ())))]


def _own_types(
    stated: Mapping[str, Any],
    items: TextTypes | None,
    properties: Mapping[str, TextTypes],
    others: TextTypes | None,
) -> TextTypes:
    return TextTypes(
        _stated_names(stated),
        items,
        properties,
        stated.get("additionalProperties") is not False,
        others,
        _is_binary(stated),
        stated["contentMediaType"] if _has_content(stated) else None,
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
    return _has_content(stated) and body_kind(stated["contentMediaType"]) in (None, "bytes")


def _has_content(stated: Mapping[str, Any]) -> bool:
    """Return whether the value is the content of a stated media type itself, not encoded."""
    return isinstance(stated.get("contentMediaType"), str) and "contentEncoding" not in stated


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
        one.others or other.others,
        one.is_binary or other.is_binary,
        one.media_type or other.media_type,
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


def last_and_first(texts: Sequence[_T]) -> Sequence[_T]:
    """Return the texts of one name: the last ones, then the first one; a limited number.

    Most services use the last one, many others the first one.
    """
    backwards = texts[::-1]
    if len(backwards) <= _MAX_TEXTS:
        return backwards
    return [*backwards[: _MAX_TEXTS - 1], texts[0]]


def array_values(types: TextTypes, texts: Sequence[str]) -> tuple[object, ...]:
    """Return the arrays that `texts` can be, each item read by the types of items."""
    items = types.items or ANY_TYPES
    return _aligned([scalar_values(items, text) for text in texts], list)


def object_values(types: TextTypes, pairs: Sequence[tuple[str, str]]) -> tuple[object, ...]:
    """Return the objects that `pairs` of name and text can be."""
    texts: dict[str, list[str]] = {}
    for name, text in pairs:
        texts.setdefault(name, []).append(text)
    others = types.others or ANY_TYPES
    found = [
        _property_values(types.properties.get(name, others), each) for name, each in texts.items()
    ]
    return _aligned(found, lambda values: dict(zip(texts, values, strict=True)))


def _property_values(types: TextTypes, texts: Sequence[str]) -> tuple[object, ...]:
    """Return the values of one property that has these texts; of a scalar, the last one counts.

    OpenAPI defines no text for an array or object within an object. Usual are one text for each
    item, and JSON.
    """
    values: tuple[object, ...] = ()
    if "array" in types.names:
        values += array_values(types, texts)
    if not {"array", "object"}.isdisjoint(types.names):
        parsed = parse_json(texts[-1].encode(errors="replace"))
        is_structure = parsed.problem is None and json_type(parsed.value) in types.names
        values += (parsed.value,) if is_structure else ()
    if not values or not {"array", "object"}.issuperset(types.names):
        values += scalar_values(types, texts[-1])
    return values


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
