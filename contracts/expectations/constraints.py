"""Every constraint of a contract: what a service can break, where it is stated, how it is known.

A constraint is a keyword at a JSON Pointer; of `required`, and of an answer that several kinds of
credential ask for, each part is a constraint of its own. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from contracts.expectations.keywords import Key, evaluated
from contracts.model.credential_kinds import DOUBTFUL, ISSUED, LACKING
from openapi.contract import Contract, Event, Operation, Provenance, Response
from openapi.extensions import marked
from openapi.json_pointer import MISSING, get, join, split

Kind = Literal["request", "answer", "header", "security", "webhook", "echo", "signature"]

_MARKS = ("x-unique", "x-secret", "x-credential")
"""Asserted by checks of their own, not by a schema validator."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint."""

    pointer: str
    detail: str
    """`*`, or which part: a property of `required`, a kind of credential."""
    kind: Kind
    provenance: Provenance

    @property
    def key(self) -> Key:
        """What tells it from the others."""
        return self.pointer, self.detail

    @property
    def keyword(self) -> str:
        """The last part of the pointer that is a name."""
        return next((t for t in reversed(split(self.pointer)) if not t.isdecimal()), "")


def _marks(contract: Contract, pointer: str) -> Iterator[Key]:
    """Yield the marks at or below the schema at `pointer`, references and properties followed."""
    place = contract.resolve(pointer)
    stated = get(contract.document, place)
    if isinstance(stated, dict):
        yield from ((join(place, mark), "*") for mark in _MARKS if stated.get(mark))
        for name in stated.get("properties", {}):
            yield from _marks(contract, join(place, "properties", name))


def constraints(contract: Contract) -> tuple[Constraint, ...]:
    """Return every constraint of `contract`, each once, in the order of the document."""
    found: dict[Key, Kind] = {}
    for operation in contract.operations:
        for place, kind in _of_operation(contract, operation):
            found.setdefault(place, kind)
    for event in contract.events:
        for place, kind in _of_event(contract, event):
            found.setdefault(place, kind)
    return tuple(
        Constraint(pointer, detail, kind, contract.provenance(pointer, detail))
        for (pointer, detail), kind in found.items()
    )


def _of_operation(contract: Contract, operation: Operation) -> Iterator[tuple[Key, Kind]]:
    for schema in operation.content.values():
        yield (json_place(schema), "*"), "request"
        for place in evaluated(contract, schema):
            yield place, "request"
    for parameter in operation.parameters:
        if parameter.required and parameter.place != "path":
            yield (join(parameter.pointer, "required"), "*"), "request"
        every_text_is_one = (
            (join(parameter.schema, "type"), "*") if "string" in parameter.types else None
        )
        for place in evaluated(contract, parameter.schema):
            if place != every_text_is_one:
                yield place, "request"
    for response in operation.responses.values():
        yield from _of_response(contract, response, _issues(contract, operation))
    if operation.rate_limit is not None:
        yield (join(operation.pointer, "x-rate-limit"), "*"), "answer"


def _issues(contract: Contract, operation: Operation) -> bool:
    """Say whether a success of the operation holds a credential."""
    success = operation.answer_to("valid-request")
    schemas = success.content.values() if success else ()
    return any(list(marked(contract, schema, "x-credential")) for schema in schemas)


def _of_response(
    contract: Contract, response: Response, issues: bool
) -> Iterator[tuple[Key, Kind]]:
    provoked = join(response.pointer, "x-provoke")
    by = response.provoke.get("by")
    if by in ("refused-credential", "credential-without-permission"):
        kinds = DOUBTFUL if by == "refused-credential" else LACKING
        known = [kind for kind in kinds if issues or kind not in ISSUED]
        yield from (((provoked, kind), "security") for kind in known)
    elif by:
        yield (provoked, "*"), "answer"
    if get(contract.document, join(provoked, "at-once")) is not MISSING:
        yield (join(provoked, "at-once"), "*"), "answer"
    for schema in response.content.values():
        yield (json_place(schema), "*"), "answer"
        for place in (*evaluated(contract, schema), *_marks(contract, schema)):
            yield place, "answer"
    for header in response.headers:
        if header.required:
            yield (join(header.pointer, "required"), "*"), "header"
        for place in evaluated(contract, header.schema):
            yield place, "header"


def json_place(schema: str) -> str:
    """Return where the media type is stated whose schema stands at `schema`."""
    return schema.rpartition("/")[0]


def _of_event(contract: Contract, event: Event) -> Iterator[tuple[Key, Kind]]:
    yield (event.pointer, "*"), "webhook"
    yield (json_place(event.schema), "*"), "webhook"
    for place in evaluated(contract, event.schema):
        yield place, "webhook"
    trigger = join(event.pointer, "x-trigger")
    yield (trigger, "*"), "webhook"
    for part in ("deadline", "repeats", "retries"):
        if part in event.trigger:
            yield (join(trigger, part), "*"), "webhook"
    if "retries" in event.trigger:
        yield (join(trigger, "retries", "soon"), "*"), "webhook"
    for part in ("echoes", "equal", "unique"):
        for index in range(len(event.trigger.get(part, ()))):
            yield (join(trigger, part, index), "*"), "echo" if part == "echoes" else "webhook"
    if event.signature is not None:
        yield (event.signature.pointer, "*"), "signature"
