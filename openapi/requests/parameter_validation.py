"""Validation of the parameters of a request against the contract."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from openapi.contract import Contract, Operation
from openapi.json_pointer import join_pointer
from openapi.parameters import Parameter
from openapi.requests.value_check import ValueCheck, check_readings
from openapi.schemas.validation import SchemaViolation
from openapi.serialization.text_values import MalformedText, Readings


@dataclass(frozen=True, slots=True)
class ParameterCheck:
    """Result of validating the parameters of a request."""

    values: Mapping[str, object]
    """Value of each parameter that the request has, by its key."""
    violations: tuple[SchemaViolation, ...] = ()
    """Each `instance` is a runtime expression, such as `$request.query.limit`."""
    is_undecided: bool = False
    """Whether the contract leaves open if the request is valid."""


def check_parameters(
    contract: Contract, operation: Operation, readings: Mapping[str, Readings]
) -> ParameterCheck:
    """Return the check of the parameters with these readings, by key."""
    values: dict[str, object] = {}
    violations: list[SchemaViolation] = []
    open_checks: list[ValueCheck] = []
    for parameter in operation.parameters:
        found = readings.get(parameter.key)
        if found is None:
            violations += _missing(parameter)
            continue
        check = check_parameter(contract, parameter, found)
        values[parameter.key] = check.value
        if check.is_undecided:
            open_checks.append(check)
        else:
            violations += check.violations
    if violations or not open_checks:
        return ParameterCheck(values, tuple(violations))
    rejected = tuple(violation for check in open_checks for violation in check.violations)
    return ParameterCheck(values, rejected, is_undecided=True)


def _missing(parameter: Parameter) -> tuple[SchemaViolation, ...]:
    if not parameter.required:
        return ()
    pointer = join_pointer(parameter.pointer, "required")
    message = f"the {parameter.location} parameter {parameter.name!r} is missing"
    return (SchemaViolation("required", pointer, f"$request.{parameter.key}", "*", message),)


def check_parameter(contract: Contract, parameter: Parameter, readings: Readings) -> ValueCheck:
    """Return the check of one parameter with these readings."""
    place = f"$request.{parameter.key}"

    def violations_of(value: object) -> tuple[SchemaViolation, ...]:
        if isinstance(value, MalformedText):
            pointer = join_pointer(parameter.pointer, "content")
            return (SchemaViolation("content", pointer, place, "*", "the text is not JSON"),)
        return tuple(
            replace(found, instance=f"{place}#{found.instance}" if found.instance else place)
            for found in contract.schema(parameter.schema).violations(value)
        )

    def is_valid(value: object) -> bool:
        is_read = not isinstance(value, MalformedText)
        return is_read and contract.schema(parameter.schema).is_valid(value)

    return check_readings(readings.values, violations_of, is_valid, is_defined=readings.is_defined)
