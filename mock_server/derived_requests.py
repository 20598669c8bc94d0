"""Faults of validation, derived from the contract: each constraint of a body not enforced."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.behaviour import Behaviour, Fault, Verdict
from mock_server.constraints import EVERY, Constraint, constraints, fits
from mock_server.mutations import single, slug
from openapi.document import Contract, Operation
from openapi.pointer import split
from openapi.validation import Violation


def derived_requests(contract: Contract) -> Iterator[Fault]:
    """Yield a fault for each constraint of each operation's body: it is not looked at."""
    for operation in contract.operations:
        if operation.answer_to("invalid-request") is None:
            continue
        for schema in list(operation.content.values())[:1]:
            for constraint in constraints(contract, schema):
                yield _ignored(contract, operation, constraint)


def request_fault(
    contract: Contract,
    operation: Operation,
    words: tuple[str, ...],
    sentence: str,
    change: Callable[[Verdict], Verdict],
    severity: str,
) -> Fault:
    """Return a fault of the validation of one operation's bodies."""

    def verdict(found: Verdict) -> Verdict:
        return change(found) if found.operation == operation.id else found

    name = slug("request", single(contract.operations, operation.id), *words)
    told = f"{operation.id} {sentence}."
    return Fault(name, "validation", told, Behaviour(verdict=verdict), severity)


def words_of(place: tuple[str, ...]) -> tuple[str, ...]:
    """Return a place as words of a name."""
    return tuple("items" if token == EVERY else token for token in place) or ("body",)


def told(place: tuple[str, ...]) -> str:
    """Return a place for a sentence."""
    return "".join(f"/{token}" for token in place) or "the body"


def _ignored(contract: Contract, operation: Operation, constraint: Constraint) -> Fault:
    def ignores(violation: Violation) -> bool:
        same = (violation.keyword, violation.detail) == (constraint.keyword, constraint.detail)
        return same and fits(constraint.place, split(violation.instance))

    def change(verdict: Verdict) -> Verdict:
        left = tuple(v for v in verdict.violations if not ignores(v))
        return replace(verdict, violations=left)

    detail = "" if constraint.detail == "*" else constraint.detail
    words = (*words_of(constraint.place), constraint.keyword, detail, "ignored")
    part = f" ({constraint.detail})" if detail else ""
    sentence = f"does not enforce {constraint.keyword}{part} of {told(constraint.place)}"
    return request_fault(contract, operation, words, sentence, change, constraint.severity)
