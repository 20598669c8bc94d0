"""What passes each hook of the mock under a contract, made up from the contract's own examples.

Whether a fault has anything to spoil in a contract: its hooks are tried on what the mock sends.

A contract without a rate limit, say, has no answer that a fault of 429 could change."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import fields, replace

from mock_server.exchange import Behaviour, Exchange, Occasion, Verdict
from mock_server.fault import Fault
from mock_server.faults.derived.boundary_values import refusals
from mock_server.faults.derived.mutations import plain, shown
from mock_server.faults.derived.responses import provoked
from mock_server.faults.derived.schema_walk import EVERY, constraints, parts
from mock_server.faults.derived.validation import planted
from mock_server.messages import Answer, Posting, header, json_answer, sealed
from mock_server.responses.errors import Refusal
from mock_server.tokens import Checks
from mock_server.unique_values import Identities
from mock_server.webhooks.payload import payload, serialise
from openapi import strict_json
from openapi.contract import Contract, Json, Operation, Response
from openapi.examples import text_of
from openapi.extensions import marked
from openapi.json_pointer import MISSING, get, join, put
from openapi.runtime_expression import parse
from openapi.schema_validation import Violation

_TEXT = "a text of a request, <long> enough to be cut & escaped"


def answered(contract: Contract) -> Iterator[tuple[Answer, Exchange]]:
    """Yield every answer that can be provoked, and the exchange that it ends."""
    for operation in contract.operations:
        for response in provoked(operation):
            answer = _answer(contract, response)
            yield answer, _exchange(contract, operation, answer)


def occasions(contract: Contract) -> Iterator[Occasion]:
    """Yield an occasion for each event; its request is not the one of the example."""
    for event in contract.events:
        operation = contract.operation(event.trigger["operation"])
        response = operation.responses[event.trigger["status"]]
        exchange = _exchange(contract, operation, _answer(contract, response))
        for echo in event.trigger.get("echoes", ()):
            stated = parse(echo["from"])
            in_body = (stated.message, stated.part) == ("request", "body")
            if in_body and isinstance(get(exchange.value, stated.where), str):
                text = "2031-01-02T03:04:05Z" if echo["compare"] == "instant" else _TEXT
                put(exchange.value, stated.where, text)
        made = replace(event, examples=event.examples or (shown(contract, event.schema),))
        yield Occasion(made, exchange, 10, Identities(0))


def judged(contract: Contract) -> Iterator[Verdict]:
    """Yield verdicts on bodies: none, no JSON, each constraint broken, each limit reached."""
    for operation in contract.operations:
        for schema in operation.content.values():
            stated = contract.at(schema)
            base = shown(contract, schema)
            for raw in (b"", b"{"):
                text = strict_json.parse(raw)
                yield Verdict(text.value, text.problem, text.size, (), stated, operation.id, {})
            for constraint in constraints(contract, schema):
                at = join("", *("0" if token == EVERY else token for token in constraint.place))
                broken = Violation(constraint.keyword, schema, at, constraint.detail, "")
                yield Verdict(base, None, 1, (broken,), stated, operation.id, {})
            for value in _reached(contract, schema, base):
                yield Verdict(value, None, 1, (), stated, operation.id, {})


def _reached(contract: Contract, schema: str, base: Json) -> Iterator[Json]:
    for part in parts(contract, schema):
        for refusal in refusals(contract, part, base):
            yield planted(base, part.place, refusal.witness)
            if isinstance(refusal.witness, str):  # the same length, and more bytes
                yield planted(base, part.place, refusal.witness.replace("a", "\u00e9"))


def _answer(contract: Contract, response: Response) -> Answer:
    headers = tuple(
        header(stated.name, plain(contract, contract.at(stated.schema)))
        for stated in response.headers
    )
    status = int(response.status)
    for media_type, schema in response.content.items():
        return json_answer(status, shown(contract, schema), headers, media_type)
    return Answer(status, headers, b"")


def _exchange(contract: Contract, operation: Operation, answer: Answer) -> Exchange:
    received = (header("Authorization", "Bearer a-token"),) if operation.scheme else ()
    schema = next(iter(operation.content.values()), None)
    value = copy.deepcopy(shown(contract, schema)) if schema else MISSING
    asked = {p.key: p.read(text_of(contract, p)) for p in operation.parameters}
    return Exchange(
        contract,
        Behaviour(),
        received,
        operation=operation,
        parameters=asked,
        value=value,
        answer=answer,
    )


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
