"""Request bodies: the bytes of a value by its media type, and the values that bytes can mean. Pure.

JSON, forms, multipart forms, texts and bytes. The value of a form is an object with its fields.
"""

import codecs
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from openapi.json_pointer import escape_token
from openapi.media_type import BodyKind, MediaType, body_kind, parse_media_type
from openapi.serialization.multipart import (
    MalformedMultipart,
    Part,
    boundary_for,
    parse_parts,
    write_parts,
)
from openapi.serialization.readings import (
    Pairs,
    RequestTexts,
    is_scattered,
    read_parameter,
    split_query,
)
from openapi.serialization.styles import ParameterStyle, write_parameter
from openapi.serialization.text_values import (
    ANY_TYPES,
    MalformedText,
    Readings,
    TextTypes,
    last_and_first,
    scalar_values,
    serialize_value,
)
from openapi.strict_json import parse_json

ABSENT = object()
"""Reading of an empty body: the request has none."""
FILE_NAME = "hookproof.bin"
"""File name of each file in a multipart form."""
_MAX_READINGS = 16
"""Limit of the readings of a form after the first one: each is validated as a whole."""
_ASCII_SUPERSETS = ("utf-8", "us-ascii", "ascii")


@dataclass(frozen=True, slots=True, eq=False)
class FormField:
    """Property of a form body."""

    style: ParameterStyle
    types: TextTypes
    content_type: str | None = None
    """Content-Type of its part of a multipart form; None: the part has none."""

    @property
    def is_file(self) -> bool:
        """Whether the value is a file, or several."""
        return self.types.is_binary or (self.types.items is not None and self.types.items.is_binary)

    @property
    def is_json(self) -> bool:
        """Whether the form has the JSON text of the value."""
        is_json_part = self.content_type is not None and body_kind(self.content_type) == "json"
        return self.style.is_json or is_json_part


@dataclass(frozen=True, slots=True, eq=False)
class MediaTypeSpec:
    """Documented media type of a request body."""

    name: str
    """Media type or range as the contract states it."""
    pointer: str
    schema: str | None
    """Pointer of the schema, or None without one."""
    sent: str
    """Media type that a client sends; of a range, one of its types."""
    kind: BodyKind | None
    """None: hookproof cannot write such a body."""
    types: TextTypes = ANY_TYPES
    fields: Mapping[str, FormField] = field(default_factory=dict)
    """Properties of a form, by name."""

    @property
    def is_form(self) -> bool:
        """Whether the body is a form: an object whose properties are texts or files."""
        return self.kind in ("form", "multipart")


@dataclass(frozen=True, slots=True)
class BodyReadings:
    """Values that a body can mean."""

    values: tuple[object, ...]
    """The most probable one first; `ABSENT` for an empty body."""
    problem: str | None = None
    """Reason why the body is not of its media type, or None."""
    is_defined: bool = True
    """False if the specification does not say how to read the body."""
    files: frozenset[str] = frozenset()
    """Pointers of the values that are bytes, which no schema judges."""


def encode_json(data: object) -> bytes:
    """Return `data` as UTF-8 JSON; escape lone surrogates, which UTF-8 cannot encode."""
    text = json.dumps(data, ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(data).encode()


def write_body(spec: MediaTypeSpec, value: object) -> tuple[str, bytes]:
    """Return Content-Type and bytes of a body with `value`."""
    match spec.kind:
        case "form":
            return spec.sent, "&".join(_form_parts(spec, _as_object(value))).encode()
        case "multipart":
            parts = list(_multipart_parts(spec, _as_object(value)))
            boundary = boundary_for(parts)
            return f"{spec.sent}; boundary={boundary}", write_parts(parts, boundary)
        case "text":
            text = serialize_value(value)
            is_plain = text.isascii() or "charset" in spec.sent.lower()
            content_type = spec.sent if is_plain else f"{spec.sent}; charset=utf-8"
            return content_type, text.encode(errors="replace")
        case "bytes":
            return spec.sent, _as_bytes(value)
    return spec.sent, encode_json(value)


def _as_object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _as_bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    text = serialize_value(value)
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:  # half of a surrogate pair that is no byte
        return text.encode(errors="replace")


def _form_parts(spec: MediaTypeSpec, value: Mapping[str, object]) -> Iterable[str]:
    for name, item in value.items():
        known = spec.fields.get(name)
        style = known.style if known else ParameterStyle(name, "query", "form", explode=True)
        yield from write_parameter(style, item)


def _multipart_parts(spec: MediaTypeSpec, value: Mapping[str, object]) -> Iterable[Part]:
    for name, item in value.items():
        known = spec.fields.get(name, FormField(ParameterStyle(name, "query", "form"), ANY_TYPES))
        for one in item if isinstance(item, list) else [item]:
            if known.is_file:
                content = _as_bytes(one)
            elif known.is_json:
                content = encode_json(one)
            else:
                content = serialize_value(one).encode(errors="replace")
            yield Part(name, content, FILE_NAME if known.is_file else None, known.content_type)


def read_body(spec: MediaTypeSpec, content_type: str, raw: bytes) -> BodyReadings:
    """Return what the bytes of a body can mean; never raises."""
    if not raw and spec.kind != "json":
        return _read_empty_body(spec)
    match spec.kind:
        case "form":
            return _read_form(spec, raw)
        case "multipart":
            return _read_multipart(spec, parse_media_type(content_type.encode()), raw)
        case "text":
            return _read_text(spec, parse_media_type(content_type.encode()), raw)
        case "json":
            parsed = parse_json(raw)
            return BodyReadings((parsed.value,), parsed.problem)
    text = raw.decode(errors="surrogateescape")
    return BodyReadings((text,), None, spec.kind is not None, frozenset([""]))


def _read_empty_body(spec: MediaTypeSpec) -> BodyReadings:
    if spec.is_form:
        return BodyReadings(({}, ABSENT))
    return BodyReadings(("", ABSENT), None, spec.kind is not None, _root_if_bytes(spec))


def _root_if_bytes(spec: MediaTypeSpec) -> frozenset[str]:
    return frozenset() if spec.kind == "text" else frozenset([""])


def _read_text(spec: MediaTypeSpec, media_type: MediaType | None, raw: bytes) -> BodyReadings:
    stated = media_type.charsets if media_type else ()
    charset = stated[0] if stated else "utf-8"
    try:
        text = raw.decode(charset if charset not in _ASCII_SUPERSETS else "utf-8")
        codecs.lookup(charset)
    except (UnicodeDecodeError, LookupError):
        return BodyReadings((raw.decode("latin-1"),), is_defined=False)
    is_defined = len(set(stated)) < 2 and not {"array", "object"} & {*spec.types.names}
    return BodyReadings(scalar_values(spec.types, text), is_defined=is_defined)


def _read_form(spec: MediaTypeSpec, raw: bytes) -> BodyReadings:
    pairs = split_query(raw.decode(errors="replace"))
    names = frozenset(spec.fields)
    by_name: dict[str, list[tuple[str, str]]] = {}
    by_field: dict[str, list[tuple[str, str]]] = {}
    for name, text in pairs:
        field_name = name.partition("[")[0]
        if field_name in names:
            by_field.setdefault(field_name, []).append((name, text))
        else:
            by_name.setdefault(name, []).append((name, text))

    def read(style: ParameterStyle, types: TextTypes, some: Pairs) -> Readings | None:
        return read_parameter(style, types, RequestTexts(query=some, names=names, is_form=True))

    found: dict[str, Readings] = {}
    for name, known in spec.fields.items():
        # One part of a form may belong to several fields; otherwise a field reads its own parts.
        is_anywhere = "[" in name or is_scattered(known.style, known.types)
        own = pairs if is_anywhere else tuple(by_field.get(name, ()))
        if readings := read(known.style, known.types, own):
            found[name] = readings
    for name, own_pairs in by_name.items():
        if name not in names:
            style = ParameterStyle(name, "query", "form", explode=True)
            readings = read(style, spec.types.others or ANY_TYPES, tuple(own_pairs))
            assert readings is not None, "the form has the name"
            found[name] = readings
    return _combined(found, frozenset())


def _read_multipart(spec: MediaTypeSpec, media_type: MediaType | None, raw: bytes) -> BodyReadings:
    if media_type is None:
        problem = "the Content-Type is malformed; a boundary with special characters needs quotes"
        return BodyReadings(({},), problem)
    if not media_type.boundary:
        return BodyReadings(({},), "the Content-Type has no boundary")
    try:
        parts, is_complete = parse_parts(raw, media_type.boundary)
    except MalformedMultipart as error:
        return BodyReadings(({},), str(error))
    by_name: dict[str, list[Part]] = {}
    for part in parts:
        by_name.setdefault(part.name, []).append(part)
    found: dict[str, Readings] = {}
    files: set[str] = set()
    for name, group in by_name.items():
        known = spec.fields.get(name, FormField(ParameterStyle(name, "query", "form"), ANY_TYPES))
        found[name] = _read_parts(known, group)
        if known.is_file:
            place = f"/{escape_token(name)}"
            is_list = "array" in known.types.names
            files |= {f"{place}/{n}" for n in range(len(group))} if is_list else {place}
    readings = _combined(found, frozenset(files))
    return BodyReadings(readings.values, None, readings.is_defined and is_complete, readings.files)


def _read_parts(known: FormField, parts: list[Part]) -> Readings:
    """Return what the parts with one name can mean."""
    is_array = "array" in known.types.names
    types = (known.types.items or ANY_TYPES) if is_array else known.types
    read = [_read_part(types, part, is_json=known.is_json) for part in parts]
    is_defined = all(readings.is_defined for readings in read)
    if not is_array:
        values = tuple(v for readings in last_and_first(read) for v in readings.values)
        return Readings(values, is_defined and len(parts) == 1)
    longest = max(len(readings.values) for readings in read)
    arrays = [[r.values[min(n, len(r.values) - 1)] for r in read] for n in range(longest)]
    return Readings(tuple(arrays), is_defined)


def _read_part(types: TextTypes, part: Part, *, is_json: bool) -> Readings:
    if types.is_binary:
        # Many services take a part without a file name for a text.
        return Readings(
            (part.content.decode(errors="surrogateescape"),), part.file_name is not None
        )
    try:
        text = part.content.decode()
    except UnicodeDecodeError:
        return Readings((part.content.decode("latin-1"),), is_defined=False)
    if is_json:
        parsed = parse_json(part.content)
        return Readings((MalformedText(text) if parsed.problem else parsed.value,))
    is_structure = bool(types.names) and {"array", "object"}.issuperset(types.names)
    is_empty = not text and not types.allows("string")
    is_defined = part.file_name is None and not is_structure and not is_empty
    return Readings(scalar_values(types, text), is_defined)


def _combined(found: Mapping[str, Readings], files: frozenset[str]) -> BodyReadings:
    """Return the objects of these properties: the first readings, and each other one alone.

    A body with more than `_MAX_READINGS` of them is not defined.
    """
    first = {name: readings.values[0] for name, readings in found.items()}
    others = (
        {**first, name: value} for name, readings in found.items() for value in readings.values[1:]
    )
    values = (first, *islice(others, _MAX_READINGS))
    is_complete = next(others, None) is None
    is_defined = is_complete and all(readings.is_defined for readings in found.values())
    return BodyReadings(values, None, is_defined, files)
