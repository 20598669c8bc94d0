"""How well an event fits a request: what both say is read once, and compared many times."""

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from contracts.model.correlators import ANY_MARK, IDENTITY, Correlator, Identity
from contracts.model.exchange import Exchange
from openapi.formats import instant
from openapi.json_pointer import MISSING, get
from webhook_sink.delivery import Delivery

ENOUGH = 3
"""No pair is made below this score."""
_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)


Place = tuple[str, str]
"""The kind of a correlator, and where it stands in a payload."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What an exchange says: of each correlator what it means, and how an instant is written."""

    since: float
    mark: str
    meanings: tuple[tuple[Place, object, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What an event says, wherever in its bytes it says so."""

    at: float
    marks: frozenset[str]
    seconds: frozenset[str]
    meanings: dict[Place, object]
    """What stands at each place means."""


def places(known: Iterable[Correlator | Identity]) -> frozenset[Place]:
    """Return where in a payload to look for `known`, and for what."""
    return frozenset(
        (IDENTITY if isinstance(one, Identity) else one.kind, one.payload) for one in known
    )


def sent(exchange: Exchange, identified: Iterable[Identity] = ()) -> Sent:
    """Read what `exchange` says in its request, and where it is `identified`."""
    request = exchange.request
    said = [((p.kind, p.payload), request.correlators.get(p.request)) for p in request.places]
    said += [((IDENTITY, i.payload), exchange.find(i.source)) for i in identified]
    meanings = tuple(
        (place, meaning, str(value)[:19])
        for place, value in said
        if (meaning := _meaning(place[0], value)) is not None
    )
    return Sent(exchange.started, request.mark, meanings)


def told(delivery: Delivery, payload: object, known: Iterable[Place]) -> Told:
    """Read what `delivery` with its `payload` says at the places `known`, and anywhere else."""
    text = delivery.body.decode(errors="replace")
    return Told(
        delivery.received_at,
        frozenset(match[0] for match in ANY_MARK.finditer(text)),
        frozenset(_SECOND.findall(text)),
        {place: _meaning(place[0], get(payload, place[1])) for place in known},
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
        came = event.meanings.get(place)
        if came == meaning:
            total += 4
            marked = marked or place[0] == "mark"
        elif place[0] == "instant" and written in event.seconds:
            total += 3
        elif isinstance(came, frozenset) and isinstance(meaning, frozenset):
            total += 2 * (len(came ^ meaning) == 1)
    if not marked and request.mark in event.marks:
        total += 3
    return total


class Index:
    """Finds, of many requests, those that a score of `ENOUGH` is possible for."""

    def __init__(self, requests: Sequence[Sent]) -> None:
        """Take the requests in the order in which `near` counts them."""
        self._by: dict[Hashable, list[int]] = {}
        for number, request in enumerate(requests):
            self._by.setdefault(request.mark, []).append(number)
            for place, meaning, written in request.meanings:
                self._by.setdefault((place, meaning), []).append(number)
                if place[0] == "instant":
                    self._by.setdefault(written, []).append(number)

    def near(self, event: Told) -> list[int]:
        """Return the requests that share a correlator, a mark or a second with `event`."""
        keys: set[Hashable] = {*event.marks, *event.seconds, *event.meanings.items()}
        return sorted({number for key in keys for number in self._by.get(key, ())})


def _meaning(kind: str, value: object) -> object:
    """Return what can be compared of `value`, or None."""
    if value is MISSING or value is None:
        return None
    if kind == "instant":
        return instant(value)
    if kind == "subset":
        items = value if isinstance(value, list) else []
        return frozenset(item for item in items if isinstance(item, str)) or None
    if kind == IDENTITY and isinstance(value, int):
        return None if isinstance(value, bool) else value
    return value if isinstance(value, str) else None
