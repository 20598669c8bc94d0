"""Examples of a contract, and values generated from its schemas.

A generated value is a value that the schema names, else a small value of its type and bounds. The
same `rng` state gives the same value. The generator ignores `pattern`: such a schema needs an
example.
"""

import math
import random
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openapi.contract import Contract, Json, ResponseSpec
from openapi.json_pointer import get_at


@dataclass(frozen=True, slots=True)
class Example:
    """Example of a response body."""

    media_type: str
    value: Json


def named_examples(contract: Contract, response: ResponseSpec) -> Mapping[str, Example]:
    """Return the `examples` of every media type by name; the first of a name wins."""
    found: dict[str, Example] = {}
    for media_type, schema in response.content.items():
        media: Json = get_at(contract.document, schema.rpartition("/")[0])
        for name, stated in media.get("examples", {}).items():
            found.setdefault(name, Example(media_type, stated["value"]))
    return found


_MAX_SCHEMA_DEPTH = 12
"""Limit of generated values, because schemas may be recursive."""
_DEFAULT_NUMBER_RANGE = 1000
"""Range of a number with only one bound."""


def body_example(contract: Contract, schema_pointer: str, rng: random.Random | None = None) -> Json:
    """Return the first example of a body's media type, or a value of the schema."""
    media: Any = get_at(contract.document, schema_pointer.rpartition("/")[0])
    for stated in media.get("examples", {}).values():
        return stated["value"]
    return (
        media["example"] if "example" in media else generate_value(contract, media["schema"], rng)
    )


def generate_value(
    contract: Contract, schema: Json, rng: random.Random | None = None, depth: int = 0
) -> Json:
    """Return a value of `schema`, which may be a reference; deterministic without `rng`."""
    rng = rng or random.Random(0)  # noqa: S311 - examples, not secrets
    if not isinstance(schema, dict) or depth > _MAX_SCHEMA_DEPTH:
        return None
    named = [schema["const"]] if "const" in schema else schema.get("examples", schema.get("enum"))
    if named:
        return rng.choice(named)
    if "allOf" in schema:
        return _generate_all_of(contract, schema, rng, depth)
    if "$ref" in schema:
        return generate_value(contract, contract.at(schema["$ref"][1:]), rng, depth + 1)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return generate_value(contract, schema[keyword][0], rng, depth + 1)
    return _generate_by_type(contract, schema, rng, depth)


def _generate_by_type(
    contract: Contract, schema: Mapping[str, Json], rng: random.Random, depth: int
) -> Json:
    stated = schema.get("type", "object" if "properties" in schema else "null")
    name = stated[0] if isinstance(stated, list) else stated
    if name == "object":
        parts = schema.get("properties", {}).items()
        return {key: generate_value(contract, part, rng, depth + 1) for key, part in parts}
    if name == "array":
        return _generate_array(contract, schema, rng, depth)
    return _SCALAR_GENERATORS[name](schema, rng)


def _generate_all_of(
    contract: Contract, schema: Mapping[str, Json], rng: random.Random, depth: int
) -> Json:
    beside = {key: value for key, value in schema.items() if key != "allOf"}
    parts = [generate_value(contract, p, rng, depth + 1) for p in (*schema["allOf"], beside)]
    objects = [part for part in parts if isinstance(part, dict)]
    return {k: v for part in objects for k, v in part.items()} if objects else parts[0]


def _generate_array(
    contract: Contract, schema: Mapping[str, Json], rng: random.Random, depth: int
) -> list[Json]:
    count = min(max(schema.get("minItems", 0), 1), schema.get("maxItems", 1_000))
    made: list[Json] = []
    for _ in range(count * 20):  # random items may repeat
        item = generate_value(contract, schema.get("items", {}), rng, depth + 1)
        if len(made) < count and not (schema.get("uniqueItems") and item in made):
            made.append(item)
    return made


def _generate_string(schema: Mapping[str, Json], rng: random.Random) -> str:
    match schema.get("format"):
        case "date-time":
            return f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T12:00:00Z"
        case "date":
            return f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        case "uuid":
            return str(uuid.UUID(int=rng.getrandbits(128), version=4))
        case "regex":
            return "^.*$"
    least = schema.get("minLength", 0)
    length = min(max(least, 8), schema.get("maxLength", 1_000_000))
    return "".join(rng.choices(string.ascii_lowercase, k=length))


def _generate_integer(schema: Mapping[str, Json], rng: random.Random) -> int:
    step = schema.get("multipleOf", 1)
    low, high = numeric_bounds(schema)
    first, last = math.ceil(low / step), math.floor(high / step)
    return int(rng.randint(first, max(first, last)) * step)


def _generate_number(schema: Mapping[str, Json], rng: random.Random) -> float:
    low, high = numeric_bounds(schema)
    if "multipleOf" in schema or high - low > 1:
        return _generate_integer({**schema, "multipleOf": schema.get("multipleOf", 1)}, rng)
    return (low + high) / 2


_SCALAR_GENERATORS: Mapping[str, Callable[[Mapping[str, Json], random.Random], Json]] = {
    "string": _generate_string,
    "integer": _generate_integer,
    "number": _generate_number,
    "boolean": lambda _, rng: rng.random() < 0.5,
    "null": lambda *_: None,
}


def numeric_bounds(schema: Mapping[str, Json]) -> tuple[float, float]:
    """Return minimum and maximum of the numbers that `schema` allows; fill in a missing bound."""
    lows = [schema[k] + n for k, n in (("minimum", 0), ("exclusiveMinimum", 1)) if k in schema]
    highs = [schema[k] - n for k, n in (("maximum", 0), ("exclusiveMaximum", 1)) if k in schema]
    if not lows and not highs:
        return 0, _DEFAULT_NUMBER_RANGE
    low = max(lows) if lows else min(highs) - _DEFAULT_NUMBER_RANGE
    return low, min(highs) if highs else low + _DEFAULT_NUMBER_RANGE
