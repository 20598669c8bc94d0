"""How well an event fits a request: what both say is read once, and compared many times."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.correlators import ANY_MARK, Correlator
from contracts.exchange import Exchange
from openapi.formats import instant
from openapi.pointer import MISSING, get
from webhook_sink.delivery import Delivery

ENOUGH = 3
"""No pair is made below this score."""
_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a request says: of each correlator what it means, and how an instant is written."""

    since: float
    mark: str
    meanings: tuple[tuple[Correlator, object, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What an event says, wherever in its bytes it says so."""

    at: float
    marks: frozenset[str]
    seconds: frozenset[str]
    meanings: dict[str, object]
    """Place in the payload -> what stands there means."""


def sent(exchange: Exchange) -> Sent:
    """Read what the request of `exchange` says."""
    request = exchange.request
    meanings = tuple(
        (place, meaning, str(value)[:19])
        for place in request.places
        if (value := request.correlators.get(place.request)) is not None
        and (meaning := _meaning(place.kind, value)) is not None
    )
    return Sent(exchange.started, request.mark, meanings)


def told(delivery: Delivery, payload: object, places: Sequence[Correlator]) -> Told:
    """Read what `delivery` with its `payload` says at `places`, and anywhere else."""
    text = delivery.body.decode(errors="replace")
    meanings = {
        place.payload: _meaning(place.kind, get(payload, place.payload)) for place in places
    }
    return Told(
        delivery.received_at,
        frozenset(match[0] for match in ANY_MARK.finditer(text)),
        frozenset(_SECOND.findall(text)),
        meanings,
    )


def score(request: Sent, event: Told) -> int:
    """Return 4 for each equal correlator, 3 for a mark or instant seen, 2 for a near set.

    A set is near if it differs by one item. An event that came before its request fits not at all.
    """
    if event.at < request.since:
        return 0
    total = 0
    marked = False
    for place, meaning, written in request.meanings:
        came = event.meanings.get(place.payload)
        if came == meaning:
            total += 4
            marked = marked or place.kind == "mark"
        elif place.kind == "instant" and written in event.seconds:
            total += 3
        elif isinstance(came, frozenset) and isinstance(meaning, frozenset):
            total += 2 * (len(came ^ meaning) == 1)
    if not marked and request.mark in event.marks:
        total += 3
    return total


def _meaning(kind: str, value: object) -> object:
    """Return what can be compared of `value`, or None."""
    if value is MISSING:
        return None
    if kind == "instant":
        return instant(value)
    if kind == "subset":
        items = value if isinstance(value, list) else []
        return frozenset(item for item in items if isinstance(item, str)) or None
    return value if isinstance(value, str) else None
