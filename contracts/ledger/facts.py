"""Facts of exchanges and events: the values by which they match. Pure."""

import json
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from contracts.ledger.ledger import JudgedDelivery
from contracts.model.correlators import (
    IDENTITY_KIND,
    MARK_PATTERN,
    Correlator,
    NaturalIdentity,
    find_identities,
)
from contracts.model.exchange import Exchange, Request
from contracts.model.unique_values import DIGITS_PATTERN, MARK_PREFIX, is_own_digits, mark_digits
from openapi.contract import Contract
from openapi.json_pointer import MISSING, get_at
from openapi.schemas.formats import date_time_to_ns

UNIQUE_STRING_KIND = "unique-string"
MAX_SEARCHED_CHARACTERS = 4096
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)


RequestItem = tuple[Request, str]
"""Request, and the pointer of the item in it that triggers an event, or an empty text."""
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
    url_marks: frozenset[str] = frozenset()
    """Marks in the URL: that of a callback belongs to one request."""

    @property
    def is_marked(self) -> bool:
        """Whether the event has a mark of any run, of text or of digits."""
        return bool(self.marks or self.digits)

    def is_marked_by(self, run_id: str) -> bool:
        """Return whether the event has a mark of this run, of text or of digits."""
        prefix = f"{MARK_PREFIX}{run_id}-"
        return any(mark.startswith(prefix) for mark in self.marks) or any(
            is_own_digits(digits, run_id) for digits in self.digits
        )


class MatchFacts:
    """Facts of the exchanges and events of one run, each computed once.

    A run asks for its ledger several times, and prepares the facts before its end.
    """

    def __init__(self, contract: Contract, places: Mapping[str, Sequence[Correlator]]) -> None:
        """Take the correlators by operation id."""
        self._identities = {o.id: find_identities(contract, o) for o in contract.operations}
        self._places = payload_places(chain(*places.values(), *self._identities.values()))
        self._exchanges: dict[RequestItem, ExchangeFacts] = {}
        self._events: dict[tuple[int, int | None], EventFacts] = {}
        self._requests_by_key: dict[Hashable, list[RequestItem]] = {}

    def of_exchange(self, exchange: Exchange) -> ExchangeFacts:
        """Return the facts of `exchange`."""
        key = exchange.request, exchange.item
        facts = self._exchanges.get(key)
        if facts is None:
            facts = exchange_facts(exchange, self._identities[exchange.request.operation.id])
            self._exchanges[key] = facts
            for shared in _request_keys(facts):
                self._requests_by_key.setdefault(shared, []).append(key)
        return facts

    def of_event(self, first: JudgedDelivery) -> EventFacts:
        """Return the facts of the event with this first delivery."""
        key = first.delivery.id, first.part
        facts = self._events.get(key)
        if facts is None:
            facts = event_facts(first, self._places)
            self._events[key] = facts
        return facts

    def candidates(self, event: EventFacts) -> set[RequestItem]:
        """Return the requests, or items of them, that share a value or mark with `event`.

        Only these can match it; an exchange counts once its facts were asked for.
        """
        keys: Iterable[Hashable] = chain(
            event.marks, event.digits, event.seconds, event.meanings.items()
        )
        found: set[RequestItem] = set()
        for key in keys:
            found.update(self._requests_by_key.get(key, ()))
        return found


def _request_keys(request: ExchangeFacts) -> Iterator[Hashable]:
    yield from (request.mark, request.digits)
    for place, meaning, timestamp_text in request.meanings:
        yield place, meaning
        if place[0] == "instant":
            yield timestamp_text


def payload_places(known: Iterable[Correlator | NaturalIdentity]) -> frozenset[PayloadPlace]:
    """Return kind and payload pointer of each correlator in `known`."""
    return frozenset(
        (IDENTITY_KIND if isinstance(one, NaturalIdentity) else one.kind, one.payload)
        for one in known
    )


def exchange_facts(exchange: Exchange, identified: Iterable[NaturalIdentity]) -> ExchangeFacts:
    """Return the values of `exchange` to match: its correlators and `identified` values."""
    request = exchange.request
    said = [
        ((p.kind, p.payload), request.correlator_values.get(exchange.item + p.request))
        for p in request.correlators
        if (p.array is not None) == bool(exchange.item)
    ]
    said += [((IDENTITY_KIND, i.payload), exchange.find(i.source)) for i in identified]
    meanings = tuple(
        (place, meaning, str(value)[:19])
        for place, value in said
        if (meaning := _comparable_value(place[0], value)) is not None
    )
    return ExchangeFacts(exchange.started, request.mark, meanings, mark_digits(request.mark))


def event_facts(item: JudgedDelivery, known: Iterable[PayloadPlace]) -> EventFacts:
    """Return the values of a delivery to match: those at `known` places, and marks anywhere."""
    delivery, payload = item.delivery, item.verdict.payload
    body = delivery.body.decode(errors="replace") if item.part is None else json.dumps(payload)
    # The mark of a callback is in its URL.
    text = f"{delivery.target}\n{body}"
    return EventFacts(
        delivery.received_at,
        frozenset(match[0] for match in MARK_PATTERN.finditer(text)),
        frozenset(_TIMESTAMP.findall(text)),
        {place: _comparable_value(place[0], get_at(payload, place[1])) for place in known},
        frozenset(_digits_in(payload, known)),
        frozenset(match[0] for match in MARK_PATTERN.finditer(delivery.target)),
    )


def _digits_in(payload: object, known: Iterable[PayloadPlace]) -> Iterator[str]:
    """Yield the marks in digits at the `known` places of unique strings."""
    for kind, pointer in known:
        value = get_at(payload, pointer) if kind == UNIQUE_STRING_KIND else MISSING
        if isinstance(value, str | int | float):
            for match in DIGITS_PATTERN.finditer(str(value)[:MAX_SEARCHED_CHARACTERS]):
                yield match[0]


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
