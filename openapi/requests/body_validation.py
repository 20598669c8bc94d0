"""Validation of a request body against the contract, by its media type."""

from dataclasses import dataclass

from openapi.contract import Contract, Operation
from openapi.json_pointer import join_pointer
from openapi.requests.value_check import check_readings
from openapi.schemas.validation import SchemaViolation
from openapi.serialization.bodies import ABSENT, BodyReadings, MediaTypeSpec, read_body


@dataclass(frozen=True, slots=True)
class BodyCheck:
    """Result of validating a request body."""

    value: object
    violations: tuple[SchemaViolation, ...] = ()
    problem: str | None = None
    """Reason why the body is not of its media type, or None."""
    is_undecided: bool = False
    """Whether the contract leaves open if the body is valid."""


def check_body(
    contract: Contract,
    operation: Operation,
    spec: MediaTypeSpec,
    content_type: str,
    raw: bytes,
    limit: int | None = None,
) -> BodyCheck:
    """Return the check of a body, with at most `limit` violations."""
    return check_body_readings(contract, operation, spec, read_body(spec, content_type, raw), limit)


def check_body_readings(
    contract: Contract,
    operation: Operation,
    spec: MediaTypeSpec,
    readings: BodyReadings,
    limit: int | None = None,
) -> BodyCheck:
    """Return the check of a body with these readings, with at most `limit` violations."""
    if readings.problem is not None:
        return BodyCheck(readings.values[0], (), readings.problem)

    def violations_of(value: object) -> tuple[SchemaViolation, ...]:
        if value is ABSENT:
            pointer = join_pointer(operation.pointer, "requestBody", "required")
            return (SchemaViolation("required", pointer, "", "*", "there is no body"),)
        if spec.schema is None:
            return ()
        found = contract.schema(spec.schema).violations(value, limit)
        return tuple(one for one in found if one.instance not in readings.files)

    def is_valid(value: object) -> bool:
        if value is ABSENT or readings.files:
            return not violations_of(value)
        return spec.schema is None or contract.schema(spec.schema).is_valid(value)

    check = check_readings(readings.values, violations_of, is_valid, is_defined=readings.is_defined)
    return BodyCheck(check.value, check.violations, None, check.is_undecided)


def format_name(spec: MediaTypeSpec) -> str:
    """Return the name of the format that a body must have."""
    return "JSON" if spec.kind == "json" else spec.name
