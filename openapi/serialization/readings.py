"""Readings of a parameter: the values that the texts of a request can mean by its style. Pure.

An empty array, a comma within an item and a repeated name are open in OpenAPI: such a text has
several readings, or it is not defined.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from urllib.parse import unquote, unquote_plus

from openapi.serialization.styles import ParameterStyle
from openapi.serialization.text_values import (
    ANY_TYPES,
    MalformedText,
    Readings,
    TextTypes,
    array_values,
    last_and_first,
    object_values,
    scalar_values,
)
from openapi.strict_json import parse_json

Pairs = tuple[tuple[str, str], ...]
_STRUCTURES = frozenset(["array", "object"])


@dataclass(frozen=True, slots=True)
class RequestTexts:
    """Parts of a request that carry parameters, not decoded."""

    path: Mapping[str, str] = field(default_factory=dict)
    """Name of a path parameter -> its encoded text."""
    query: Pairs = ()
    """Decoded name and encoded text of each part of the query, or of a form."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Name in lower case -> last value."""
    cookies: Pairs = ()
    names: frozenset[str] = frozenset()
    """Names of the other parameters in the query."""
    is_form: bool = False
    """Whether `query` is a form, where an empty text is an empty string."""


def split_query(query: str) -> Pairs:
    """Return decoded name and encoded text of each part of a query or form."""
    parts = (part.partition("=") for part in query.split("&") if part)
    return tuple((unquote_plus(name), text) for name, _, text in parts)


def split_cookies(header: str) -> Pairs:
    """Return name and text of each cookie of a `Cookie` header."""
    parts = (part.strip().partition("=") for part in header.split(";") if part.strip())
    return tuple((unquote(name.strip()), text.strip()) for name, _, text in parts)


def is_scattered(style: ParameterStyle, types: TextTypes) -> bool:
    """Return whether the value may be an object whose properties are separate parts."""
    is_exploded = style.explode and style.is_named and style.style != "deepObject"
    return is_exploded and style.media_type is None and "object" in types.names


def read_parameter(style: ParameterStyle, types: TextTypes, texts: RequestTexts) -> Readings | None:
    """Return the values that the request can mean, or None if it lacks the parameter."""
    found: list[Readings | None] = []
    structures = () if style.media_type is not None else _STRUCTURES & {*types.names}
    if "array" in structures:
        found.append(_read_array(style, types, texts))
    if "object" in structures:
        found.append(_read_object(style, types, texts))
    if not structures or {*types.names} - structures:
        found.append(_read_scalar(style, types, texts))
    present = [readings for readings in found if readings is not None]
    if not present:
        return None
    if len(present) == 1 and style.is_supported:
        return present[0]
    values = chain.from_iterable(readings.values for readings in present)
    return Readings(tuple(values), style.is_supported and all(r.is_defined for r in present))


def _read_scalar(style: ParameterStyle, types: TextTypes, texts: RequestTexts) -> Readings | None:
    """Return the readings of one text; of a repeated name, the last text comes first."""
    raw = _raw_texts(style, texts)
    if not raw:
        return None
    decoded = [text for one in last_and_first(raw) for text in _decodings(style, one)]
    if style.is_json:
        values = [_parse_json_text(text) for text in decoded]
    else:
        values = [value for text in decoded for value in scalar_values(types, text)]
    is_empty = raw[0] == "" and style.is_named and not (texts.is_form and types.allows("string"))
    return Readings(tuple(values), is_defined=len(raw) == 1 and not is_empty)


def _parse_json_text(text: str) -> object:
    parsed = parse_json(text.encode(errors="replace"))
    return MalformedText(text) if parsed.problem else parsed.value


def _read_array(style: ParameterStyle, types: TextTypes, texts: RequestTexts) -> Readings | None:
    raw = _raw_texts(style, texts)
    if not raw:
        return None
    is_defined = not (types.items and _is_structure(types.items))
    if style.repeats_name:
        splits = [[_decode(style, text) for text in raw]]
        if any("," in text for text in splits[0]):  # Many services split such a text too.
            splits.append([item for text in splits[0] for item in text.split(",")])
        # A client may not send a cookie twice (RFC 6265, section 5.4).
        is_single = len(raw) == 1 or style.location != "cookie"
        is_defined = is_defined and is_single and style.style != "deepObject"
    else:
        splits = _splits(style, raw[-1])
        is_defined = is_defined and len(raw) == 1
    is_defined = is_defined and not any("" in split for split in splits)
    values = chain.from_iterable(array_values(types, split) for split in splits)
    return Readings(tuple(values), is_defined)


def _is_structure(types: TextTypes) -> bool:
    """Return whether no scalar has these types: OpenAPI defines no text for nested values."""
    return bool(types.names) and _STRUCTURES.issuperset(types.names)


def _splits(style: ParameterStyle, raw: str) -> list[list[str]]:
    """Return the items of one text, for each way to split it."""
    whole = _decode(style, raw)
    if style.delimiter_is_encoded:
        return [whole.split(style.delimiter)]
    splits = [[_decode(style, part) for part in raw.split(style.delimiter)]]
    splits.append(whole.split(style.delimiter))
    if style.style == "label" and not style.explode:  # Releases of OpenAPI differ in it.
        splits.append([_decode(style, part) for part in raw.split(".")])
    return [split for number, split in enumerate(splits) if split not in splits[:number]]


def _read_object(style: ParameterStyle, types: TextTypes, texts: RequestTexts) -> Readings | None:
    if style.style == "deepObject":
        found = _read_deep_object(style, types, texts)
    elif style.explode and style.is_named:
        found = _read_scattered_object(style, types, texts)
    else:
        found = _read_joined_object(style, types, texts)
    below = (*types.properties.values(), types.others or ANY_TYPES)
    if found is None or not any(map(_is_structure, below)):
        return found
    return Readings(found.values, is_defined=False)


def _read_deep_object(
    style: ParameterStyle, types: TextTypes, texts: RequestTexts
) -> Readings | None:
    """Return the object of the parts `name[property]=text`."""
    prefix = f"{style.name}["
    pairs = [(n, t) for n, t in texts.query if n == style.name or n.startswith(prefix)]
    if not pairs:
        return None
    named = [(n.removeprefix(prefix).removesuffix("]"), _decode(style, t)) for n, t in pairs]
    is_flat = all(n.startswith(prefix) and n.endswith("]") and n.count("[") == 1 for n, _ in pairs)
    return Readings(object_values(types, named), is_flat and _are_unique(named))


def _read_scattered_object(
    style: ParameterStyle, types: TextTypes, texts: RequestTexts
) -> Readings | None:
    """Return the object whose properties are parts of the request themselves."""
    pairs = [(name, _decode(style, text)) for name, text in _pairs(style, texts)]
    known = [(name, text) for name, text in pairs if name in types.properties]
    if not known:
        return None
    values = object_values(types, known)
    others = [(n, t) for n, t in pairs if n not in types.properties and n not in texts.names]
    if others and types.has_other_properties:
        # Another part may be an additional property, or belong to nothing.
        values += object_values(types, [*known, *others])
    return Readings(values, _are_unique(known) and style.location != "cookie")


def _read_joined_object(
    style: ParameterStyle, types: TextTypes, texts: RequestTexts
) -> Readings | None:
    """Return the object of one text."""
    raw = _raw_texts(style, texts)
    if not raw:
        return None
    values: list[object] = []
    is_defined = len(raw) == 1 and raw[0] != ""
    for split in _splits(style, raw[-1]):
        if style.explode:
            pairs = [(name, text) for name, _, text in (part.partition("=") for part in split)]
            is_defined = is_defined and all("=" in part for part in split)
        else:
            pairs = list(zip(split[::2], split[1::2], strict=False))
            is_defined = is_defined and len(split) % 2 == 0
        is_defined = is_defined and _are_unique(pairs)
        values += object_values(types, pairs)
    return Readings(tuple(values), is_defined)


def _are_unique(pairs: Sequence[tuple[str, str]]) -> bool:
    return len({name for name, _ in pairs}) == len(pairs)


def _raw_texts(style: ParameterStyle, texts: RequestTexts) -> list[str]:
    """Return each encoded text of the parameter."""
    if style.is_named:
        return [text for name, text in _pairs(style, texts) if name == style.name]
    if style.location == "header":
        found = texts.headers.get(style.name.lower())
    else:
        found = texts.path.get(style.name)
        if found is not None and style.style == "label":
            found = found.removeprefix(".")
    return [] if found is None else [found]


def _pairs(style: ParameterStyle, texts: RequestTexts) -> Pairs:
    """Return name and encoded text of each part where the parameter can be."""
    if style.location == "path":
        parts = (part.partition("=") for part in texts.path.get(style.name, "").split(";") if part)
        return tuple((unquote(name), text) for name, _, text in parts)
    return texts.query if style.location == "query" else texts.cookies


def _decode(style: ParameterStyle, text: str) -> str:
    if style.location == "header" or not ("%" in text or "+" in text):
        return text
    return unquote_plus(text) if style.location == "query" else unquote(text)


def _decodings(style: ParameterStyle, text: str) -> tuple[str, ...]:
    """Return the decoded text; of a cookie also the text itself, because many services use it."""
    decoded = _decode(style, text)
    return (decoded, text) if style.location == "cookie" and decoded != text else (decoded,)
