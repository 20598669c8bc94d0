"""Required headers of a response."""

import random
import re

from mock_server.messages import Headers, encode_header
from openapi.contract import Contract, HeaderSpec, Json, ResponseSpec
from openapi.examples import draw_value
from openapi.json_pointer import MISSING
from openapi.parameters import declared_example
from openapi.schemas.direction import RESPONSE
from openapi.serialization.styles import write_parameter

_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""Characters that a header value cannot have (RFC 9110, section 5.5)."""


def required_headers(
    contract: Contract, response_spec: ResponseSpec, rng: random.Random
) -> Headers:
    """Return the required headers of `response_spec` with their examples or generated values."""
    return tuple(
        encode_header(header_spec.name, _text(header_spec, _value(contract, header_spec, rng)))
        for header_spec in response_spec.headers
        if header_spec.required
    )


def _value(contract: Contract, header_spec: HeaderSpec, rng: random.Random) -> Json:
    """Return the example of a header if it is valid or nothing else is, or a generated value."""
    schema = contract.at(header_spec.schema)
    stated = schema if isinstance(schema, dict) else {}
    example = declared_example(contract.at(header_spec.pointer), stated)
    if example is not MISSING and contract.schema(header_spec.schema).is_valid(example):
        return example
    drawn = draw_value(contract, schema, rng, RESPONSE)
    return drawn.value if drawn.is_valid or example is MISSING else example


def _text(header_spec: HeaderSpec, value: Json) -> str:
    """Return the text of a header in its style, without what a header cannot have."""
    return _FORBIDDEN.sub(" ", "".join(write_parameter(header_spec.style, value))).strip()


def with_missing_headers(headers: Headers, required: Headers) -> Headers:
    """Return `headers` and the `required` ones that it lacks."""
    if not required:
        return headers
    present_names = {name for name, _ in headers}
    return (*headers, *(pair for pair in required if pair[0] not in present_names))
