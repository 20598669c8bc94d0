"""Faults of parameter validation, derived from the contract."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.exchange import BodyValidation
from mock_server.fault import Fault
from mock_server.faults.derived.boundary_values import boundary_values
from mock_server.faults.derived.schema_walk import (
    SchemaConstraint,
    Subschema,
    breaks_as_text,
    matches_path,
    schema_constraints,
    walk_subschemas,
)
from mock_server.faults.derived.validation import (
    path_words,
    rejection_is_fault,
    validation_fault,
)
from openapi.contract import Contract, Operation
from openapi.examples import generate_value
from openapi.json_pointer import MISSING, join_pointer, split_pointer
from openapi.parameters import Parameter
from openapi.schemas.validation import SchemaViolation


def derived_parameter_faults(contract: Contract) -> Iterator[Fault]:
    """Yield two faults for each constraint of each parameter: not enforced, and too strict."""
    for operation in contract.operations:
        if operation.response_caused_by("invalid-request") is None:
            continue
        for parameter in operation.parameters:
            if not _names_resource(contract, operation, parameter):
                yield from _ignored_constraint_faults(contract, operation, parameter)
            yield from _rejected_value_faults(contract, operation, parameter)


def _names_resource(contract: Contract, operation: Operation, parameter: Parameter) -> bool:
    """Return whether the mock answers 404 where it does not enforce a constraint of `parameter`.

    No resource has an invalid name, and RFC 9110 allows 404 for one.
    """
    creator = contract.find_creator(operation)
    is_linked = creator is not None and parameter.name in dict(creator[1].values)
    is_checked = (
        operation.method == "DELETE" or operation.response_caused_by("unknown-resource") is not None
    )
    return parameter.location == "path" and is_linked and is_checked


def _ignored_constraint_faults(
    contract: Contract, operation: Operation, parameter: Parameter
) -> Iterator[Fault]:
    stated = [
        constraint
        for constraint in schema_constraints(contract, parameter.schema)
        if parameter.style.is_json
        or (
            breaks_as_text(contract, parameter.schema, constraint)
            and not _only_empty_breaks(contract, parameter, constraint)
        )
    ]
    if parameter.required and parameter.location != "path":  # a path without it is another path
        known = contract.provenance(join_pointer(parameter.pointer, "required"))
        stated.append(SchemaConstraint((), "required", "*", known.severity))
    for constraint in stated:
        where = "".join(f"/{token}" for token in constraint.place)
        place_words = path_words(constraint.place) if constraint.place else ()
        yield validation_fault(
            contract,
            operation,
            (parameter.key, *place_words, constraint.keyword, "ignored"),
            f"does not enforce {constraint.keyword} of {parameter.key}{where}",
            _ignore_constraint(parameter, constraint),
            constraint.severity,
        )


def _only_empty_breaks(
    contract: Contract, parameter: Parameter, constraint: SchemaConstraint
) -> bool:
    """Return whether only an empty text is too short, which a service may read as no parameter."""
    parts = walk_subschemas(contract, parameter.schema)
    return constraint.keyword == "minLength" and all(
        part.schema.get("minLength") == 1 for part in parts if part.place == constraint.place
    )


def _rejected_value_faults(
    contract: Contract, operation: Operation, parameter: Parameter
) -> Iterator[Fault]:
    valid = operation.response_caused_by("valid-request")
    # The service decides which resources exist.
    if valid is None or parameter.location == "path" or not rejection_is_fault(operation):
        return
    severity = contract.provenance(join_pointer(valid.pointer, "x-hookproof-cause")).severity
    schema = contract.schema(parameter.schema)
    part = Subschema((), parameter.schema, contract.at(parameter.schema), optional=False)
    base = parameter.example
    base = generate_value(contract, part.schema) if base is MISSING else base
    for boundary in boundary_values(contract, part, base):
        if _arrives(parameter, boundary.sample) and schema.is_valid(boundary.sample):
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


def _arrives(parameter: Parameter, value: object) -> bool:
    """Return whether a client can send `value`: the text "1" is a number, not a string."""
    readings = parameter.readings(value)
    return readings is not None and readings.is_defined and readings.values[0] == value


def _ignore_constraint(
    parameter: Parameter, constraint: SchemaConstraint
) -> Callable[[BodyValidation], BodyValidation]:
    def is_ignored(violation: SchemaViolation) -> bool:
        where, _, inner = violation.instance.partition("#")
        same = (violation.keyword, violation.detail) == (constraint.keyword, constraint.detail)
        is_there = matches_path(constraint.place, split_pointer(inner))
        return same and where == f"$request.{parameter.key}" and is_there

    def change(body_validation: BodyValidation) -> BodyValidation:
        remaining = (v for v in body_validation.violations if not is_ignored(v))
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
