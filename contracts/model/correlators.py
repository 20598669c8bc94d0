"""Correlators: request values that the webhook repeats and no other request has.

Which fields they live in is said by the `correlator` entries of `x-hookproof-trigger`'s echoes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from contracts.model.unique_values import MARK_PREFIX, RequestValues, text_with_marks
from openapi.contract import Contract, Event, Json, Operation
from openapi.json_pointer import MISSING, get_at, join_pointer, split_pointer
from openapi.runtime_expression import RuntimeExpression, parse_expression

MARK_PATTERN = re.compile(rf"{MARK_PREFIX}([a-z0-9]{{6}})-([0-9]{{4,}})")
IDENTITY_KIND = "identity"
"""The kind of correlators that need no generated value."""


@dataclass(frozen=True, slots=True)
class Correlator:
    """A field of the request that shows up in the webhook and can carry a value of its own."""

    kind: str
    """`unique-string`, `instant` or `subset`."""
    request: str
    """Where it stands in the request body."""
    payload: str
    """Where it stands in the webhook's payload."""
    schema: str
    """Where the contract states its schema."""
    values: tuple[str, ...] = ()
    """What a subset is taken from."""
    minimum: float = 0
    maximum: float = 0
    safe_pattern: str | None = None
    """A pattern: a subset is taken from the values that it finds, if there are any."""

    @property
    def safe_values(self) -> tuple[str, ...]:
        """The values that requests ask for unless they are about others."""
        found = (v for v in self.values if self.safe_pattern and re.search(self.safe_pattern, v))
        return tuple(found) or self.values


@dataclass(frozen=True, slots=True)
class NaturalIdentity:
    """A value that is another one for each exchange by itself, and shows up in the webhook."""

    source: RuntimeExpression
    payload: str
    """Where it stands in the webhook's payload."""


@lru_cache(maxsize=64)
def find_correlators(
    contract: Contract, operation: Operation, *, gentle: bool = False
) -> tuple[Correlator, ...]:
    """Return the correlators of the event that a success of `operation` triggers.

    They stand in the body of its request; `identities` returns those that stand elsewhere.
    `gentle` narrows their values to what the contract calls so.
    """
    event = success_event(contract, operation)
    if event is None or not operation.content:
        return ()
    body_schema = next(iter(operation.content.values()))
    return tuple(
        _correlator(contract, body_schema, echo, gentle)
        for echo in event.trigger.get("echoes", ())
        if echo.get("correlator", IDENTITY_KIND) != IDENTITY_KIND
    )


def success_event(contract: Contract, operation: Operation) -> Event | None:
    """Return the event that a success of `operation` triggers, or None."""
    success = operation.response_caused_by("valid-request")
    return contract.event_triggered_by(operation.id, int(success.status)) if success else None


@lru_cache(maxsize=64)
def find_identities(contract: Contract, operation: Operation) -> tuple[NaturalIdentity, ...]:
    """Return what identifies an exchange with `operation` in the event of its success."""
    event = success_event(contract, operation)
    return tuple(
        NaturalIdentity(parse_expression(echo["from"]), echo["to"])
        for echo in (event.trigger.get("echoes", ()) if event else ())
        if echo.get("correlator") == IDENTITY_KIND
    )


def _correlator(
    contract: Contract, body_schema: str, echo: Mapping[str, Json], gentle: bool
) -> Correlator:
    where = parse_expression(echo["from"]).where
    schema = property_schema(contract, body_schema, where)
    stated = contract.at(schema)
    chosen = stated.get("x-hookproof-valid-values", {})
    values: tuple[str, ...] = ()
    safe_pattern = None
    if "subset-of" in chosen:
        values = tuple(contract.at(chosen["subset-of"][1:])["enum"])
        safe_pattern = chosen.get("remote-pattern") if gentle else None
    bounds = chosen.get("seconds-from-now", {})
    minimum = bounds.get("minimum", chosen.get("min-items", 0))
    maximum = bounds.get("maximum", chosen.get("max-items", 0))
    if gentle:
        maximum = bounds.get("remote-maximum", maximum)
    return Correlator(
        echo["correlator"], where, echo["to"], schema, values, minimum, maximum, safe_pattern
    )


def expiry_bounds(contract: Contract) -> tuple[float, float] | None:
    """Return the bounds, in seconds from now, of instants that do least harm; None without any."""
    bounds = [
        (place.minimum, place.maximum)
        for operation in contract.operations
        for place in find_correlators(contract, operation, gentle=True)
        if place.kind == "instant" and place.maximum
    ]
    return (max(b[0] for b in bounds), min(b[1] for b in bounds)) if bounds else None


def property_schema(contract: Contract, schema: str, instance: str) -> str:
    """Return the pointer of the schema that states the property at `instance`.

    Follows references and `properties`; `LookupError` where the contract states none.
    """
    for token in split_pointer(instance):
        schema = join_pointer(contract.resolve(schema), "properties", token)
        if get_at(contract.document, schema) is MISSING:
            raise LookupError(f"no schema for {instance!r}")
    return contract.resolve(schema)


def correlator_value(
    contract: Contract, correlator: Correlator, request_values: RequestValues
) -> object:
    """Return the value of `request_values` that goes to the correlator's place."""
    if correlator.kind == "instant":
        return request_values.instant.strftime("%Y-%m-%dT%H:%M:%SZ")
    if correlator.kind == "subset":
        return request_values.subset(
            correlator.safe_values, int(correlator.minimum), int(correlator.maximum)
        )
    limit = contract.at(correlator.schema).get("maxLength")
    return text_with_marks(
        request_values, " nightly report ", None if limit is None else int(limit)
    )
