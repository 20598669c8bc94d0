"""What a schema marks in a value, and the headers that an answer must carry."""

import random
from collections.abc import Iterator

from mock_server.messages import Headers, header
from openapi.contract import Contract, Json, Response
from openapi.examples import sample
from openapi.json_pointer import MISSING, join
from openapi.parameters import example_of, write

_DEPTH = 12
"""Schemas may contain themselves; marks are not looked for deeper."""


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


def required_headers(contract: Contract, response: Response, choose: random.Random) -> Headers:
    """Return the headers that `response` must carry, each with its example or a value."""
    made = []
    for stated in response.headers:
        if stated.required:
            schema = contract.at(stated.schema)
            value = example_of(contract.at(stated.pointer), schema)
            text = write(sample(contract, schema, choose) if value is MISSING else value)
            made.append(header(stated.name, text))
    return tuple(made)


def completed(headers: Headers, required: Headers) -> Headers:
    """Return `headers` and those of `required` that are not among them."""
    given = {name for name, _ in headers}
    return (*headers, *(pair for pair in required if pair[0] not in given))
