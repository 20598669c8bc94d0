"""Faults of body validation, derived from the contract: constraints ignored, valid values rejected.

If an allowed rejection of the contract covers a value, then rejecting the value is no fault.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from mock_server.exchange import BodyValidation, Hooks
from mock_server.fault import Fault
from mock_server.faults.derived.boundary_values import BoundaryValue, boundary_values, place_text
from mock_server.faults.derived.mutations import example_body, name_if_ambiguous, slug
from mock_server.faults.derived.schema_walk import (
    ANY_ITEM,
    SchemaConstraint,
    Subschema,
    breaks_as_text,
    matches_path,
    schema_constraints,
    values_at,
    walk_subschemas,
)
from openapi import runtime_expression
from openapi.contract import Contract, Json, Operation
from openapi.json_pointer import MISSING, get_at, join_pointer, split_pointer
from openapi.requests.conversion import is_convertible
from openapi.schemas.direction import REQUEST
from openapi.schemas.validation import SchemaViolation
from openapi.serialization.bodies import MediaTypeSpec, read_body, write_body

_WRONG_TYPES: Mapping[str, Sequence[Json]] = {
    "boolean": (True, False),
    "integer": (0, 1),
    "number": (1.5,),
    "string": ("hookproof",),
}
"""Forbidden scalar type -> values of it."""


def derived_constraint_faults(contract: Contract) -> Iterator[Fault]:
    """Yield a fault for each body constraint of each operation: the service does not enforce it."""
    for operation in contract.operations:
        if operation.response_caused_by("invalid-request") is None:
            continue
        spec = operation.body
        for constraint in _body_constraints(contract, spec) if spec else ():
            if not _may_convert(contract, operation, constraint):
                yield _ignored_constraint_fault(contract, operation, constraint)


def _body_schemas(operation: Operation) -> list[str]:
    """Return the schema of the operation's body; empty without one, and for bytes."""
    body = operation.body
    return [body.schema] if body and body.kind != "bytes" and body.schema else []


def _body_constraints(contract: Contract, spec: MediaTypeSpec) -> Iterator[SchemaConstraint]:
    """Yield the constraints that a body of this media type can break."""
    if spec.schema is None or spec.kind == "bytes":
        return
    for constraint in schema_constraints(contract, spec.schema, REQUEST):
        field = spec.fields.get(constraint.place[0]) if constraint.place else None
        is_json = spec.kind == "json" or (field is not None and field.is_json)
        if is_json or breaks_as_text(contract, spec.schema, constraint):
            yield constraint


def _may_convert(contract: Contract, operation: Operation, constraint: SchemaConstraint) -> bool:
    """Return whether a service may convert each value that breaks the constraint.

    Without stated causes it may: a text is no number, but many parsers make one of it.
    """
    spec, samples = operation.body, _WRONG_TYPES.get(constraint.detail, ())
    is_type = constraint.keyword == "type" and bool(samples)
    if not is_type or spec is None or spec.schema is None or not operation.has_default_causes:
        return False
    schema, base = contract.schema(spec.schema), example_body(contract, spec.schema)
    values = [with_value_at(base, constraint.place, sample) for sample in samples]
    return all(is_convertible(schema, value, schema.violations(value)) for value in values)


def _arrives(operation: Operation, body: Json) -> bool:
    """Return whether a client can send `body`: a form carries the text "1" for a number."""
    spec = operation.body
    if spec is None or spec.kind == "json":
        return spec is not None
    readings = read_body(spec, *write_body(spec, body))
    return readings.is_defined and readings.values[0] == body


def rejection_is_fault(operation: Operation) -> bool:
    """Return whether the mock breaks the contract by the rejection of a valid request."""
    rejection = operation.status_caused_by("invalid-request") or 400
    return operation.contradicts("valid-request", rejection)


def validation_fault(
    contract: Contract,
    operation: Operation,
    name_words: tuple[str, ...],
    description: str,
    change: Callable[[BodyValidation], BodyValidation],
    severity: str,
) -> Fault:
    """Return a fault of body validation for one operation."""

    def apply(validation: BodyValidation) -> BodyValidation:
        return change(validation) if validation.operation == operation.id else validation

    name = slug("request", name_if_ambiguous(contract.operations, operation.id), *name_words)
    hooks = Hooks(body_validation=apply)
    return Fault(
        name,
        "validation",
        f"{operation.id} {description}.",
        hooks,
        severity,
        operation_id=operation.id,
    )


def path_words(place: tuple[str, ...]) -> tuple[str, ...]:
    """Return a place as words of a name."""
    return tuple("items" if token == ANY_ITEM else token for token in place) or ("body",)


def _ignored_constraint_fault(
    contract: Contract, operation: Operation, constraint: SchemaConstraint
) -> Fault:
    def is_ignored(violation: SchemaViolation) -> bool:
        same = (violation.keyword, violation.detail) == (constraint.keyword, constraint.detail)
        return same and matches_path(constraint.place, split_pointer(violation.instance))

    def change(body_validation: BodyValidation) -> BodyValidation:
        remaining = tuple(v for v in body_validation.violations if not is_ignored(v))
        return replace(body_validation, violations=remaining)

    detail = "" if constraint.detail == "*" else constraint.detail
    name_words = (*path_words(constraint.place), constraint.keyword, detail, "ignored")
    part = f" ({constraint.detail})" if detail else ""
    description = f"does not enforce {constraint.keyword}{part} of {place_text(constraint.place)}"
    return validation_fault(
        contract, operation, name_words, description, change, constraint.severity
    )


def derived_boundary_faults(contract: Contract) -> Iterator[Fault]:
    """Yield a fault for each boundary value of each operation's body: the service rejects it."""
    for operation in contract.operations:
        valid = operation.response_caused_by("valid-request")
        if valid is None or not rejection_is_fault(operation):
            continue
        severity = contract.provenance(join_pointer(valid.pointer, "x-hookproof-cause")).severity
        for schema in _body_schemas(operation):
            # A schema with a $ref may repeat constraints of the referenced schema.
            boundaries_by_name = {
                _fault_name_words(part, boundary): (part, boundary)
                for part, boundary in _contract_breaking_boundaries(contract, operation, schema)
            }
            for name_words, (part, boundary) in boundaries_by_name.items():
                change = _reject_values(part.place, boundary)
                description = f"rejects {boundary.description}"
                yield validation_fault(
                    contract, operation, name_words, description, change, severity
                )


def _contract_breaking_boundaries(
    contract: Contract, operation: Operation, schema: str
) -> Iterator[tuple[Subschema, BoundaryValue]]:
    base = example_body(contract, schema)
    for part in walk_subschemas(contract, schema):
        for boundary in boundary_values(contract, part, base):
            body = with_value_at(base, part.place, boundary.sample)
            is_sent = _arrives(operation, body)
            if is_sent and _breaks_contract(contract, operation, schema, base, body):
                yield part, boundary


def _fault_name_words(part: Subschema, boundary: BoundaryValue) -> tuple[str, ...]:
    return (*path_words(part.place), *boundary.name_words)


def with_value_at(value: Json, place: tuple[str, ...], sample: Json) -> Json:
    """Return `value` with `sample` at `place`; of an array, replace the first item."""
    if not place:
        return sample
    first, rest = place[0], place[1:]
    if first == ANY_ITEM:
        items = value if isinstance(value, list) else []
        return [with_value_at(items[0] if items else None, rest, sample), *items[1:]]
    known = value if isinstance(value, dict) else {}
    return {**known, first: with_value_at(known.get(first), rest, sample)}


def _breaks_contract(
    contract: Contract, operation: Operation, schema: str, base: Json, body: Json
) -> bool:
    """Check whether rejecting `body` breaks the contract: it is valid, and no rule covers it."""
    if not contract.schema(schema).is_valid(body):
        return False
    return not _matching_allowed_rejections(
        contract, operation, body
    ) - _matching_allowed_rejections(contract, operation, base)


def _matching_allowed_rejections(contract: Contract, operation: Operation, body: Json) -> set[int]:
    """Return the indices of the allowed rejections that cover `body` at any time."""
    used = set()
    for index, stated in enumerate(operation.allowed_rejections):
        if (
            "location" not in stated
            or stated.get("caller-lacks-permission")
            or "seconds-from-now" in stated
        ):
            continue
        value = get_at(body, runtime_expression.parse_expression(stated["location"]).where)
        when = join_pointer(operation.pointer, "x-hookproof-allowed-rejections", index, "schema")
        if value is not MISSING and contract.schema(when).is_valid(value):
            used.add(index)
    return used


def _reject_values(
    place: tuple[str, ...], boundary: BoundaryValue
) -> Callable[[BodyValidation], BodyValidation]:
    def change(body_validation: BodyValidation) -> BodyValidation:
        rejected = tuple(
            SchemaViolation("rejected", "", at, "*", "is not accepted")
            for at, value in values_at(body_validation.value, place)
            if boundary.is_rejected(value)
        )
        return replace(body_validation, violations=body_validation.violations + rejected)

    return change
