"""Whether a fault has anything to spoil in a contract: its hooks are tried on what the mock sends.

A contract without a rate limit, say, has no answer that a fault of 429 could change.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import fields

from mock_server.behaviour import Behaviour, Fault
from mock_server.delivery import Posting, sealed
from mock_server.payload import payload, serialise
from mock_server.problems import Refusal
from mock_server.tokens import Checks
from mock_server.trials import answered, judged, occasions
from openapi.document import Contract, Operation
from openapi.marked import marked

Test = Callable[[Contract, Behaviour], Iterator[bool]]


def has_effect(contract: Contract, fault: Fault) -> bool:
    """Say whether the mock would do anything else with `fault` than without it."""
    return any(any(test(contract, fault.behaviour)) for test in _TESTS)


def _checks(contract: Contract, behaviour: Behaviour) -> Iterator[bool]:
    if behaviour.checks is None:
        return
    left_out = behaviour.checks(Checks())
    missing = {f.name for f in fields(Checks) if not getattr(left_out, f.name)}
    for operation in contract.operations:
        if operation.scheme is None:
            continue
        issued = _issued(contract, operation)
        needs = {"revocation": "revoked" in issued, "whole_permission": "permissions" in issued}
        needs["permission"] = bool(operation.permissions)
        yield any(needs.get(name, True) for name in missing)


def _issued(contract: Contract, operation: Operation) -> set[str]:
    """Return what can be asked for of the credentials that `operation` issues."""
    valid = operation.answer_to("valid-request")
    schemas = valid.content.values() if valid else ()
    pointers = (p for s in schemas for _, p in marked(contract, s, "x-credential"))
    return {key for pointer in pointers for key in contract.at(pointer)}


def _verdicts(contract: Contract, behaviour: Behaviour) -> Iterator[bool]:
    if behaviour.verdict is None:
        return
    for verdict in judged(contract):
        try:
            yield behaviour.verdict(verdict) != verdict
        except Refusal:
            yield True


def _answers(contract: Contract, behaviour: Behaviour) -> Iterator[bool]:
    if behaviour.answer is not None:
        for answer, exchange in answered(contract):
            yield behaviour.answer(answer, exchange) != answer


def _triggers(contract: Contract, behaviour: Behaviour) -> Iterator[bool]:
    if behaviour.trigger is not None:
        for occasion in occasions(contract):
            yield behaviour.trigger(0, occasion.exchange) != 0


def _payloads(contract: Contract, behaviour: Behaviour) -> Iterator[bool]:
    if behaviour.payload is not None:
        for occasion in occasions(contract):
            value = payload(occasion)
            yield behaviour.payload(copy.deepcopy(value), occasion) != value


def _deliveries(contract: Contract, behaviour: Behaviour) -> Iterator[bool]:
    for occasion in occasions(contract):
        body = serialise(payload(occasion))
        posting = Posting(occasion.event, body, occasion.number, "a secret", "an identity", 0.0)
        delivery = sealed(posting, body)
        if behaviour.delivery is not None:
            yield behaviour.delivery(delivery, posting) != delivery
        if behaviour.plan is not None:
            yield behaviour.plan([delivery], posting) != [delivery]


_TESTS: tuple[Test, ...] = (_checks, _verdicts, _answers, _triggers, _payloads, _deliveries)
