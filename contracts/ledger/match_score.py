"""Score of how well an event fits a request."""

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from contracts.model.correlators import IDENTITY_KIND, MARK_PATTERN, Correlator, NaturalIdentity
from contracts.model.exchange import Exchange
from openapi.formats import date_time_to_ns
from openapi.json_pointer import MISSING, get_at
from webhook_sink.delivery import Delivery

MIN_SCORE = 3
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)


PayloadPlace = tuple[str, str]
"""The kind of a correlator, and where it stands in a payload."""


@dataclass(frozen=True, slots=True)
class ExchangeFacts:
    """What an exchange says: of each correlator what it means, and how an instant is written."""

    started_at: float
    mark: str
    meanings: tuple[tuple[PayloadPlace, object, str], ...]


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What an event says, wherever in its bytes it says so."""

    received_at: float
    marks: frozenset[str]
    seconds: frozenset[str]
    meanings: dict[PayloadPlace, object]
    """What stands at each place means."""


def payload_places(known: Iterable[Correlator | NaturalIdentity]) -> frozenset[PayloadPlace]:
    """Return where in a payload to look for `known`, and for what."""
    return frozenset(
        (IDENTITY_KIND if isinstance(one, NaturalIdentity) else one.kind, one.payload)
        for one in known
    )


def exchange_facts(exchange: Exchange, identified: Iterable[NaturalIdentity] = ()) -> ExchangeFacts:
    """Read what `exchange` says in its request, and where it is `identified`."""
    request = exchange.request
    said = [
        ((p.kind, p.payload), request.correlator_values.get(p.request)) for p in request.correlators
    ]
    said += [((IDENTITY_KIND, i.payload), exchange.find(i.source)) for i in identified]
    meanings = tuple(
        (place, meaning, str(value)[:19])
        for place, value in said
        if (meaning := _comparable_value(place[0], value)) is not None
    )
    return ExchangeFacts(exchange.started, request.mark, meanings)


def event_facts(delivery: Delivery, payload: object, known: Iterable[PayloadPlace]) -> EventFacts:
    """Read what `delivery` with its `payload` says at the places `known`, and anywhere else."""
    text = delivery.body.decode(errors="replace")
    return EventFacts(
        delivery.received_at,
        frozenset(match[0] for match in MARK_PATTERN.finditer(text)),
        frozenset(_TIMESTAMP.findall(text)),
        {place: _comparable_value(place[0], get_at(payload, place[1])) for place in known},
    )


def match_score(request: ExchangeFacts, event: EventFacts) -> int:
    """Return 4 for each equal correlator, 3 for a mark or instant seen, 2 for a near set.

    A set is near if it differs by one item. An event that came before its request fits not at all.
    """
    if event.received_at < request.started_at:
        return 0
    total = 0
    marked = False
    for place, meaning, timestamp_text in request.meanings:
        received = event.meanings.get(place)
        if received == meaning:
            total += 4
            marked = marked or place[0] == "unique-string"
        elif place[0] == "instant" and timestamp_text in event.seconds:
            total += 3
        elif isinstance(received, frozenset) and isinstance(meaning, frozenset):
            total += 2 * (len(received ^ meaning) == 1)
    if not marked and request.mark in event.marks:
        total += 3
    return total


class RequestIndex:
    """Finds, of many requests, those that a score of `ENOUGH` is possible for."""

    def __init__(self, requests: Sequence[ExchangeFacts]) -> None:
        """Take the requests in the order in which `near` counts them."""
        self._requests_by_key: dict[Hashable, list[int]] = {}
        for number, request in enumerate(requests):
            self._requests_by_key.setdefault(request.mark, []).append(number)
            for place, meaning, timestamp_text in request.meanings:
                self._requests_by_key.setdefault((place, meaning), []).append(number)
                if place[0] == "instant":
                    self._requests_by_key.setdefault(timestamp_text, []).append(number)

    def candidates(self, event: EventFacts) -> list[int]:
        """Return the requests that share a correlator, a mark or a second with `event`."""
        keys: set[Hashable] = {*event.marks, *event.seconds, *event.meanings.items()}
        return sorted({number for key in keys for number in self._requests_by_key.get(key, ())})


def _comparable_value(kind: str, value: object) -> object:
    """Return what can be compared of `value`, or None."""
    if value is MISSING or value is None:
        return None
    if kind == "instant":
        return date_time_to_ns(value)
    if kind == "subset":
        items = value if isinstance(value, list) else []
        return frozenset(item for item in items if isinstance(item, str)) or None
    if kind == IDENTITY_KIND and isinstance(value, int):
        return None if isinstance(value, bool) else value
    return value if isinstance(value, str) else None
