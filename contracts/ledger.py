"""Double entry: every exchange is one entry, every event that arrives is one; they must balance.

Each success expects its event. Which event belongs to which request is found by the correlators,
and only then are the two compared; so a payload that is wrong in one field is still paired rightly.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.correlators import Correlator
from contracts.exchange import Exchange
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
    signature = event.signature if event else None
    stamped = item.delivery.values(signature.id_header) if signature and signature.id_header else ()
    if event is not None and len(stamped) == 1:
        return event.name, stamped[0]
    unique = [u["at"] for u in event.trigger.get("unique", ())] if event else []
    pointers = [*unique, *(place.payload for place in places if place.kind == "mark")]
    values = [get(item.verdict.payload, pointer) for pointer in pointers]
    if event is not None and not has_correlators(event) and not unique:
        return item.delivery.id  # Nothing tells two such events apart: each counts.
    if not values or all(value is MISSING for value in values):
        return item.delivery.body
    said = ["" if value is MISSING else value for value in values]
    return json.dumps([event.name if event else "", *said], sort_keys=True)


def triggered(contract: Contract, exchange: Exchange) -> Event | None:
    """Return the event that the answer brings about, or None."""
    if exchange.status is None:
        return None
    return contract.triggered_by(exchange.request.operation.id, exchange.status)


def has_correlators(event: Event) -> bool:
    """Say whether a value tells the exchanges apart that bring `event` about."""
    return any("correlator" in echo for echo in event.trigger.get("echoes", ()))
