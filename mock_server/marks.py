"""Values by the contract: where in a value a schema has a mark, and a value where none is given."""

from collections.abc import Iterator
from typing import cast

from openapi.document import Contract, Json
from openapi.pointer import join

_DEPTH = 12
"""Schemas may contain themselves; values made from them need not go deeper."""

_BY_FORMAT = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def marked(
    contract: Contract, schema: Json, keyword: str, place: str = "", depth: int = 0
) -> Iterator[tuple[str, Json]]:
    """Yield the pointers into a value of `schema` whose schema has `keyword`, and what it says."""
    if not isinstance(schema, dict) or depth > _DEPTH:
        return
    if "$ref" in schema:
        yield from marked(contract, contract.at(schema["$ref"][1:]), keyword, place, depth + 1)
    if keyword in schema:
        yield place, schema[keyword]
    for name, part in schema.get("properties", {}).items():
        yield from marked(contract, part, keyword, join(place, name), depth + 1)


def example(contract: Contract, schema_pointer: str) -> Json:
    """Return the first example beside the schema of an answer or body, or a value of the schema."""
    media = contract.at(schema_pointer.removesuffix("/schema"))
    for stated in media.get("examples", {}).values():
        return stated["value"]
    return media["example"] if "example" in media else sample(contract, media["schema"])


def sample(contract: Contract, schema: Json, depth: int = 0) -> Json:
    """Return a plain value of `schema`: what it names, or the least that its type allows."""
    if not isinstance(schema, dict) or depth > _DEPTH:
        return None
    if "$ref" in schema:
        return sample(contract, contract.at(schema["$ref"][1:]), depth + 1)
    if "const" in schema:
        return schema["const"]
    for listed in ("examples", "enum"):
        if schema.get(listed):
            return schema[listed][0]
    for keyword in ("allOf", "anyOf", "oneOf"):
        if keyword in schema:
            return sample(contract, schema[keyword][0], depth + 1)
    stated = schema.get("type", "object" if "properties" in schema else "null")
    return _of_type(contract, stated[0] if isinstance(stated, list) else stated, schema, depth)


def _of_type(contract: Contract, name: str, schema: dict[str, Json], depth: int) -> Json:
    if name == "object":
        parts = cast("dict[str, Json]", schema.get("properties", {}))
        return {key: sample(contract, part, depth + 1) for key, part in parts.items()}
    if name == "array":
        count = schema.get("minItems", 0)
        return [sample(contract, schema.get("items", {}), depth + 1) for _ in range(count)]
    if name == "string":
        return _BY_FORMAT.get(schema.get("format", ""), "x" * schema.get("minLength", 1))
    if name in ("integer", "number"):
        return schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    return False if name == "boolean" else None
