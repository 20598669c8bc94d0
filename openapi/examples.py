"""The examples that a contract gives of an answer, by their names.

Values of a schema, for where a contract gives no example: the same for the same chooser.

Plain values: what a schema names, else something small that its type and bounds allow. A `pattern`
is not read: beside one the schema needs an example."""

import math
import random
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openapi.contract import Contract, Json, Response
from openapi.json_pointer import MISSING, get
from openapi.parameters import Parameter, write


@dataclass(frozen=True, slots=True)
class Example:
    """A body of an answer."""

    media_type: str
    value: Json


def named_examples(contract: Contract, response: Response) -> Mapping[str, Example]:
    """Return the examples under `examples` of every media type; of one name the first counts."""
    found: dict[str, Example] = {}
    for media_type, schema in response.content.items():
        media: Json = get(contract.document, schema.rpartition("/")[0])
        for name, stated in media.get("examples", {}).items():
            found.setdefault(name, Example(media_type, stated["value"]))
    return found


_DEPTH = 12
"""Schemas may contain themselves; values made from them need not go deeper."""
_ROOM = 1000
"""How far a number without a second bound may be from its first."""


def example(contract: Contract, schema_pointer: str, choose: random.Random | None = None) -> Json:
    """Return the first example beside the schema of a body, or a value of the schema."""
    media: Any = get(contract.document, schema_pointer.rpartition("/")[0])
    for stated in media.get("examples", {}).values():
        return stated["value"]
    return media["example"] if "example" in media else sample(contract, media["schema"], choose)


def text_of(contract: Contract, parameter: Parameter, choose: random.Random | None = None) -> str:
    """Return what stands in a request for a valid value of `parameter`: its example, if any."""
    value = parameter.example
    if value is MISSING:
        value = sample(contract, contract.at(parameter.schema), choose)
    return write(value)


def sample(
    contract: Contract, schema: Json, choose: random.Random | None = None, depth: int = 0
) -> Json:
    """Return a value of `schema`, which may be a reference; always the same without `choose`."""
    choose = choose or random.Random(0)  # noqa: S311 - examples, not secrets
    if not isinstance(schema, dict) or depth > _DEPTH:
        return None
    named = [schema["const"]] if "const" in schema else schema.get("examples", schema.get("enum"))
    if named:
        return choose.choice(named)
    if "allOf" in schema:
        return _merged(contract, schema, choose, depth)
    if "$ref" in schema:
        return sample(contract, contract.at(schema["$ref"][1:]), choose, depth + 1)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return sample(contract, schema[keyword][0], choose, depth + 1)
    return _of_type(contract, schema, choose, depth)


def _of_type(
    contract: Contract, schema: Mapping[str, Json], choose: random.Random, depth: int
) -> Json:
    stated = schema.get("type", "object" if "properties" in schema else "null")
    name = stated[0] if isinstance(stated, list) else stated
    if name == "object":
        parts = schema.get("properties", {}).items()
        return {key: sample(contract, part, choose, depth + 1) for key, part in parts}
    if name == "array":
        return _array(contract, schema, choose, depth)
    return _SCALARS[name](schema, choose)


def _merged(
    contract: Contract, schema: Mapping[str, Json], choose: random.Random, depth: int
) -> Json:
    beside = {key: value for key, value in schema.items() if key != "allOf"}
    parts = [sample(contract, p, choose, depth + 1) for p in (*schema["allOf"], beside)]
    objects = [part for part in parts if isinstance(part, dict)]
    return {k: v for part in objects for k, v in part.items()} if objects else parts[0]


def _array(
    contract: Contract, schema: Mapping[str, Json], choose: random.Random, depth: int
) -> list[Json]:
    count = min(max(schema.get("minItems", 0), 1), schema.get("maxItems", 1_000))
    made: list[Json] = []
    for _ in range(count * 20):  # of few possible items some come twice
        item = sample(contract, schema.get("items", {}), choose, depth + 1)
        if len(made) < count and not (schema.get("uniqueItems") and item in made):
            made.append(item)
    return made


def _text(schema: Mapping[str, Json], choose: random.Random) -> str:
    match schema.get("format"):
        case "date-time":
            return f"2026-{choose.randint(1, 12):02}-{choose.randint(1, 28):02}T12:00:00Z"
        case "date":
            return f"2026-{choose.randint(1, 12):02}-{choose.randint(1, 28):02}"
        case "uuid":
            return str(uuid.UUID(int=choose.getrandbits(128), version=4))
        case "regex":
            return "^.*$"
    least = schema.get("minLength", 0)
    length = min(max(least, 8), schema.get("maxLength", 1_000_000))
    return "".join(choose.choices(string.ascii_lowercase, k=length))


def _integer(schema: Mapping[str, Json], choose: random.Random) -> int:
    step = schema.get("multipleOf", 1)
    low, high = bounds(schema)
    first, last = math.ceil(low / step), math.floor(high / step)
    return int(choose.randint(first, max(first, last)) * step)


def _number(schema: Mapping[str, Json], choose: random.Random) -> float:
    low, high = bounds(schema)
    if "multipleOf" in schema or high - low > 1:
        return _integer({**schema, "multipleOf": schema.get("multipleOf", 1)}, choose)
    return (low + high) / 2


def _boolean(_schema: Mapping[str, Json], choose: random.Random) -> bool:
    return choose.random() < 0.5


def _null(_schema: Mapping[str, Json], _choose: random.Random) -> None:
    return None


_SCALARS: Mapping[str, Callable[[Mapping[str, Json], random.Random], Json]] = {
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "null": _null,
}


def bounds(schema: Mapping[str, Json]) -> tuple[float, float]:
    """Return least and greatest of the numbers that `schema` allows; a missing bound is near."""
    lows = [schema[k] + n for k, n in (("minimum", 0), ("exclusiveMinimum", 1)) if k in schema]
    highs = [schema[k] - n for k, n in (("maximum", 0), ("exclusiveMaximum", 1)) if k in schema]
    if not lows and not highs:
        return 0, _ROOM
    low = max(lows) if lows else min(highs) - _ROOM
    return low, min(highs) if highs else low + _ROOM
