"""Conversion of values in a request: acceptance of such a request decides nothing. Pure.

A document without extensions does not exclude that a service converts a value.
"""

from collections.abc import Sequence

from contracts.model.exchange import Request
from openapi.contract import Contract
from openapi.requests.conversion import conversions, is_convertible, keywords_by_place
from openapi.schemas.validation import SchemaViolation


def is_converted(
    contract: Contract, request: Request, violations: Sequence[SchemaViolation]
) -> bool:
    """Return whether conversion of the values with `violations` makes `request` valid."""
    keywords = keywords_by_place(violations)
    for parameter in request.operation.parameters:
        place = f"$request.{parameter.key}"
        if place in keywords:
            value = request.parameters.get(parameter.key)
            schema = contract.schema(parameter.schema)
            if not any(schema.is_valid(made) for made in conversions(value, keywords[place])):
                return False
    in_body = [one for one in violations if not one.instance.startswith("$request.")]
    if not in_body:
        return bool(violations)
    body, spec = request.json, request.content or request.operation.body
    if body.problem is not None or spec is None or spec.schema is None:
        return False
    return is_convertible(contract.schema(spec.schema), body.value, in_body)
