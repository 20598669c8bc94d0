"""Faults of validation, derived from the contract: parameters not looked at, or refused."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.exchange import Verdict
from mock_server.fault import Fault
from mock_server.faults.derived.boundary_values import refusals
from mock_server.faults.derived.mutations import plain
from mock_server.faults.derived.schema_walk import Constraint, Part, constraints
from mock_server.faults.derived.validation import request_fault
from openapi.contract import Contract, Operation
from openapi.json_pointer import MISSING, join
from openapi.parameters import Parameter, write
from openapi.schema_validation import Violation


def derived_parameters(contract: Contract) -> Iterator[Fault]:
    """Yield a fault for each constraint of each parameter: not enforced, or one step too tight."""
    for operation in contract.operations:
        if operation.answer_to("invalid-request") is None:
            continue
        for parameter in operation.parameters:
            yield from _ignored(contract, operation, parameter)
            yield from _refused(contract, operation, parameter)


def _ignored(contract: Contract, operation: Operation, parameter: Parameter) -> Iterator[Fault]:
    stated = [c for c in constraints(contract, parameter.schema) if not c.place]
    if parameter.required and parameter.place != "path":  # a path without it is another path
        known = contract.provenance(join(parameter.pointer, "required"))
        stated.append(Constraint((), "required", "*", known.severity))
    for constraint in stated:
        # A text that is of no other type stays one: no other wrong type can be sent.
        if constraint.keyword != "type" or constraint.detail == "string":
            yield request_fault(
                contract,
                operation,
                (parameter.key, constraint.keyword, "ignored"),
                f"does not enforce {constraint.keyword} of {parameter.key}",
                _ignoring(parameter, constraint),
                constraint.severity,
            )


def _refused(contract: Contract, operation: Operation, parameter: Parameter) -> Iterator[Fault]:
    valid = operation.answer_to("valid-request")
    if valid is None or parameter.place == "path":  # which resources there are is the service's own
        return
    severity = contract.provenance(join(valid.pointer, "x-provoke")).severity
    schema = contract.schema(parameter.schema)
    part = Part((), parameter.schema, contract.at(parameter.schema), optional=False)
    base = parameter.example
    base = plain(contract, part.stated) if base is MISSING else base
    for refusal in refusals(contract, part, base):
        # A text that reads as another type never arrives as the text that it is.
        arrives = parameter.read(write(refusal.witness)) == refusal.witness
        if arrives and schema.is_valid(refusal.witness):
            words = (parameter.key, *refusal.words)
            sentence = f"refuses {refusal.sentence.replace('the body', parameter.key)}"
            change = _refusing(parameter, refusal.refuses)
            yield request_fault(contract, operation, words, sentence, change, severity)
    if not parameter.required:
        change = _refusing(parameter, lambda value: value is MISSING)
        sentence, words = f"refuses a request without {parameter.key}", (parameter.key, "required")
        yield request_fault(contract, operation, words, sentence, change, severity)
        change = _refusing(parameter, lambda value: value is not MISSING)
        sentence, words = f"refuses a request with {parameter.key}", (parameter.key, "refused")
        yield request_fault(contract, operation, words, sentence, change, severity)


def _ignoring(parameter: Parameter, constraint: Constraint) -> Callable[[Verdict], Verdict]:
    broken = (f"$request.{parameter.key}", constraint.keyword, constraint.detail)

    def change(verdict: Verdict) -> Verdict:
        left = (v for v in verdict.violations if (v.instance, v.keyword, v.detail) != broken)
        return replace(verdict, violations=tuple(left))

    return change


def _refusing(parameter: Parameter, refuses: Callable[[object], bool]) -> Callable[..., Verdict]:
    place = f"$request.{parameter.key}"

    def change(verdict: Verdict) -> Verdict:
        if not refuses(verdict.parameters.get(parameter.key, MISSING)):
            return verdict
        refused = Violation("refused", "", place, "*", "is not accepted")
        return replace(verdict, violations=(*verdict.violations, refused))

    return change
