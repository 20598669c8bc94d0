"""Double entry: every exchange is one entry, every event that arrives is one; they must balance.

Each success expects its event. Which event belongs to which request is found by the correlators,
and only then are the two compared; so a payload that is wrong in one field is still paired rightly.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contracts.correlators import ANY_MARK, Correlator
from contracts.exchange import Exchange
from contracts.scoring import ENOUGH, score, sent, told
from openapi.document import Contract, Event
from openapi.pointer import MISSING, get
from webhook_sink.delivery import Delivery
from webhook_sink.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Received:
    """A delivery and what it proves alone."""

    delivery: Delivery
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event, with every delivery of it in the order of arrival."""

    attempts: tuple[Received, ...]

    @property
    def first(self) -> Received:
        """The delivery that arrived first."""
        return self.attempts[0]

    @property
    def payload(self) -> object:
        """What the first delivery holds; None if it is not JSON."""
        return self.first.verdict.payload


@dataclass(frozen=True, slots=True)
class Balance:
    """The ledger, closed."""

    pairs: tuple[tuple[Exchange, Occurrence], ...]
    """A request and an event that belongs to it; a request may have several."""
    missing: tuple[Exchange, ...]
    """Successes without any event."""
    foreign: tuple[Occurrence, ...]
    """Events that belong to no request of this run."""
    earlier: tuple[Occurrence, ...]
    """Events that carry the mark of another run."""


def occurrences(received: Iterable[Received], places: Sequence[Correlator]) -> list[Occurrence]:
    """Group deliveries into events: one identity and one name are one event."""
    groups: dict[object, list[Received]] = {}
    for item in received:
        groups.setdefault(_identity(item, places), []).append(item)
    return [Occurrence(tuple(items)) for items in groups.values()]


def _identity(item: Received, places: Sequence[Correlator]) -> object:
    event = item.verdict.event
    unique = [u["at"] for u in event.trigger.get("unique", ())] if event else []
    pointers = [*unique, *(place.payload for place in places if place.kind == "mark")]
    values = [get(item.verdict.payload, pointer) for pointer in pointers]
    if not values or all(value is MISSING for value in values):
        return item.delivery.body
    return json.dumps(["" if value is MISSING else value for value in values], sort_keys=True)


def balance(
    contract: Contract,
    exchanges: Sequence[Exchange],
    events: Sequence[Occurrence],
    places: Mapping[str, Sequence[Correlator]],
    run_id: str,
) -> Balance:
    """Pair `events` with the `exchanges` that brought them about.

    `places` holds the correlators of each operation by its id.
    """
    ours = [(e, event) for e, event in enumerate(events) if not _mark_of_another(event, run_id)]
    known = list({place.payload: place for some in places.values() for place in some}.values())
    requests = [sent(exchange) for exchange in exchanges]
    scored = sorted(
        (-points, abs(event.first.delivery.received_at - exchanges[x].ended), e, x)
        for e, event in ours
        for came in [told(event.first.delivery, event.payload, known)]
        for x, request in enumerate(requests)
        if (points := score(request, came)) >= ENOUGH
    )
    best: dict[int, int] = {}
    for points, _, e, _ in scored:
        best.setdefault(e, points)
    expecting = {x for x, exchange in enumerate(exchanges) if triggered(contract, exchange)}
    # Of equally good pairs, a request that still lacks its event goes first, then the nearest.
    owner: dict[int, int] = {}
    served: set[int] = set()
    for points, _, e, x in scored:
        if points == best[e] and e not in owner and x in expecting - served:
            owner[e] = x
            served.add(x)
    for _, _, e, x in scored:
        owner.setdefault(e, x)
    alone = [e for e, _ in ours if e not in owner]
    unserved = sorted(expecting - set(owner.values()))
    if len(alone) == len(unserved) == 1:
        owner[alone[0]] = unserved[0]
    of_this_run = {e for e, _ in ours}
    return Balance(
        pairs=tuple((exchanges[x], events[e]) for e, x in sorted(owner.items())),
        missing=tuple(exchanges[x] for x in sorted(expecting - set(owner.values()))),
        foreign=tuple(event for e, event in ours if e not in owner),
        earlier=tuple(event for e, event in enumerate(events) if e not in of_this_run),
    )


def triggered(contract: Contract, exchange: Exchange) -> Event | None:
    """Return the event that the answer brings about, or None."""
    if exchange.status is None:
        return None
    return contract.triggered_by(exchange.request.operation.id, exchange.status)


def _mark_of_another(event: Occurrence, run_id: str) -> bool:
    text = event.first.delivery.body.decode(errors="replace")
    marks = {match[1] for match in ANY_MARK.finditer(text)}
    return bool(marks) and run_id not in marks
