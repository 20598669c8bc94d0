"""What tells one request from another in a webhook: values that no other request of the run has.

Which fields they live in is said by the `correlator` entries of `x-trigger`'s echoes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from contracts.model.unique_values import PREFIX, Fresh, stretched
from openapi.contract import Contract, Event, Json, Operation
from openapi.json_pointer import MISSING, get, join, split
from openapi.runtime_expression import Expression, parse

ANY_MARK = re.compile(rf"{PREFIX}([a-z0-9]{{6}})-([0-9]{{4,}})")
IDENTITY = "identity"
"""The kind of correlators that nobody has to make."""


@dataclass(frozen=True, slots=True)
class Correlator:
    """A field of the request that shows up in the webhook and can carry a value of its own."""

    kind: str
    """`mark`, `instant` or `subset`."""
    request: str
    """Where it stands in the request body."""
    payload: str
    """Where it stands in the webhook's payload."""
    schema: str
    """Where the contract states its schema."""
    values: tuple[str, ...] = ()
    """What a subset is taken from."""
    least: float = 0
    most: float = 0
    harmless: str | None = None
    """A pattern: a subset is taken from the values that it finds, if there are any."""

    @property
    def choice(self) -> tuple[str, ...]:
        """The values that requests ask for unless they are about others."""
        found = (v for v in self.values if self.harmless and re.search(self.harmless, v))
        return tuple(found) or self.values


@dataclass(frozen=True, slots=True)
class Identity:
    """A value that is another one for each exchange by itself, and shows up in the webhook."""

    source: Expression
    payload: str
    """Where it stands in the webhook's payload."""


@lru_cache(maxsize=64)
def correlators(
    contract: Contract, operation: Operation, *, gentle: bool = False
) -> tuple[Correlator, ...]:
    """Return the correlators of the event that a success of `operation` triggers.

    They stand in the body of its request; `identities` returns those that stand elsewhere.
    `gentle` narrows their values to what the contract calls so.
    """
    event = told_by(contract, operation)
    if event is None or not operation.content:
        return ()
    body_schema = next(iter(operation.content.values()))
    return tuple(
        _correlator(contract, body_schema, echo, gentle)
        for echo in event.trigger.get("echoes", ())
        if echo.get("correlator", IDENTITY) != IDENTITY
    )


def told_by(contract: Contract, operation: Operation) -> Event | None:
    """Return the event that a success of `operation` triggers, or None."""
    success = operation.answer_to("valid-request")
    return contract.triggered_by(operation.id, int(success.status)) if success else None


@lru_cache(maxsize=64)
def identities(contract: Contract, operation: Operation) -> tuple[Identity, ...]:
    """Return what identifies an exchange with `operation` in the event of its success."""
    event = told_by(contract, operation)
    return tuple(
        Identity(parse(echo["from"]), echo["to"])
        for echo in (event.trigger.get("echoes", ()) if event else ())
        if echo.get("correlator") == IDENTITY
    )


def _correlator(
    contract: Contract, body_schema: str, echo: Mapping[str, Json], gentle: bool
) -> Correlator:
    where = parse(echo["from"]).where
    schema = subschema(contract, body_schema, where)
    stated = contract.at(schema)
    chosen = stated.get("x-valid-values", {})
    values: tuple[str, ...] = ()
    harmless = None
    if "subset-of" in chosen:
        values = tuple(contract.at(chosen["subset-of"][1:])["enum"])
        harmless = chosen.get("gentle") if gentle else None
    bounds = chosen.get("from-now", chosen)
    least, most = bounds.get("least", 0), bounds.get("most", 0)
    if gentle and "from-now" in chosen:
        most = bounds.get("gentle", most)
    return Correlator(echo["correlator"], where, echo["to"], schema, values, least, most, harmless)


def within(contract: Contract) -> tuple[float, float] | None:
    """Return the bounds, in seconds from now, of instants that do least harm; None without any."""
    bounds = [
        (place.least, place.most)
        for operation in contract.operations
        for place in correlators(contract, operation, gentle=True)
        if place.kind == "instant" and place.most
    ]
    return (max(b[0] for b in bounds), min(b[1] for b in bounds)) if bounds else None


def subschema(contract: Contract, schema: str, instance: str) -> str:
    """Return the pointer of the schema that states the property at `instance`.

    Follows references and `properties`; `LookupError` where the contract states none.
    """
    for token in split(instance):
        schema = join(contract.resolve(schema), "properties", token)
        if get(contract.document, schema) is MISSING:
            raise LookupError(f"no schema for {instance!r}")
    return contract.resolve(schema)


def fresh_value(contract: Contract, correlator: Correlator, fresh: Fresh) -> object:
    """Return the value of `fresh` that goes to the correlator's place."""
    if correlator.kind == "instant":
        return fresh.instant.strftime("%Y-%m-%dT%H:%M:%SZ")
    if correlator.kind == "subset":
        return fresh.subset(correlator.choice, int(correlator.least), int(correlator.most))
    limit = contract.at(correlator.schema).get("maxLength")
    return stretched(fresh, " nightly report ", None if limit is None else int(limit))
