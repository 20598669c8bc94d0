"""Negation of a schema: schemas of which one or more are true where the schema is false."""

from collections.abc import Mapping, Sequence
from typing import Any

Json = Any
_TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
_ANNOTATIONS = frozenset(
    ["title", "description", "default", "examples", "example", "deprecated", "$comment",
     "readOnly", "writeOnly", "externalDocs", "xml"]
)  # fmt: skip


FINAL = "x-hookproof-final"
"""Mark of a `not` that has no counterpart."""


def negations(schema: Json) -> list[Json]:
    """Return schemas that together mean `not: schema`; a value satisfies it if it does one.

    A keyword that has no counterpart stays behind a `not`.
    """
    if not isinstance(schema, dict):
        return [not schema]
    found: list[Json] = []
    for keyword, value in schema.items():
        if keyword not in _ANNOTATIONS and not keyword.startswith("x-"):
            found += _of_keyword(keyword, value, schema)
    return found


def _of_keyword(keyword: str, value: Json, schema: Mapping[str, Json]) -> list[Json]:
    counterparts: list[Json] = [{"not": {keyword: value}, FINAL: True}]
    match keyword:
        case "required":
            counterparts = [{"properties": {name: False}} for name in value]
        case "properties":
            counterparts = [
                {"type": "object", "required": [name], "properties": {name: {"not": below}}}
                for name, below in value.items()
            ]
        case "type":
            counterparts = _other_types([value] if isinstance(value, str) else value)
        case "anyOf":
            counterparts = [{"allOf": [{"not": branch} for branch in value]}]
        case "allOf":
            counterparts = [{"not": branch} for branch in value]
        case "not":
            counterparts = [value]
        case "additionalProperties" | "patternProperties" | "items" | "then" | "else":
            # They depend on the keywords beside them.
            beside = {key: item for key, item in schema.items() if key != "required"}
            counterparts = [{"not": beside, FINAL: True}]
        case "$ref":
            counterparts = [{"not": {"$ref": value}}]
    return counterparts


def _other_types(excluded: Sequence[str]) -> list[Json]:
    others = [name for name in _TYPES if name not in excluded]
    if "number" in excluded and "integer" in others:
        others.remove("integer")
    return [{"type": others}] if others else []
