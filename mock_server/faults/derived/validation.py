"""Faults of validation, derived from the contract: each constraint of a body not enforced.

Faults of validation, derived from the contract: what it allows is refused.

Where a freedom of the contract lets a service refuse it, refusing is no fault."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.exchange import Behaviour, Verdict
from mock_server.fault import Fault
from mock_server.faults.derived.boundary_values import Refusal, refusals
from mock_server.faults.derived.mutations import shown, single, slug
from mock_server.faults.derived.schema_walk import (
    EVERY,
    Constraint,
    Part,
    constraints,
    fits,
    found,
    parts,
)
from openapi import runtime_expression
from openapi.contract import Contract, Json, Operation
from openapi.json_pointer import MISSING, get, join, split
from openapi.schema_validation import Violation


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


def derived_limits(contract: Contract) -> Iterator[Fault]:
    """Yield a fault for each constraint of each operation's body that is one step too tight."""
    for operation in contract.operations:
        valid = operation.answer_to("valid-request")
        if valid is None:
            continue
        severity = contract.provenance(join(valid.pointer, "x-provoke")).severity
        for schema in list(operation.content.values())[:1]:
            # Beside a $ref a schema may say again what the schema behind it says.
            told = {
                _words(part, refusal): (part, refusal)
                for part, refusal in _deviating(contract, operation, schema)
            }
            for words, (part, refusal) in told.items():
                change = _refusing(part.place, refusal)
                sentence = f"refuses {refusal.sentence}"
                yield request_fault(contract, operation, words, sentence, change, severity)


def _deviating(
    contract: Contract, operation: Operation, schema: str
) -> Iterator[tuple[Part, Refusal]]:
    base = shown(contract, schema)
    for part in parts(contract, schema):
        for refusal in refusals(contract, part, base):
            body = planted(base, part.place, refusal.witness)
            if _deviates(contract, operation, schema, base, body):
                yield part, refusal


def _words(part: Part, refusal: Refusal) -> tuple[str, ...]:
    return (*words_of(part.place), *refusal.words)


def planted(value: Json, place: tuple[str, ...], witness: Json) -> Json:
    """Return `value` with `witness` at `place`: in the first item where it is of an array."""
    if not place:
        return witness
    first, rest = place[0], place[1:]
    if first == EVERY:
        items = value if isinstance(value, list) else []
        return [planted(items[0] if items else None, rest, witness), *items[1:]]
    known = value if isinstance(value, dict) else {}
    return {**known, first: planted(known.get(first), rest, witness)}


def _deviates(
    contract: Contract, operation: Operation, schema: str, base: Json, body: Json
) -> bool:
    """Say whether refusing `body` breaks the contract: it is valid, and nothing sets it free."""
    if not contract.schema(schema).is_valid(body):
        return False
    return not _free(contract, operation, body) - _free(contract, operation, base)


def _free(contract: Contract, operation: Operation, body: Json) -> set[int]:
    """Return the freedoms that the values of `body` make use of, whenever it is sent."""
    used = set()
    for index, freedom in enumerate(operation.freedoms):
        if "at" not in freedom or freedom.get("caller-lacks") or "instant" in freedom:
            continue
        value = get(body, runtime_expression.parse(freedom["at"]).where)
        when = join(operation.pointer, "x-freedoms", index, "when")
        if value is not MISSING and contract.schema(when).is_valid(value):
            used.add(index)
    return used


def _refusing(place: tuple[str, ...], refusal: Refusal) -> Callable[[Verdict], Verdict]:
    def change(verdict: Verdict) -> Verdict:
        refused = tuple(
            Violation("refused", "", at, "*", "is not accepted")
            for at, value in found(verdict.value, place)
            if refusal.refuses(value)
        )
        return replace(verdict, violations=verdict.violations + refused)

    return change
