"""List of the constraints of a contract, each with location and provenance.

A constraint is a keyword at a JSON Pointer. Each name in `required` is a separate constraint, and
so is each credential kind of a 401 or 403 response. Pure.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from contracts.expectations.keywords import (
    ConstraintKey,
    any_text_keeps,
    applicable_keywords,
)
from contracts.model.credential_kinds import (
    ISSUED,
    UNAUTHENTICATED_KINDS_BY_SCHEME,
    UNAUTHORIZED_KINDS,
)
from openapi.contract import Contract, Event, Operation, Provenance, ResponseSpec
from openapi.extensions import extended_properties
from openapi.json_pointer import MISSING, get_at, is_array_index, join_pointer, split_pointer
from openapi.security import required_schemes
from openapi.serialization.bodies import MediaTypeSpec

ConstraintKind = Literal[
    "request", "response", "header", "security", "webhook", "echo", "signature"
]

_EXTENSION_KEYWORDS = ("x-hookproof-unique", "x-hookproof-secret", "x-hookproof-credential")
"""Extensions that separate checks assert, not the schema validator."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """Constraint of a contract."""

    pointer: str
    detail: str
    """`*`, or the part: a property of `required`, a credential kind."""
    kind: ConstraintKind
    provenance: Provenance

    @property
    def key(self) -> ConstraintKey:
        """Unique key."""
        return self.pointer, self.detail

    @property
    def keyword(self) -> str:
        """Last name in the pointer; array indexes are skipped."""
        return next((t for t in reversed(split_pointer(self.pointer)) if not is_array_index(t)), "")


def list_constraints(contract: Contract) -> tuple[Constraint, ...]:
    """Return every constraint of `contract` once, in document order."""
    found: dict[ConstraintKey, ConstraintKind] = {}
    for operation in contract.operations:
        for place, kind in _operation_constraints(contract, operation):
            found.setdefault(place, kind)
    for event in contract.events:
        for place, kind in _event_constraints(contract, event):
            found.setdefault(place, kind)
    return tuple(
        Constraint(pointer, detail, kind, contract.provenance(pointer, detail))
        for (pointer, detail), kind in found.items()
    )


def constraint_keys(contract: Contract, operations: Iterable[Operation]) -> set[ConstraintKey]:
    """Return the keys of the constraints of `operations` and of the events that they trigger."""
    known = {operation.id: operation for operation in operations}
    places = [p for o in known.values() for p, _ in _operation_constraints(contract, o)]
    for event in contract.events:
        if event.operation in known:
            places += [place for place, _ in _event_constraints(contract, event)]
    return set(places)


def _operation_constraints(
    contract: Contract, operation: Operation
) -> Iterator[tuple[ConstraintKey, ConstraintKind]]:
    for spec in operation.content.values():
        yield (spec.pointer, "*"), "request"
        for place in _body_keywords(contract, spec):
            yield place, "request"
    for parameter in operation.parameters:
        if parameter.required and parameter.location != "path":
            yield (join_pointer(parameter.pointer, "required"), "*"), "request"
        if parameter.style.is_json:
            yield (join_pointer(parameter.pointer, "content"), "*"), "request"
        for place in applicable_keywords(contract, parameter.schema):
            if parameter.style.is_json or not any_text_keeps(contract, place):
                yield place, "request"
    for response in operation.responses.values():
        yield from _response_constraints(contract, operation, response)
    if operation.rate_limit is not None:
        yield (join_pointer(operation.pointer, "x-hookproof-rate-limit"), "*"), "response"


def _body_keywords(contract: Contract, spec: MediaTypeSpec) -> Iterator[ConstraintKey]:
    """Yield the keywords that a body of this media type can break."""
    if spec.schema is None or spec.kind in (None, "bytes"):
        return
    is_json = spec.kind == "json"
    for place in applicable_keywords(contract, spec.schema):
        if is_json or not any_text_keeps(contract, place):
            yield place
    for name, known in spec.fields.items():
        if known.is_json:
            below = join_pointer(contract.resolve(spec.schema), "properties", name)
            yield from applicable_keywords(contract, below)


def _issues_credential(contract: Contract, operation: Operation) -> bool:
    """Return whether the success response of the operation contains a credential."""
    return any(
        extended_properties(contract, schema, "x-hookproof-credential")
        for success in operation.responses_caused_by("valid-request")
        for schema in success.content.values()
    )


def _rejected_kinds(operation: Operation, cause: str | None) -> tuple[str, ...]:
    """Return the kinds of credentials whose rejection has this cause; none: a run sends none."""
    schemes = {one.scheme.kind for one in required_schemes(operation.security)}
    if operation.allows_anonymous:
        return ()
    if cause == "insufficient-permission":
        return UNAUTHORIZED_KINDS if "bearer" in schemes else ()
    if cause != "invalid-credential":
        return ()
    by_scheme = UNAUTHENTICATED_KINDS_BY_SCHEME.items()
    kinds = (kind for scheme, kinds in by_scheme if scheme in schemes for kind in kinds)
    return tuple(dict.fromkeys(kinds))


def _response_constraints(
    contract: Contract, operation: Operation, response: ResponseSpec
) -> Iterator[tuple[ConstraintKey, ConstraintKind]]:
    provoked = join_pointer(response.pointer, "x-hookproof-cause")
    by = response.cause.get("kind")
    if kinds := _rejected_kinds(operation, by):
        issues = _issues_credential(contract, operation)
        known = [kind for kind in kinds if issues or kind not in ISSUED]
        yield from (((provoked, kind), "security") for kind in known)
    elif by:
        yield (provoked, "*"), "response"
    if get_at(contract.document, join_pointer(provoked, "concurrent")) is not MISSING:
        yield (join_pointer(provoked, "concurrent"), "*"), "response"
    for schema in response.content.values():
        yield (media_type_pointer(schema), "*"), "response"
        for place in applicable_keywords(contract, schema):
            yield place, "response"
        for _, pointer in extended_properties(contract, schema, *_EXTENSION_KEYWORDS):
            yield (pointer, "*"), "response"
    for header in response.headers:
        if header.required:
            yield (join_pointer(header.pointer, "required"), "*"), "header"
        for place in applicable_keywords(contract, header.schema):
            yield place, "header"


def media_type_pointer(schema: str) -> str:
    """Return the pointer of the media type whose schema is at `schema`."""
    return schema.rpartition("/")[0]


def _event_constraints(
    contract: Contract, event: Event
) -> Iterator[tuple[ConstraintKey, ConstraintKind]]:
    yield (event.pointer, "*"), "webhook"
    yield (media_type_pointer(event.schema), "*"), "webhook"
    for place in applicable_keywords(contract, event.schema):
        yield place, "webhook"
    trigger = join_pointer(event.pointer, "x-hookproof-trigger")
    yield (trigger, "*"), "webhook"
    for part in ("deadline", "no-redelivery", "retries"):
        if part in event.trigger:
            yield (join_pointer(trigger, part), "*"), "webhook"
    if "retries" in event.trigger:
        yield (join_pointer(trigger, "retries", "within-deadline"), "*"), "webhook"
    for part in ("echoes", "equal", "unique", "same-for-caller"):
        for index in range(len(event.trigger.get(part, ()))):
            yield (
                (join_pointer(trigger, part, index), "*"),
                "echo" if part == "echoes" else "webhook",
            )
    if event.signature is not None:
        yield (event.signature.pointer, "*"), "signature"
