"""Builder of parameter styles and of the media types of request bodies. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from openapi.contract import Json
from openapi.json_pointer import get_at, join_pointer
from openapi.media_type import body_kind, essence_of
from openapi.serialization.bodies import FormField, MediaTypeSpec
from openapi.serialization.styles import DEFAULT_STYLES, ParameterStyle
from openapi.serialization.text_values import ANY_TYPES, TextTypes, text_types


def build_style(stated: Mapping[str, Json], media_type: str | None) -> ParameterStyle:
    """Return the style of a parameter object, with the defaults of OpenAPI.

    `media_type` is that of its `content`, or None.
    """
    style = stated.get("style", DEFAULT_STYLES[stated["in"]])
    explode = bool(stated.get("explode", style == "form"))
    reserved = bool(stated.get("allowReserved", False))
    if media_type is not None:
        style, explode = DEFAULT_STYLES[stated["in"]], False
    return ParameterStyle(stated["name"], stated["in"], style, explode, reserved, media_type)


def build_media_types(document: Mapping[str, Json], pointer: str) -> Mapping[str, MediaTypeSpec]:
    """Return the media types of the `content` at `pointer`; empty without one."""
    content = get_at(document, pointer)
    names = content if isinstance(content, dict) else ()
    return {name: _media_type(document, join_pointer(pointer, name), name) for name in names}


def _media_type(document: Mapping[str, Json], pointer: str, name: str) -> MediaTypeSpec:
    stated = get_at(document, pointer)
    media: Mapping[str, Json] = stated if isinstance(stated, dict) else {}
    schema = join_pointer(pointer, "schema") if media.get("schema") else None
    is_typed = schema is not None and body_kind(name) != "json"  # a JSON text has its own types
    types = text_types(document, join_pointer(pointer, "schema")) if is_typed else ANY_TYPES
    sent = _media_type_of_range(name, types, has_schema=schema is not None)
    kind = body_kind(sent)
    encodings = media.get("encoding", {})
    fields = {
        field: _form_field(field, part, encodings.get(field, {}), is_multipart=kind == "multipart")
        for field, part in types.properties.items()
    }
    return MediaTypeSpec(name, pointer, schema, sent, kind, types, fields)


def _media_type_of_range(name: str, types: TextTypes, *, has_schema: bool) -> str:
    """Return a media type in the range `name`, or `name` if it is no range."""
    essence = essence_of(name)
    if essence in ("*/*", "application/*"):
        is_json = has_schema and not types.is_binary
        return "application/json" if is_json else "application/octet-stream"
    return "text/plain" if essence == "text/*" else name


def _form_field(
    name: str, types: TextTypes, encoding: Mapping[str, Json], *, is_multipart: bool
) -> FormField:
    stated = str(encoding.get("contentType", "")).partition(",")[0].strip()
    if is_multipart:
        types = _with_files(types, stated)
        content_type = stated or _part_type(types)
        return FormField(ParameterStyle(name, "query", "form"), types, _sent_type(content_type))
    style = encoding.get("style", "form")
    # Without a style, a form has the JSON text of an object.
    has_style = "style" in encoding or "explode" in encoding
    is_json = body_kind(stated) == "json" or ("object" in types.names and not stated)
    return FormField(
        ParameterStyle(
            name,
            "query",
            style,
            bool(encoding.get("explode", style == "form")),
            bool(encoding.get("allowReserved", False)),
            (stated or "application/json") if is_json and not has_style else None,
        ),
        types,
    )


def _with_files(types: TextTypes, content_type: str) -> TextTypes:
    """Return `types` of a part; a string with a stated type that is no text is a file."""
    is_text = not content_type or body_kind(_sent_type(content_type) or "") in ("json", "text")
    return types if is_text or "object" in types.names else replace(types, is_binary=True)


def _part_type(types: TextTypes) -> str | None:
    """Return the default Content-Type of a part (OpenAPI 3.1, section 4.8.15.1), None for text."""
    inner = types.items if types.items is not None and "array" in types.names else types
    if inner.is_binary:
        return inner.media_type or "application/octet-stream"
    return "application/json" if {"object", "array"} & {*inner.names} else None


def _sent_type(stated: str | None) -> str | None:
    """Return a media type for a part; of a range, one of its types."""
    if stated is None or "*" not in stated:
        return stated
    return {"text/*": "text/plain", "image/*": "image/png"}.get(stated, "application/octet-stream")
