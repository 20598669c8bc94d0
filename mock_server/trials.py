"""What passes each hook of the mock under a contract, made up from the contract's own examples."""

import copy
from collections.abc import Iterator
from dataclasses import replace

from mock_server.answer import Answer, header, json_answer
from mock_server.behaviour import Behaviour, Verdict
from mock_server.constraints import EVERY, constraints, parts
from mock_server.derived_answers import provoked
from mock_server.derived_limits import planted
from mock_server.exchange import Exchange
from mock_server.fresh import Identities
from mock_server.mutations import plain, shown
from mock_server.payload import Occasion
from mock_server.refusals import refusals
from openapi import json_text
from openapi.document import Contract, Json, Operation, Response
from openapi.expression import parse
from openapi.pointer import MISSING, get, join, put
from openapi.sample import text_of
from openapi.validation import Violation

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
                text = json_text.parse(raw)
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
