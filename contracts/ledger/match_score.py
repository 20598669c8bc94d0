"""Match score of an event and a request."""

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from contracts.model.correlators import IDENTITY_KIND, MARK_PATTERN, Correlator, NaturalIdentity
from contracts.model.exchange import Exchange
from contracts.model.unique_values import DIGITS_PATTERN, mark_digits
from openapi.formats import date_time_to_ns
from openapi.json_pointer import MISSING, get_at
from webhook_sink.delivery import Delivery

MIN_SCORE = 3
UNIQUE_STRING_KIND = "unique-string"
MAX_SEARCHED_CHARACTERS = 4096
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)


PayloadPlace = tuple[str, str]
"""Kind of a correlator, and its pointer into the payload."""


@dataclass(frozen=True, slots=True)
class ExchangeFacts:
    """Values of an exchange to match: each correlator's comparable value and its text prefix."""

    started_at: float
    mark: str
    meanings: tuple[tuple[PayloadPlace, object, str], ...]
    digits: str = ""
    """Mark in digits alone, for a value that reads as a number."""


@dataclass(frozen=True, slots=True)
class EventFacts:
    """Values of an event to match, from its correlator places and from the whole body."""

    received_at: float
    marks: frozenset[str]
    seconds: frozenset[str]
    meanings: dict[PayloadPlace, object]
    """Comparable value at each correlator place."""
    digits: frozenset[str] = frozenset()
    """Marks in digits at the places of unique strings, whatever the type of the value."""


def payload_places(known: Iterable[Correlator | NaturalIdentity]) -> frozenset[PayloadPlace]:
    """Return kind and payload pointer of each correlator in `known`."""
    return frozenset(
        (IDENTITY_KIND if isinstance(one, NaturalIdentity) else one.kind, one.payload)
        for one in known
    )


def exchange_facts(exchange: Exchange, identified: Iterable[NaturalIdentity] = ()) -> ExchangeFacts:
    """Return the values of `exchange` to match: its correlators and `identified` values."""
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
    return ExchangeFacts(exchange.started, request.mark, meanings, mark_digits(request.mark))


def event_facts(delivery: Delivery, payload: object, known: Iterable[PayloadPlace]) -> EventFacts:
    """Return the values of `delivery` to match: those at `known` places, and marks anywhere."""
    text = delivery.body.decode(errors="replace")
    return EventFacts(
        delivery.received_at,
        frozenset(match[0] for match in MARK_PATTERN.finditer(text)),
        frozenset(_TIMESTAMP.findall(text)),
        {place: _comparable_value(place[0], get_at(payload, place[1])) for place in known},
        frozenset(match[0] for match in digits_in(payload, known)),
    )


def digits_in(payload: object, known: Iterable[PayloadPlace]) -> Iterator[re.Match[str]]:
    """Yield the marks in digits at the `known` places of unique strings."""
    for kind, pointer in known:
        value = get_at(payload, pointer) if kind == UNIQUE_STRING_KIND else MISSING
        if isinstance(value, str | int | float):
            yield from DIGITS_PATTERN.finditer(str(value)[:MAX_SEARCHED_CHARACTERS])


def match_score(request: ExchangeFacts, event: EventFacts) -> int:
    """Return the sum of 4 per equal correlator, 3 per mark or instant found, 2 per near set.

    A near set differs by one item. An event that arrived before the request scores 0.
    """
    if event.received_at < request.started_at:
        return 0
    total = 0
    marked = False
    for place, meaning, timestamp_text in request.meanings:
        received = event.meanings.get(place)
        if received == meaning:
            total += 4
            marked = marked or place[0] == UNIQUE_STRING_KIND
        elif place[0] == "instant" and timestamp_text in event.seconds:
            total += 3
        elif isinstance(received, frozenset) and isinstance(meaning, frozenset):
            total += 2 * (len(received ^ meaning) == 1)
    if not marked and (request.mark in event.marks or request.digits in event.digits):
        total += 3
    return total


class RequestIndex:
    """Index of requests by their values, to find those that can reach `MIN_SCORE`."""

    def __init__(self, requests: Sequence[ExchangeFacts]) -> None:
        """Index `requests`; `candidates` returns positions in this sequence."""
        self._requests_by_key: dict[Hashable, list[int]] = {}
        for number, request in enumerate(requests):
            self._requests_by_key.setdefault(request.mark, []).append(number)
            self._requests_by_key.setdefault(request.digits, []).append(number)
            for place, meaning, timestamp_text in request.meanings:
                self._requests_by_key.setdefault((place, meaning), []).append(number)
                if place[0] == "instant":
                    self._requests_by_key.setdefault(timestamp_text, []).append(number)

    def candidates(self, event: EventFacts) -> list[int]:
        """Return the positions of requests that share a correlator, mark or second with `event`."""
        keys: set[Hashable] = {
            *event.marks,
            *event.digits,
            *event.seconds,
            *event.meanings.items(),
        }
        return sorted({number for key in keys for number in self._requests_by_key.get(key, ())})


def _comparable_value(kind: str, value: object) -> object:
    """Return `value` in a form to compare, or None."""
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
