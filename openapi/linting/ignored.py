"""Rules about what has no effect: headers, servers, keys beside a reference, unknown formats."""

import difflib
from collections.abc import Iterator

from openapi.json_pointer import join_pointer, split_pointer
from openapi.linting.document import Fault, LintedDocument
from openapi.parameters import IGNORED_HEADERS
from openapi.schemas.formats import FORMATS, UNCHECKED_FORMATS
from openapi.server_path import server_path

# fmt: off
_REGISTERED_FORMATS = frozenset([
    "base64url", "binary", "char", "commonmark", "date-time-local", "decimal", "decimal128",
    "double", "double-int", "float", "html", "http-date", "int8", "int16", "int32", "int64",
    "media-range", "password", "sf-binary", "sf-boolean", "sf-decimal", "sf-integer", "sf-string",
    "sf-token", "single", "time-local", "uint8", "uint16", "uint32", "uint64", "unixtime",
])
"""Formats of the OpenAPI format registry that are annotations, or limits of numbers."""
_CONSTRAINTS = frozenset([
    "type", "const", "enum", "multipleOf", "maximum", "exclusiveMaximum", "minimum",
    "exclusiveMinimum", "maxLength", "minLength", "pattern", "format", "maxItems", "minItems",
    "uniqueItems", "maxProperties", "minProperties", "required", "properties", "items",
    "additionalProperties", "allOf", "anyOf", "oneOf", "not",
])
# fmt: on
KNOWN_FORMATS = frozenset([*FORMATS, *UNCHECKED_FORMATS]) | _REGISTERED_FORMATS
_OTHER_NAMES = {"url": "uri", "uriref": "uri-reference", "guid": "uuid", "ip": "ipv4"}


def unknown_formats(document: LintedDocument) -> Iterator[Fault]:
    """Yield formats that neither JSON Schema nor the OpenAPI registry has."""
    for _, (pointer, value) in document.objects("schema"):
        name = value.get("format")
        if not isinstance(name, str) or name in KNOWN_FORMATS:
            continue
        near = difflib.get_close_matches(name.lower(), FORMATS, 1, 0.8)
        guess = _OTHER_NAMES.get(name.lower()) or next(iter(near), None)
        hint = f"; did you mean {guess!r}?" if guess else ""
        edit = f"write {guess!r}" if guess else "state the constraint by another keyword as well"
        message = f"the format {name!r} is unknown, so it is no constraint{hint}"
        yield Fault(join_pointer(pointer, "format"), message, edit)


def ignored_headers(document: LintedDocument) -> Iterator[Fault]:
    """Yield header parameters and headers of messages that OpenAPI ignores."""
    for _, (pointer, value) in document.objects("parameter"):
        name = value.get("name")
        if (
            value.get("in") == "header"
            and isinstance(name, str)
            and name.lower() in IGNORED_HEADERS
        ):
            message = f"OpenAPI ignores a header parameter {name!r}"
            edit = "state it as the media type of a body, or as a security scheme"
            yield Fault(pointer, message, edit)
    for _, (pointer, _value) in document.objects("header"):
        *above, name = split_pointer(pointer)
        if name.lower() == "content-type" and above != ["components", "headers"]:
            message = f"OpenAPI ignores the header {name!r} here"
            yield Fault(pointer, message, "state it as the media type of the content")


def ignored_servers(document: LintedDocument) -> Iterator[Fault]:
    """Yield servers of paths and operations that differ from those of the document."""
    whole = document.stated.get("servers")
    for kind, (pointer, value) in document.objects("path-item", "operation"):
        servers = value.get("servers")
        if servers and servers != whole:
            noun = "a path" if kind == "path-item" else "an operation"
            path = server_path(whole) or "/"
            message = f"servers of {noun} have no effect: requests go to one URL, below {path}"
            edit = "state the servers in the document, and the whole path here"
            yield Fault(join_pointer(pointer, "servers"), message, edit)


def ignored_siblings(document: LintedDocument) -> Iterator[Fault]:
    """Yield constraints beside a reference, which OpenAPI 3.0 ignores."""
    if document.version != "3.0":
        return
    for _, (pointer, value) in document.objects("schema"):
        if not isinstance(value.get("$ref"), str):
            continue
        for key in value:
            if key in _CONSTRAINTS:
                message = f"OpenAPI 3.0 ignores {key!r} beside `$ref`"
                edit = "combine both with allOf, or remove it"
                yield Fault(join_pointer(pointer, key), message, edit)
