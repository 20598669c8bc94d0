"""Faults of the answers, derived from the contract: body, media type, headers, unique values."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from mock_server.exchange import Behaviour, Exchange
from mock_server.fault import Fault
from mock_server.faults.derived.mutations import VERBS, mutations, named, shown, single, slug
from mock_server.messages import Answer, header
from openapi.contract import Contract, Header, Json, Operation, Response
from openapi.extensions import marked
from openapi.json_pointer import MISSING, get, join, put

Change = TypeVar("Change", bound=Callable[..., object])

_BROKEN = ("?", "-1", "")
"""Values of a header, of which the first that its schema does not take is sent."""


def derived_answers(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of every answer that a request can bring about."""
    for operation in contract.operations:
        for response in provoked(operation):
            yield from _bodies(contract, operation, response)
            yield from _headers(contract, operation, response)


def provoked(operation: Operation) -> Iterator[Response]:
    """Yield the documented answers that a request can bring about."""
    for response in operation.responses.values():
        by = response.provoke.get("by", "failure-only")
        if by != "failure-only" and response.status.isdecimal():
            yield response


def about(contract: Contract, operation: Operation, response: Response) -> str:
    """Return the words that begin the name of a fault of this answer."""
    return slug(single(contract.operations, operation.id), response.status)


def _fault(
    contract: Contract,
    operation: Operation,
    response: Response,
    what: str,
    sentence: str,
    change: Callable[[Answer], Answer],
    severity: str,
) -> Fault:
    def apply(answer: Answer, exchange: Exchange) -> Answer:
        same = exchange.operation is not None and exchange.operation.id == operation.id
        return change(answer) if same and str(answer.status) == response.status else answer

    return Fault(
        slug("answer", about(contract, operation, response), what),
        "answers",
        f"The {response.status} of {operation.id} {sentence}.",
        Behaviour(answer=apply),
        severity,
        limited=response.provoke["by"] == "burst",
    )


def _bodies(contract: Contract, operation: Operation, response: Response) -> Iterator[Fault]:
    for media_type, schema in response.content.items():
        stated = contract.provenance(join(response.pointer, "content")).severity
        other = next(m for m in ("text/plain", "text/html") if m not in response.content)
        yield _fault(
            contract, operation, response, "media-type", f"is {other}", _typed(other), stated
        )
        if media_type.rpartition("+")[2].rpartition("/")[2] != "json":
            return
        value = shown(contract, schema)
        for found in mutations(contract, schema, value):
            sentence = f"{VERBS[found.kind]} {named(found.place)}"
            what = slug(found.kind, found.place or "body")
            change = _rewritten(found.change)
            yield _fault(contract, operation, response, what, sentence, change, found.severity)
        for place, pointer in marked(contract, schema, "x-unique"):
            same = get(value, place)
            if same is not MISSING:
                sentence = f"has the same value at {place} every time"
                change = _rewritten(_constant(place, same))
                weight = contract.provenance(pointer).severity
                what = slug("repeats", place)
                yield _fault(contract, operation, response, what, sentence, change, weight)
        return  # The mock answers with the first media type.


def _headers(contract: Contract, operation: Operation, response: Response) -> Iterator[Fault]:
    for stated in response.headers:
        schema = contract.schema(stated.schema)
        wrong = next((text for text in _BROKEN if not schema.is_valid(_read(stated, text))), None)
        if wrong is not None:
            broken = schema.violations(_read(stated, wrong), limit=1)[0]
            weight = contract.provenance(broken.pointer, broken.detail).severity
            sentence = f"has {wrong!r} for {stated.name}"
            what = f"{stated.name}-broken"
            change = _with_header(stated.name, wrong)
            yield _fault(contract, operation, response, what, sentence, change, weight)
        if stated.required:
            weight = contract.provenance(join(stated.pointer, "required")).severity
            sentence = f"lacks the header {stated.name}"
            what = f"lacks-{stated.name}"
            change = _with_header(stated.name, None)
            yield _fault(contract, operation, response, what, sentence, change, weight)


def _read(stated: Header, text: str) -> Json:
    return int(text) if stated.is_integer and text.lstrip("-").isdecimal() else text


def _typed(media_type: str) -> Callable[[Answer], Answer]:
    return _with_header("content-type", media_type)


def _with_header(name: str, value: str | None) -> Callable[[Answer], Answer]:
    made = () if value is None else (header(name, value),)
    key = name.lower().encode()

    def change(answer: Answer) -> Answer:
        return replace(answer, headers=(*(h for h in answer.headers if h[0] != key), *made))

    return change


def _rewritten(change: Callable[[Json], Json]) -> Callable[[Answer], Answer]:
    """Return what changes the value of a JSON body; a body that is none is left as it is."""

    def apply(answer: Answer) -> Answer:
        try:
            value = json.loads(answer.body)
        except ValueError:
            return answer
        return replace(answer, body=json.dumps(change(value)).encode())

    return apply


def _constant(place: str, same: Json) -> Callable[[Json], Json]:
    def change(value: Json) -> Json:
        put(value, place, same)
        return value

    return change
