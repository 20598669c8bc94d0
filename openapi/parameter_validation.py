"""Validation of the parameters of a request against the contract."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from openapi.contract import Contract, Operation
from openapi.json_pointer import join_pointer
from openapi.parameters import Parameter
from openapi.schema_validation import SchemaViolation


def parameter_violations(
    contract: Contract, operation: Operation, values: Mapping[str, object]
) -> tuple[SchemaViolation, ...]:
    """Return the violations in `values`, a mapping by parameter key.

    Each `instance` is a runtime expression, such as `$request.query.limit`.
    """
    return tuple(
        v for p in operation.parameters for v in _violations_of_parameter(contract, p, values)
    )


def _violations_of_parameter(
    contract: Contract, parameter: Parameter, values: Mapping[str, object]
) -> Iterator[SchemaViolation]:
    place = f"$request.{parameter.key}"
    if parameter.key not in values:
        if parameter.required:
            pointer = join_pointer(parameter.pointer, "required")
            message = f"the {parameter.location} parameter {parameter.name!r} is missing"
            yield SchemaViolation("required", pointer, place, "*", message)
        return
    for found in contract.schema(parameter.schema).violations(values[parameter.key]):
        yield replace(found, instance=place)
