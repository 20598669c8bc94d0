"""Required headers of a response."""

import random

from mock_server.messages import Headers, encode_header
from openapi.contract import Contract, ResponseSpec
from openapi.examples import generate_value
from openapi.json_pointer import MISSING
from openapi.parameters import declared_example
from openapi.serialization.text_values import serialize_value


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
