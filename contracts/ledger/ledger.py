"""Ledger: exchanges on one side, received events on the other; they must balance.

Each success expects its event. Which event belongs to which request is found by the correlators,
and only then are the two compared; so a payload that is wrong in one field is still paired rightly.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from contracts.model.correlators import Correlator
from contracts.model.exchange import Exchange
from contracts.model.settings import Settings
from openapi.contract import Contract, Event
from openapi.json_pointer import MISSING, get_at
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.verdict import Verdict


@dataclass(frozen=True, slots=True)
class JudgedDelivery:
    """A delivery and what it proves alone."""

    delivery: Delivery
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """One event, with every delivery of it in the order of arrival."""

    attempts: tuple[JudgedDelivery, ...]

    @property
    def first(self) -> JudgedDelivery:
        """The delivery that arrived first."""
        return self.attempts[0]

    @property
    def payload(self) -> object:
        """What the first delivery holds; None if it is not JSON."""
        return self.first.verdict.payload


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The ledger, closed."""

    pairs: tuple[tuple[Exchange, ReceivedEvent], ...]
    """A request and an event that belongs to it; a request may have several."""
    without_event: tuple[Exchange, ...]
    """Successes without any event."""
    unmatched_events: tuple[ReceivedEvent, ...]
    """Events that belong to no request of this run."""
    earlier_run_events: tuple[ReceivedEvent, ...]
    """Events that carry the mark of another run."""


def group_deliveries(
    deliveries: Iterable[JudgedDelivery], correlators: Sequence[Correlator]
) -> list[ReceivedEvent]:
    """Group deliveries into events: one identity and one name are one event."""
    groups: dict[object, list[JudgedDelivery]] = {}
    for item in deliveries:
        groups.setdefault(_event_identity(item, correlators), []).append(item)
    return [ReceivedEvent(tuple(items)) for items in groups.values()]


def _event_identity(item: JudgedDelivery, correlators: Sequence[Correlator]) -> object:
    event = item.verdict.event
    signature = event.signature if event else None
    stamped = (
        item.delivery.header_values(signature.id_header)
        if signature and signature.id_header
        else ()
    )
    if event is not None and len(stamped) == 1:
        return event.name, stamped[0]
    unique = [u["pointer"] for u in event.trigger.get("unique", ())] if event else []
    pointers = [*unique, *(place.payload for place in correlators if place.kind == "unique-string")]
    values = [get_at(item.verdict.payload, pointer) for pointer in pointers]
    if event is not None and not has_correlator(event) and not unique:
        return item.delivery.id  # Nothing tells two such events apart: each counts.
    if not values or all(value is MISSING for value in values):
        return item.delivery.body
    said = ["" if value is MISSING else value for value in values]
    return json.dumps([event.name if event else "", *said], sort_keys=True)


def triggered_event(contract: Contract, exchange: Exchange) -> Event | None:
    """Return the event that the response triggers, or None."""
    if exchange.status is None:
        return None
    return contract.event_triggered_by(exchange.request.operation.id, exchange.status)


def has_correlator(event: Event) -> bool:
    """Say whether a value tells the exchanges apart that bring `event` about."""
    return any("correlator" in echo for echo in event.trigger.get("echoes", ()))


@dataclass(frozen=True, eq=False)
class Ledger:
    """All that happened in a run. Nothing is added any more."""

    contract: Contract
    settings: Settings
    exchanges: tuple[Exchange, ...]
    deliveries: tuple[JudgedDelivery, ...]
    reconciliation: Reconciliation
    undecided: tuple[str, ...]
    """A sentence for each case that the run could not make."""
    stop_reason: str | None
    """Why cases were left out against the user's wish, or None."""
    correlators: Mapping[str, tuple[Correlator, ...]]
    """The correlators of each operation, by its id."""

    @property
    def answered_exchanges(self) -> Iterator[tuple[Exchange, int]]:
        """Yield each exchange that got an answer, and its status."""
        for exchange in self.exchanges:
            if exchange.status is not None:
                yield exchange, exchange.status

    @cached_property
    def exchanges_by_case(self) -> Mapping[int, Sequence[Exchange]]:
        """Every case by its number: the exchanges in which it was tried."""
        cases: dict[int, list[Exchange]] = {}
        for exchange in self.exchanges:
            cases.setdefault(exchange.request.case_id, []).append(exchange)
        return cases

    def deadline(self, event: Event) -> float:
        """Return the seconds within which a delivery of `event` must have come."""
        stated = float(event.trigger["deadline"]["seconds"])
        given = self.settings.webhook_deadline
        return stated if given is None else given
