"""Expected events of a load: what each response promises, and what arrived. Pure.

A worker makes an `ExpectedEvent` of each response that triggers an event. The master pairs them
with arrivals by the correlators of the contract, as `hookproof verify` does: first by the mark in
the payload, which no fault of a single value hides, then by values that the service made unique.
"""

import json
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from contracts.echoes.comparison import echo_values, is_echo_acceptable
from contracts.ledger.ledger import has_correlator, owed_events, triggered_events
from contracts.model.correlators import MARK_PATTERN, find_identities
from contracts.model.exchange import Exchange
from contracts.model.items import item_views
from contracts.model.unique_values import DIGITS_PATTERN, MARK_PREFIX, mark_digits
from openapi.contract import Contract, Event, Json
from openapi.json_pointer import MISSING, get_at


@dataclass(frozen=True, slots=True)
class ExpectedEvent:
    """Event that a response triggers."""

    mark: str
    """Mark of the request."""
    event: str
    """Name of the event."""
    answered_at: float
    """Unix seconds of the complete response."""
    required: bool
    """Whether the event must follow; otherwise it may."""
    correlated: bool
    """Whether payload or URL identify the request; otherwise events match in order."""
    identities: tuple[tuple[str, Json], ...] = ()
    """Pointer into the payload, and the value that the service made unique."""
    echoes: tuple[tuple[int, Json], ...] = ()
    """Index of an echo in the trigger, and the value that the payload must have there."""

    @property
    def keys(self) -> Iterator[Hashable]:
        """Values by which an arrival can match."""
        yield self.mark
        yield mark_digits(self.mark)
        for pointer, value in self.identities:
            yield pointer, json.dumps(value)


def expected_events(contract: Contract, exchange: Exchange) -> Iterator[ExpectedEvent]:
    """Yield the events that the response of `exchange` triggers, also for items of its request."""
    request = exchange.request
    identified = find_identities(contract, request.operation)
    for view in item_views(contract, exchange):
        owed = owed_events(contract, view)
        for event in triggered_events(contract, view):
            found = [(i.payload, view.find(i.source)) for i in identified]
            echoes = enumerate(event.trigger.get("echoes", ()))
            sent = [(index, echo_values(stated, view, None)[0]) for index, stated in echoes]
            yield ExpectedEvent(
                request.mark,
                event.name,
                exchange.ended,
                event in owed and not event.is_merged,
                has_correlator(event),
                tuple((p, v) for p, v in found if v is not MISSING and v is not None),
                tuple((index, value) for index, value in sent if value is not MISSING),
            )


@dataclass(frozen=True, slots=True)
class Arrival:
    """Delivery that the sink received and judged."""

    id: int
    received_at: float
    """Unix seconds, by the clock of the master."""
    target: str
    text: str
    """Body; bytes that are not UTF-8 are replaced."""
    size: int
    status: int
    """Status of the sink's reply."""
    event: str | None
    """Name of the event; None if the contract does not have it."""
    signature: str
    payload: object
    """Body as JSON, or None."""
    findings: tuple[Mapping[str, Json], ...] = ()
    """Findings of the sink: check, severity, pointer and message."""

    @property
    def is_accepted(self) -> bool:
        """Whether the sink's reply was a 2xx."""
        return 200 <= self.status < 300


@dataclass(slots=True)
class PairedEvent:
    """Expected event and the deliveries of it, in the order of their arrival."""

    expected: ExpectedEvent
    arrivals: list[Arrival] = field(default_factory=list)

    @property
    def delay_s(self) -> float:
        """Seconds from the response to the first arrival; 0 if it was earlier."""
        return max(self.arrivals[0].received_at - self.expected.answered_at, 0.0)


@dataclass(frozen=True, slots=True)
class Pairing:
    """Arrival that was paired just now."""

    paired: PairedEvent
    arrival: Arrival
    is_first: bool
    """Whether it is the first delivery of its event."""


class EventMatching:
    """Pairs expected events and arrivals, in whatever order they come."""

    def __init__(self, contract: Contract) -> None:
        """Begin without any; `contract` is that of the load."""
        self._events: Mapping[str, Event] = {event.name: event for event in contract.events}
        self._identity_places = {
            identity.payload
            for operation in contract.operations
            for identity in find_identities(contract, operation)
        }
        self._runs: set[str] = set()
        self._paired: list[PairedEvent] = []
        self._by_key: dict[Hashable, list[PairedEvent]] = {}
        self._unpaired: dict[int, Arrival] = {}
        self._unpaired_by_key: dict[Hashable, list[int]] = {}
        self._in_order: dict[str, deque[PairedEvent]] = {}
        self._excused: set[str] = set()

    @property
    def paired(self) -> tuple[PairedEvent, ...]:
        """All expected events, with their arrivals."""
        return tuple(self._paired)

    def missing(self) -> Iterator[ExpectedEvent]:
        """Yield the required events that have not arrived."""
        for one in self._paired:
            if one.expected.required and not one.arrivals:
                yield one.expected

    def add_run(self, run_id: str) -> None:
        """Add the run of a worker, whose marks are own ones."""
        self._runs.add(run_id)

    def excuse(self, marks: Iterable[str]) -> None:
        """Expect nothing of requests without a response: their events may arrive."""
        self._excused.update(marks)

    def expect(self, expected: ExpectedEvent) -> Iterator[Pairing]:
        """Add an expected event; yield the earlier arrivals that belong to it."""
        paired = PairedEvent(expected)
        self._paired.append(paired)
        if not expected.correlated:
            self._in_order.setdefault(expected.event, deque()).append(paired)
            first = next((a for a in self._unpaired.values() if a.event == expected.event), None)
            early = [] if first is None else [first.id]
        else:
            keys = list(expected.keys)
            for key in keys:
                self._by_key.setdefault(key, []).append(paired)
            early = sorted({n for key in keys for n in self._unpaired_by_key.get(key, ())})
        for number in early:
            arrival = self._unpaired.pop(number, None)
            if arrival is not None:
                yield from self.arrive(arrival)

    def arrive(self, arrival: Arrival) -> Iterator[Pairing]:
        """Pair a delivery; it waits if nothing expects it yet."""
        keys = list(self._keys(arrival))
        found = (paired for key in keys for paired in self._by_key.get(key, ()))
        candidates = list({id(paired): paired for paired in found}.values())
        if not candidates and arrival.event in self._in_order:
            waiting = self._in_order[arrival.event]
            candidates = [waiting.popleft()] if waiting else []
        chosen = next(iter(candidates), None)
        if len(candidates) > 1:
            chosen = min(candidates, key=lambda one: self._distance(one, arrival))
        if chosen is None:
            self._unpaired[arrival.id] = arrival
            for key in keys:
                self._unpaired_by_key.setdefault(key, []).append(arrival.id)
            return
        chosen.arrivals.append(arrival)
        yield Pairing(chosen, arrival, len(chosen.arrivals) == 1)

    def unexpected(self) -> Iterator[Arrival]:
        """Yield the deliveries of the service that no response explains.

        Left out are those with the mark of a request without a response or of another run, those of
        events without a trigger, and those that anybody can have sent. Of those without a mark, as
        many are left out as there are requests without a response.
        """
        excused = len(self._excused)
        for arrival in self._unpaired.values():
            marks = set(MARK_PATTERN.findall(_searched(arrival)))
            own = {f"{MARK_PREFIX}{run}-{n}" for run, n in marks if run in self._runs}
            stated = self._events.get(arrival.event or "")
            if stated is not None and not stated.operation:
                continue
            if own & self._excused or (marks and not own):
                continue
            if own:
                yield arrival
            elif arrival.signature == "valid":
                excused -= 1
                if excused < 0:
                    yield arrival

    def stranger_count(self) -> int:
        """Return the number of deliveries that match nothing, and that anybody can have sent."""
        return len(self._unpaired) - sum(1 for _ in self.unexpected())

    def wrong_echoes(self, pairing: Pairing) -> Iterator[tuple[int, str, Json, object]]:
        """Yield index, place, expected and received value of each wrong echo of a first arrival."""
        expected, payload = pairing.paired.expected, pairing.arrival.payload
        stated = self._events[expected.event].trigger.get("echoes", ())
        for index, value in expected.echoes:
            place, received = stated[index]["to"], get_at(payload, stated[index]["to"])
            if received is MISSING and value is None:
                continue
            if not is_echo_acceptable(stated[index]["compare"], value, received):
                yield index, place, value, received

    def _keys(self, arrival: Arrival) -> Iterator[Hashable]:
        text = _searched(arrival)
        for run, number in MARK_PATTERN.findall(text):
            yield f"{MARK_PREFIX}{run}-{number}"
        yield from DIGITS_PATTERN.findall(text)
        for place in self._identity_places:
            value = get_at(arrival.payload, place)
            if value is not MISSING and value is not None:
                yield place, json.dumps(value)

    def _distance(self, one: PairedEvent, arrival: Arrival) -> tuple[bool, bool, int]:
        """Return how badly the two fit: another event, a repeat, the number of wrong echoes."""
        pairing = Pairing(one, arrival, is_first=True)
        is_other = arrival.event not in (None, one.expected.event)
        is_repeat = bool(one.arrivals) and one.arrivals[0].text != arrival.text
        return is_other, is_repeat, sum(1 for _ in self.wrong_echoes(pairing))


def _searched(arrival: Arrival) -> str:
    """Return the text that may have marks: that of a callback is in its URL."""
    return f"{arrival.target}\n{arrival.text}"
