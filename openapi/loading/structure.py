"""Structure of an OpenAPI document: which objects are where (OpenAPI 3.1.1, section 4.8).

The table says where objects are, so that an example that looks like a schema stays as it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Field:
    """Field of an object that has other objects."""

    kind: str
    """Kind of the object, or of each object in the map or list."""
    shape: str = "one"
    """`one`, `map` or `list`."""


def _one(kind: str) -> Field:
    return Field(kind)


def _map(kind: str) -> Field:
    return Field(kind, "map")


def _list(kind: str) -> Field:
    return Field(kind, "list")


_SCHEMA_FIELDS = {
    **dict.fromkeys(
        ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"),
        _map("schema"),
    ),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _list("schema")),
    **dict.fromkeys(
        (
            *("items", "additionalProperties", "not", "if", "then", "else", "contains"),
            *("propertyNames", "unevaluatedItems", "unevaluatedProperties", "contentSchema"),
        ),
        _one("schema"),
    ),
    "discriminator": _one("discriminator"),
    "xml": _one("xml"),
    "externalDocs": _one("external-docs"),
}
_SERVERS = {"servers": _list("server")}
_DOCS = {"externalDocs": _one("external-docs")}
FIELDS: Mapping[str, Mapping[str, Field]] = {
    "document": {
        "info": _one("info"),
        **_SERVERS,
        "tags": _list("tag"),
        **_DOCS,
        "paths": _map("path-item"),
        "webhooks": _map("path-item"),
        "components": _one("components"),
    },
    "info": {"contact": _one("contact"), "license": _one("license")},
    "contact": {},
    "license": {},
    "server": {"variables": _map("server-variable")},
    "server-variable": {},
    "tag": _DOCS,
    "external-docs": {},
    "components": {
        "schemas": _map("schema"),
        "responses": _map("response"),
        "parameters": _map("parameter"),
        "examples": _map("example"),
        "requestBodies": _map("request-body"),
        "headers": _map("header"),
        "securitySchemes": _map("security-scheme"),
        "links": _map("link"),
        "callbacks": _map("callback"),
        "pathItems": _map("path-item"),
    },
    "path-item": {
        **_SERVERS,
        "parameters": _list("parameter"),
        **dict.fromkeys(METHODS, _one("operation")),
    },
    "operation": {
        **_SERVERS,
        **_DOCS,
        "parameters": _list("parameter"),
        "requestBody": _one("request-body"),
        "responses": _map("response"),
        "callbacks": _map("callback"),
    },
    "request-body": {"content": _map("media-type")},
    "media-type": {
        "schema": _one("schema"),
        "examples": _map("example"),
        "encoding": _map("encoding"),
    },
    "encoding": {"headers": _map("header")},
    "response": {
        "headers": _map("header"),
        "content": _map("media-type"),
        "links": _map("link"),
    },
    "parameter": {
        "schema": _one("schema"),
        "content": _map("media-type"),
        "examples": _map("example"),
    },
    "header": {
        "schema": _one("schema"),
        "content": _map("media-type"),
        "examples": _map("example"),
    },
    "schema": _SCHEMA_FIELDS,
    "discriminator": {},
    "xml": {},
    "example": {},
    "security-scheme": {"flows": _one("oauth-flows")},
    "oauth-flows": dict.fromkeys(
        ("implicit", "password", "clientCredentials", "authorizationCode"), _one("oauth-flow")
    ),
    "oauth-flow": {},
    "link": {"server": _one("server")},
}


def child_objects(
    kind: str, value: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    """Yield path, kind and value of each object in the fields of `value`, an object of `kind`."""
    if kind == "callback":
        yield from (((key,), "path-item", item) for key, item in value.items() if key[:2] != "x-")
        return
    fields = FIELDS[kind]
    for key, item in value.items():
        field = fields.get(key)
        if field is None:
            continue
        if field.shape == "one":
            yield (key,), field.kind, item
        elif field.shape == "map" and isinstance(item, dict):
            for name, below in item.items():
                if field.kind == "schema" or not name.startswith("x-"):
                    yield (key, name), field.kind, below
        elif field.shape == "list" and isinstance(item, list):
            yield from (((key, str(index)), field.kind, below) for index, below in enumerate(item))
