"""Correlators: request values that the webhook echoes and that no other request has.

The contract marks them with `correlator` in the echoes of an `x-hookproof-trigger`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from contracts.model.unique_values import MARK_PREFIX, RequestValues, text_with_marks
from openapi.contract import Contract, Event, Json, Operation
from openapi.json_pointer import get_at, join_pointer
from openapi.runtime_expression import RuntimeExpression, parse_expression
from openapi.schemas.places import places_at

MARK_PATTERN = re.compile(rf"{MARK_PREFIX}([a-z0-9]{{6}})-([0-9]{{4,}})")
IDENTITY_KIND = "identity"
"""Kind of correlators that need no generated value."""


@dataclass(frozen=True, slots=True)
class Correlator:
    """Request property that the webhook echoes and that can have a unique value."""

    kind: str
    """`unique-string`, `instant` or `subset`."""
    request: str
    """Pointer into the request body, or into an item of `array`."""
    payload: str
    """Pointer into the webhook's payload, or into an object of it."""
    schema: str
    """Pointer of its schema in the contract."""
    values: tuple[str, ...] = ()
    """Values that a subset is taken from."""
    minimum: float = 0
    maximum: float = 0
    safe_pattern: str | None = None
    """Pattern of the safe values; None or no match: all values are safe."""
    array: str | None = None
    """Pointer of the array in the request body whose items have the property; None: the body."""

    def pointers(self, body: object) -> list[str]:
        """Return the pointer of each place of the correlator in `body`."""
        if self.array is None:
            return [self.request]
        items = get_at(body, self.array)
        count = len(items) if isinstance(items, list) else 0
        return [f"{self.array}/{index}{self.request}" for index in range(count)]

    @property
    def safe_values(self) -> tuple[str, ...]:
        """Values that ordinary requests use."""
        found = (v for v in self.values if self.safe_pattern and re.search(self.safe_pattern, v))
        return tuple(found) or self.values


@dataclass(frozen=True, slots=True)
class NaturalIdentity:
    """Value that the service makes unique for each exchange and that the webhook echoes."""

    source: RuntimeExpression
    payload: str
    """Pointer into the webhook's payload."""


@lru_cache(maxsize=64)
def find_correlators(
    contract: Contract, operation: Operation, *, gentle: bool = False
) -> tuple[Correlator, ...]:
    """Return the correlators of the events that a success of `operation` triggers.

    Only those in the request body; `find_identities` returns the others. `gentle` limits the values
    to those that the contract allows for remote targets.
    """
    body = operation.body
    if body is None or body.schema is None:
        return ()
    return tuple(
        _correlator(contract, body.schema, event, echo, gentle)
        for event in success_events(contract, operation)
        for echo in event.trigger.get("echoes", ())
        if echo.get("correlator", IDENTITY_KIND) != IDENTITY_KIND
    )


def success_events(contract: Contract, operation: Operation) -> tuple[Event, ...]:
    """Return the events that the first triggering success of `operation` triggers."""
    statuses = operation.statuses_caused_by("valid-request")
    found = (contract.events_triggered_by(operation.id, status) for status in statuses)
    return next(filter(None, found), ())


def success_echoes(contract: Contract, operation: Operation) -> tuple[Mapping[str, Json], ...]:
    """Return the echoes of the events that a success of `operation` triggers."""
    events = success_events(contract, operation)
    return tuple(echo for event in events for echo in event.trigger.get("echoes", ()))


@lru_cache(maxsize=64)
def find_identities(contract: Contract, operation: Operation) -> tuple[NaturalIdentity, ...]:
    """Return the values that identify an exchange of `operation` in the events it triggers."""
    return tuple(
        NaturalIdentity(parse_expression(echo["from"]), echo["to"])
        for echo in success_echoes(contract, operation)
        if echo.get("correlator") == IDENTITY_KIND
    )


def _correlator(
    contract: Contract, body_schema: str, event: Event, echo: Mapping[str, Json], gentle: bool
) -> Correlator:
    source = parse_expression(echo["from"])
    where, array = source.where, event.for_each if source.message == "item" else None
    if array is not None:
        body_schema = join_pointer(property_schema(contract, body_schema, array), "items")
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
        echo["correlator"], where, echo["to"], schema, values, minimum, maximum, safe_pattern, array
    )


def expiry_bounds(contract: Contract) -> tuple[float, float] | None:
    """Return the bounds of instants for remote targets, in seconds from now, or None."""
    bounds = [
        (place.minimum, place.maximum)
        for operation in contract.operations
        for place in find_correlators(contract, operation, gentle=True)
        if place.kind == "instant" and place.maximum
    ]
    return (max(b[0] for b in bounds), min(b[1] for b in bounds)) if bounds else None


def property_schema(contract: Contract, schema: str, instance: str) -> str:
    """Return the pointer of the schema of the value at `instance`.

    Follow references, `properties`, `items` and combinations; of several schemas for the value,
    return the one with the most keywords. Raise `LookupError` if the contract has none.
    """
    places = places_at(contract.document, schema, instance)
    stated = {place: get_at(contract.document, place) for place in places}
    own = {p: len(s) for p, s in stated.items() if isinstance(s, dict) and "$ref" not in s}
    if not own:
        raise LookupError(f"no schema for {instance!r}")
    return max(own, key=lambda place: own[place])


def correlator_value(
    contract: Contract, correlator: Correlator, request_values: RequestValues, index: int = 0
) -> object:
    """Return the unique value for the correlator's place; `index` counts those of one request."""
    if correlator.kind == "instant":
        return request_values.instant.strftime("%Y-%m-%dT%H:%M:%SZ")
    if correlator.kind == "subset":
        return request_values.subset(
            correlator.safe_values, int(correlator.minimum), int(correlator.maximum)
        )
    limit = contract.at(correlator.schema).get("maxLength")
    middle = f" nightly report {index} " if index else " nightly report "
    return text_with_marks(request_values, middle, None if limit is None else int(limit))
