"""Conversion of one schema object to JSON Schema Draft 2020-12, in place.

OpenAPI 3.0 (section 4.7.24) has its own dialect: `nullable`, boolean `exclusiveMinimum`, `example`,
and references without siblings. A keyword with a value that its specification forbids is removed,
and so is a pattern that no engine reads: it is then no constraint.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from openapi.schemas.patterns import is_usable_pattern

Json = Any
_TYPES = frozenset(["null", "boolean", "object", "array", "number", "integer", "string"])
_INTEGER_LIMITS = {"int32": 2**31, "int64": 2**63}
_COMBINATIONS = ("$ref", "allOf", "anyOf", "oneOf")


def convert_schema(
    schema: dict[str, Json], *, is_version_3_0: bool
) -> Iterator[tuple[str, str, str]]:
    """Convert `schema`; yield keyword, message and edit of each fault."""
    _convert_dependencies(schema)
    yield from _remove_invalid_keywords(schema)
    _convert_exclusive_bounds(schema)
    if "example" in schema and "examples" not in schema:
        schema["examples"] = [schema["example"]]
    _add_integer_limits(schema)
    if isinstance(schema.get("items"), list):
        schema["prefixItems"] = schema.pop("items")
    if is_version_3_0 and "$ref" in schema:
        allowed = {"$ref", "nullable"}
        for key in [key for key in schema if key not in allowed and not key.startswith("x-")]:
            del schema[key]
    if schema.pop("nullable", False) is True:
        _allow_null(schema)


def _convert_dependencies(schema: dict[str, Json]) -> None:
    """Convert `dependencies`, an earlier keyword that only some validators still know."""
    stated = schema.pop("dependencies", None)
    for name, needed in stated.items() if isinstance(stated, dict) else ():
        keyword = "dependentRequired" if isinstance(needed, list) else "dependentSchemas"
        holder = schema.setdefault(keyword, {})
        if isinstance(holder, dict):
            holder.setdefault(name, needed)


def _convert_exclusive_bounds(schema: dict[str, Json]) -> None:
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if not isinstance(schema.get(exclusive), bool):
            continue
        if schema.pop(exclusive) and inclusive in schema:
            schema[exclusive] = schema.pop(inclusive)


def _add_integer_limits(schema: dict[str, Json]) -> None:
    limit = _INTEGER_LIMITS.get(schema.get("format", ""))
    types = schema.get("type")
    if limit is None or "integer" not in ([types] if isinstance(types, str) else types or []):
        return
    if "minimum" not in schema and "exclusiveMinimum" not in schema:
        schema["minimum"] = -limit
    if "maximum" not in schema and "exclusiveMaximum" not in schema:
        schema["maximum"] = limit - 1


def _allow_null(schema: dict[str, Json]) -> None:
    """Allow null beside the schema, also where 3.0 would ignore `nullable`, as authors mean it."""
    if any(key in schema for key in _COMBINATIONS):
        within = {key: schema.pop(key) for key in [*schema] if key not in ("readOnly", "writeOnly")}
        schema["anyOf"] = [within, {"type": "null"}]
        return
    if "type" in schema:
        types = schema["type"]
        listed = [types] if isinstance(types, str) else types
        schema["type"] = [*listed, *(["null"] if "null" not in listed else [])]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]


def _is_count(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_schema(value: Json) -> bool:
    return isinstance(value, dict | bool)


def _is_schema_list(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_schema, value))


def _is_schema_map(value: Json) -> bool:
    return isinstance(value, dict) and all(map(_is_schema, value.values()))


def _is_type(value: Json) -> bool:
    listed = [value] if isinstance(value, str) else value
    return (
        isinstance(listed, list)
        and bool(listed)
        and all(isinstance(t, str) and t in _TYPES for t in listed)
    )


_RULES: Mapping[str, tuple[Callable[[Json], bool], str]] = {
    "$ref": (lambda v: isinstance(v, str), "a string"),
    "type": (_is_type, f"one of {', '.join(sorted(_TYPES))}, or an array of them"),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
        (_is_count, "a number of at least 0"),
    ),
    **dict.fromkeys(("minimum", "maximum"), (_is_number, "a number")),
    **dict.fromkeys(
        ("exclusiveMinimum", "exclusiveMaximum"),
        (lambda v: _is_number(v) or isinstance(v, bool), "a number (3.1) or a boolean (3.0)"),
    ),
    "multipleOf": (lambda v: _is_number(v) and v > 0, "a number above 0"),
    "uniqueItems": (lambda v: isinstance(v, bool), "a boolean"),
    "pattern": (
        lambda v: isinstance(v, str) and is_usable_pattern(v),
        "a regular expression of ECMA 262 that can be compiled",
    ),
    "format": (lambda v: isinstance(v, str), "a string"),
    "enum": (lambda v: isinstance(v, list) and bool(v), "a non-empty array"),
    "examples": (lambda v: isinstance(v, list), "an array"),
    "required": (
        lambda v: isinstance(v, list) and all(isinstance(name, str) for name in v),
        "an array of property names, beside `properties`",
    ),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), (_is_schema_list, "a non-empty array of schemas")),
    "prefixItems": (_is_schema_list, "a non-empty array of schemas"),
    "items": (lambda v: _is_schema(v) or _is_schema_list(v), "a schema"),
    **dict.fromkeys(
        ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"),
        (_is_schema_map, "an object of schemas"),
    ),
    **dict.fromkeys(
        (
            *("additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"),
            *("unevaluatedItems", "unevaluatedProperties", "contentSchema"),
        ),
        (_is_schema, "a schema"),
    ),
    "dependentRequired": (lambda v: isinstance(v, dict), "an object"),
}


def _remove_invalid_keywords(schema: dict[str, Json]) -> Iterator[tuple[str, str, str]]:
    for keyword in [*schema]:
        rule = _RULES.get(keyword)
        if rule is not None and not rule[0](schema[keyword]):
            value = schema.pop(keyword)
            yield keyword, f"{keyword} is {_shown(value)}, not {rule[1]}", f"make it {rule[1]}"


def _shown(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:50]}..."


IDENTIFIERS = ("$schema", "$id", "id", "$anchor", "$dynamicAnchor")
"""Keywords that only identify a schema: references are pointers once a document is loaded."""
