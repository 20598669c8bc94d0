"""Operations without a valid request: why a run cannot make one. Pure."""

from openapi.contract import Contract, Operation
from openapi.parameters import Parameter
from openapi.requests.body_validation import check_body
from openapi.requests.examples import example_body, example_parameter
from openapi.requests.parameter_validation import check_parameter
from openapi.serialization.bodies import MediaTypeSpec, write_body


def reason_without_request(contract: Contract, operation: Operation) -> str | None:
    """Return why hookproof can make no valid request to `operation`, or None if it can.

    A text that OpenAPI leaves open counts as valid if the value is.
    """
    if not operation.is_sendable:
        names = ", ".join(operation.content)
        return f"hookproof sends no {names}, and the operation requires a body"
    for parameter in operation.parameters:
        named = f"the required {parameter.location} parameter {parameter.name}"
        if parameter.required and not parameter.style.is_supported:
            return f"hookproof cannot write {named}"
        if parameter.required and not _has_value(contract, parameter):
            return f"no valid value of {named} was found"
    spec = operation.body
    if spec is not None and not _has_body(contract, operation, spec):
        return f"no valid body of {spec.name} was found"
    return None


def _has_value(contract: Contract, parameter: Parameter) -> bool:
    value = example_parameter(contract, parameter)
    readings = parameter.readings(value)
    if readings is None:
        return False
    check = check_parameter(contract, parameter, readings)
    is_open = check.is_undecided and contract.schema(parameter.schema).is_valid(value)
    return is_open or not check.violations


def _has_body(contract: Contract, operation: Operation, spec: MediaTypeSpec) -> bool:
    value = example_body(contract, spec)
    content_type, raw = write_body(spec, value)
    check = check_body(contract, operation, spec, content_type, raw, limit=None)
    is_open = (
        check.is_undecided
        and spec.schema is not None
        and contract.schema(spec.schema).is_valid(value)
    )
    return is_open or not (check.problem or check.violations)
