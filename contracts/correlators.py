"""What tells one request from another in a webhook: values that no other request of the run has.

Which fields they live in is said by the `correlator` entries of `x-trigger`'s echoes.
"""

import random
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from openapi.document import Contract, Event, Json, Operation
from openapi.expression import Expression, parse
from openapi.pointer import MISSING, get, join, split

PREFIX = "hp-"
"""Every mark begins so: prefix, run id, the request's number."""
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


@dataclass(frozen=True, slots=True)
class Identity:
    """A value that is another one for each exchange by itself, and shows up in the webhook."""

    source: Expression
    payload: str
    """Where it stands in the webhook's payload."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """Values for one request."""

    number: int
    case: int
    """The number of the first request of the same case."""
    mark: str
    instant: datetime
    letters: random.Random

    def subset(self, of: tuple[str, ...], least: int, most: int) -> list[str]:
        """Return some of `of`, as many as `least` to `most`."""
        size = self.letters.randint(least, min(most, len(of)))
        return self.letters.sample(of, size)


class Freshness:
    """The source of fresh values of one run: the only place that counts requests."""

    def __init__(self, run_id: str, seed: int, now: datetime) -> None:
        self._run_id = run_id
        self._seed = seed
        self._now = now
        self.number = 0
        """How many requests have got their values."""
        self._cases = 0

    def next(self, case: int | None = None, *, apart: bool = False) -> Fresh:
        """Return values that were not returned before; `case` is given when it is tried again.

        What is drawn for a new case depends neither on how often earlier ones were tried nor on
        those that are `apart`.
        """
        self.number += 1
        number = self.number
        drawn = f"{self._seed}/{number} again"
        if case is None and not apart:
            self._cases += 1
            drawn = f"{self._seed}/{self._cases}"
        # One second of its own for each request, from tomorrow on and well within a year.
        moment = self._now + timedelta(days=1, seconds=number * 977)
        return Fresh(
            number,
            case or number,
            f"{PREFIX}{self._run_id}-{number:04}",
            moment.astimezone(UTC).replace(microsecond=0),
            random.Random(drawn),  # noqa: S311 - cases, not secrets
        )


@lru_cache(maxsize=64)
def correlators(contract: Contract, operation: Operation) -> tuple[Correlator, ...]:
    """Return the correlators of the event that a success of `operation` triggers.

    They stand in the body of its request; `identities` returns those that stand elsewhere.
    """
    event = told_by(contract, operation)
    if event is None or not operation.content:
        return ()
    body_schema = next(iter(operation.content.values()))
    return tuple(
        _correlator(contract, body_schema, echo)
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


def _correlator(contract: Contract, body_schema: str, echo: Mapping[str, Json]) -> Correlator:
    where = parse(echo["from"]).where
    schema = subschema(contract, body_schema, where)
    stated = contract.at(schema)
    chosen = stated.get("x-valid-values", {})
    values: tuple[str, ...] = ()
    if "subset-of" in chosen:
        values = tuple(contract.at(chosen["subset-of"][1:])["enum"])
    bounds = chosen.get("from-now", chosen)
    least, most = bounds.get("least", 0), bounds.get("most", 0)
    return Correlator(echo["correlator"], where, echo["to"], schema, values, least, most)


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
        return fresh.subset(correlator.values, int(correlator.least), int(correlator.most))
    limit = contract.at(correlator.schema).get("maxLength")
    return stretched(fresh, " nightly report ", None if limit is None else int(limit))


def stretched(fresh: Fresh, middle: str, limit: int | None = None) -> str:
    """Return the mark, `middle`, the mark again: a cut at either end leaves one of them.

    Where `limit` code points are too few for that: one mark, or random letters.
    """
    whole = f"{fresh.mark}{middle}{fresh.mark}"
    if limit is None or len(whole) <= limit:
        return whole
    if len(fresh.mark) <= limit:
        return fresh.mark
    return "".join(fresh.letters.choices(string.ascii_letters, k=limit))


def of_length(fresh: Fresh, length: int, filler: str) -> str:
    """Return a text of `length` code points that is filled with `filler` and keeps both ends."""
    room = length - 2 * len(fresh.mark)
    if room >= 0:
        middle = (filler * (room // len(filler) + 1))[:room]
        return f"{fresh.mark}{middle}{fresh.mark}"
    if len(filler) == 1 and not filler.isascii():
        return filler * length
    return "".join(fresh.letters.choices(string.ascii_letters, k=length))
