"""Faults of parameter validation, derived from the contract."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.exchange import BodyValidation
from mock_server.fault import Fault
from mock_server.faults.derived.boundary_values import boundary_values
from mock_server.faults.derived.schema_walk import SchemaConstraint, Subschema, schema_constraints
from mock_server.faults.derived.validation import validation_fault
from openapi.contract import Contract, Operation
from openapi.examples import generate_value
from openapi.json_pointer import MISSING, join_pointer
from openapi.parameters import Parameter, serialize_value
from openapi.schema_validation import SchemaViolation


def derived_parameter_faults(contract: Contract) -> Iterator[Fault]:
    """Yield two faults for each constraint of each parameter: not enforced, and too strict."""
    for operation in contract.operations:
        if operation.response_caused_by("invalid-request") is None:
            continue
        for parameter in operation.parameters:
            yield from _ignored_constraint_faults(contract, operation, parameter)
            yield from _rejected_value_faults(contract, operation, parameter)


def _ignored_constraint_faults(
    contract: Contract, operation: Operation, parameter: Parameter
) -> Iterator[Fault]:
    stated = [c for c in schema_constraints(contract, parameter.schema) if not c.place]
    if parameter.required and parameter.location != "path":  # a path without it is another path
        known = contract.provenance(join_pointer(parameter.pointer, "required"))
        stated.append(SchemaConstraint((), "required", "*", known.severity))
    for constraint in stated:
        # A parameter arrives as text, so a string is the only wrong type that a client can send.
        if constraint.keyword != "type" or constraint.detail == "string":
            yield validation_fault(
                contract,
                operation,
                (parameter.key, constraint.keyword, "ignored"),
                f"does not enforce {constraint.keyword} of {parameter.key}",
                _ignore_constraint(parameter, constraint),
                constraint.severity,
            )


def _rejected_value_faults(
    contract: Contract, operation: Operation, parameter: Parameter
) -> Iterator[Fault]:
    valid = operation.response_caused_by("valid-request")
    if valid is None or parameter.location == "path":  # the service decides which resources exist
        return
    severity = contract.provenance(join_pointer(valid.pointer, "x-hookproof-cause")).severity
    schema = contract.schema(parameter.schema)
    part = Subschema((), parameter.schema, contract.at(parameter.schema), optional=False)
    base = parameter.example
    base = generate_value(contract, part.schema) if base is MISSING else base
    for boundary in boundary_values(contract, part, base):
        # A text such as "1" is parsed as a number, so a client cannot send the string.
        survives_parsing = parameter.read(serialize_value(boundary.sample)) == boundary.sample
        if survives_parsing and schema.is_valid(boundary.sample):
            name_words = (parameter.key, *boundary.name_words)
            description = f"rejects {boundary.description.replace('the body', parameter.key)}"
            change = _reject_values(parameter, boundary.is_rejected)
            yield validation_fault(contract, operation, name_words, description, change, severity)
    if not parameter.required:
        change = _reject_values(parameter, lambda value: value is MISSING)
        description, name_words = (
            f"rejects a request without {parameter.key}",
            (parameter.key, "required"),
        )
        yield validation_fault(contract, operation, name_words, description, change, severity)
        change = _reject_values(parameter, lambda value: value is not MISSING)
        description, name_words = (
            f"rejects a request with {parameter.key}",
            (parameter.key, "rejected"),
        )
        yield validation_fault(contract, operation, name_words, description, change, severity)


def _ignore_constraint(
    parameter: Parameter, constraint: SchemaConstraint
) -> Callable[[BodyValidation], BodyValidation]:
    ignored_violation = (f"$request.{parameter.key}", constraint.keyword, constraint.detail)

    def change(body_validation: BodyValidation) -> BodyValidation:
        remaining = (
            v
            for v in body_validation.violations
            if (v.instance, v.keyword, v.detail) != ignored_violation
        )
        return replace(body_validation, violations=tuple(remaining))

    return change


def _reject_values(
    parameter: Parameter, is_rejected: Callable[[object], bool]
) -> Callable[..., BodyValidation]:
    place = f"$request.{parameter.key}"

    def change(body_validation: BodyValidation) -> BodyValidation:
        if not is_rejected(body_validation.parameters.get(parameter.key, MISSING)):
            return body_validation
        rejected = SchemaViolation("rejected", "", place, "*", "is not accepted")
        return replace(body_validation, violations=(*body_validation.violations, rejected))

    return change
