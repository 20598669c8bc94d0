"""Examples of a contract, and values generated from its schemas.

An example has priority over a generated value, except one that breaks its schema. A value is a
value that the schema names, else a small value of its type and bounds (`openapi.generation`). The
same `rng` state gives the same value.
"""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from openapi.contract import Contract, Json, ResponseSpec
from openapi.generation.generator import Drawn, ValueGenerator
from openapi.generation.numbers import numeric_bounds
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.schemas.direction import direction_of

__all__ = [
    "Drawn",
    "Example",
    "body_example",
    "draw_body",
    "draw_value",
    "generate_value",
    "named_examples",
    "numeric_bounds",
    "stated_examples",
]


@dataclass(frozen=True, slots=True)
class Example:
    """Example of a response body."""

    media_type: str
    value: Json


def named_examples(contract: Contract, response: ResponseSpec) -> Mapping[str, Example]:
    """Return the `examples` of every media type by name; the first of a name wins."""
    found: dict[str, Example] = {}
    for media_type, schema in response.content.items():
        for name, value in stated_examples(contract, schema):
            if name:
                found.setdefault(name, Example(media_type, value))
    return found


def stated_examples(contract: Contract, schema_pointer: str) -> Iterator[tuple[str, Json]]:
    """Yield name and value of each example of a media type; `example` has no name."""
    pointer = schema_pointer.rpartition("/")[0]
    media: Json = get_at(contract.document, pointer)
    stated = media.get("examples")
    for name in stated if isinstance(stated, dict) else ():
        example = contract.at(join_pointer(pointer, "examples", name))
        if isinstance(example, dict) and "value" in example:  # others are elsewhere
            yield name, example["value"]
    if "example" in media:
        yield "", media["example"]


def body_example(contract: Contract, schema_pointer: str, rng: random.Random | None = None) -> Json:
    """Return the first valid example of a body's media type, or a value of the schema."""
    return draw_body(contract, schema_pointer, rng).value


def draw_body(contract: Contract, schema_pointer: str, rng: random.Random | None = None) -> Drawn:
    """Return the first valid example of a body's media type, else a generated value.

    If no valid one is found, return the first example, and say that it is invalid.
    """
    is_valid = contract.schema(schema_pointer).is_valid
    stated = [value for _, value in stated_examples(contract, schema_pointer)]
    for value in stated:
        if is_valid(value):
            return Drawn(value, True)
        if isinstance(value, str) and is_valid(parsed := _parse(value)):
            return Drawn(parsed, True)
    schema: Json = get_at(contract.document, schema_pointer)
    generator = _generator(contract, direction_of(schema_pointer))
    drawn = generator.generate((schema,), rng or _first_rng(), is_valid)
    return drawn if drawn.is_valid or not stated else Drawn(stated[0], False)


def _parse(text: str) -> Json:
    """Return the value of an example that is written as JSON text; `MISSING` if it is not."""
    try:
        return json.loads(text)
    except ValueError:
        return MISSING


def generate_value(contract: Contract, schema: Json, rng: random.Random | None = None) -> Json:
    """Return a value of `schema`, which may be a reference; deterministic without `rng`."""
    return draw_value(contract, schema, rng).value


def draw_value(
    contract: Contract,
    schema: Json,
    rng: random.Random | None = None,
    direction: str | None = None,
) -> Drawn:
    """Return a value of `schema`, and whether it is valid; `direction` leaves out properties."""
    return _generator(contract, direction).generate((schema,), rng or _first_rng())


def _first_rng() -> random.Random:
    return random.Random(0)  # noqa: S311 - examples, not secrets


@lru_cache(maxsize=16)
def _generator(contract: Contract, direction: str | None) -> ValueGenerator:
    return ValueGenerator(contract, direction)
