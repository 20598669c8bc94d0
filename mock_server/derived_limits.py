"""Faults of validation, derived from the contract: what it allows is refused.

Where a freedom of the contract lets a service refuse it, refusing is no fault.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mock_server.behaviour import Fault, Verdict
from mock_server.constraints import EVERY, found, parts
from mock_server.derived_requests import request_fault, words_of
from mock_server.refusals import Refusal, refusals
from openapi import expression
from openapi.document import Contract, Json, Operation
from openapi.pointer import MISSING, get, join
from openapi.sample import example
from openapi.validation import Violation


def derived_limits(contract: Contract) -> Iterator[Fault]:
    """Yield a fault for each constraint of each operation's body that is one step too tight."""
    for operation in contract.operations:
        valid = operation.answer_to("valid-request")
        if valid is None:
            continue
        severity = contract.provenance(join(valid.pointer, "x-provoke")).severity
        for schema in list(operation.content.values())[:1]:
            base = example(contract, schema)
            for part in parts(contract, schema):
                for refusal in refusals(contract, part, base):
                    body = planted(base, part.place, refusal.witness)
                    if _deviates(contract, operation, schema, base, body):
                        words = (*words_of(part.place), *refusal.words)
                        yield request_fault(
                            contract,
                            operation,
                            schema,
                            words,
                            f"refuses {refusal.sentence}",
                            _refusing(part.place, refusal),
                            severity,
                        )


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
        value = get(body, expression.parse(freedom["at"]).where)
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
