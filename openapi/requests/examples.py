"""Valid values of parameters and bodies: examples of the contract, or generated values."""

import random

from openapi.contract import Contract, Json
from openapi.examples import body_example, generate_value
from openapi.json_pointer import MISSING, get_at
from openapi.parameters import Parameter
from openapi.requests.parameter_validation import check_parameter
from openapi.serialization.bodies import MediaTypeSpec
from openapi.serialization.text_values import serialize_value

SAMPLE_TEXT = "hookproof"
"""Content of a body without a schema and without an example."""


def example_parameter(
    contract: Contract, parameter: Parameter, rng: random.Random | None = None
) -> Json:
    """Return a valid value of `parameter`: its example or a generated value; of a scalar its text.

    If a request cannot carry an array without doubt, return an array of its first item.
    """
    value = parameter.example
    if value is MISSING:
        value = generate_value(contract, get_at(contract.document, parameter.schema), rng)
    if parameter.is_scalar:
        return serialize_value(value)
    shorter = value[:1] if isinstance(value, list) else value
    for candidate in (value, shorter):
        if is_sendable(contract, parameter, candidate):
            return candidate
    return value


def is_sendable(contract: Contract, parameter: Parameter, value: Json) -> bool:
    """Return whether a request with `value` is valid, whichever way it is read."""
    readings = parameter.readings(value)
    if readings is None:
        return False
    check = check_parameter(contract, parameter, readings)
    return not (check.violations or check.is_undecided)


def example_body(contract: Contract, spec: MediaTypeSpec) -> Json:
    """Return a valid body: the first example or a value of the schema."""
    media = get_at(contract.document, spec.pointer)
    if spec.schema is None and isinstance(media, dict) and not {"example", "examples"} & {*media}:
        return {} if spec.is_form or spec.kind == "json" else SAMPLE_TEXT
    value = body_example(contract, f"{spec.pointer}/schema")
    return SAMPLE_TEXT if spec.kind == "bytes" and not isinstance(value, str) else value
