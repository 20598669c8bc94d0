"""Required headers of a response, and values of schema extensions."""

import random
from collections.abc import Iterator

from mock_server.messages import Headers, encode_header
from openapi.contract import Contract, Json, ResponseSpec
from openapi.examples import generate_value
from openapi.json_pointer import MISSING, join_pointer
from openapi.parameters import declared_example, serialize_value

_MAX_DEPTH = 12
"""Maximum depth of the search for extensions, because schemas may be recursive."""


def extension_values(
    contract: Contract, schema: Json, keyword: str, place: str = "", depth: int = 0
) -> Iterator[tuple[str, Json]]:
    """Yield pointer and extension value for each schema part that has `keyword`."""
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return
    if "$ref" in schema:
        yield from extension_values(
            contract, contract.at(schema["$ref"][1:]), keyword, place, depth + 1
        )
    if keyword in schema:
        yield place, schema[keyword]
    for name, part in schema.get("properties", {}).items():
        yield from extension_values(contract, part, keyword, join_pointer(place, name), depth + 1)


def required_headers(
    contract: Contract, response_spec: ResponseSpec, rng: random.Random
) -> Headers:
    """Return the required headers of `response_spec` with their examples or generated values."""
    pairs = []
    for header_spec in response_spec.headers:
        if header_spec.required:
            schema = contract.at(header_spec.schema)
            value = declared_example(contract.at(header_spec.pointer), schema)
            text = serialize_value(
                generate_value(contract, schema, rng) if value is MISSING else value
            )
            pairs.append(encode_header(header_spec.name, text))
    return tuple(pairs)


def with_missing_headers(headers: Headers, required: Headers) -> Headers:
    """Return `headers` and the `required` ones that it lacks."""
    present_names = {name for name, _ in headers}
    return (*headers, *(pair for pair in required if pair[0] not in present_names))
