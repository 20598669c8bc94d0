"""Ledger: exchanges on one side, received events on the other.

Each success expects one event. Correlators match events to requests before any comparison, so an
event with one wrong property still gets the right request.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from contracts.expectations.expectation import expected_response
from contracts.ledger.list_walks import ResourceSequence, resource_sequences
from contracts.ledger.strangers import DroppedDeliveries
from contracts.model.callback_urls import calls_back
from contracts.model.case import REPEATING_PHASES, SMOKE_TEST_PHASE
from contracts.model.correlators import IDENTITY_KIND, Correlator
from contracts.model.exchange import Exchange, Request
from contracts.model.selection import IncompleteOperation
from contracts.model.settings import Settings
from openapi.contract import Contract, Event, ResponseSpec
from openapi.json_pointer import MISSING, get_at
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.verdict import Verdict


@dataclass(frozen=True, slots=True)
class JudgedDelivery:
    """Delivery with the sink's verdict on it."""

    delivery: Delivery
    verdict: Verdict
    part: int | None = None
    """Index of the object in a batch, whose payload is this object; None: the whole delivery."""

    @property
    def label(self) -> str:
        """Name of the delivery, or of the object in it, for messages."""
        whole = f"delivery {self.delivery.id}"
        return whole if self.part is None else f"object {self.part + 1} of {whole}"

    @property
    def parts(self) -> "tuple[JudgedDelivery, ...]":
        """Each object of a batch; the delivery itself if it is none."""
        pointer = self.verdict.event.objects if self.verdict.event else None
        found = MISSING if pointer is None else get_at(self.verdict.payload, pointer)
        if not isinstance(found, list):
            return (self,)
        return tuple(
            JudgedDelivery(self.delivery, replace(self.verdict, payload=value), index)
            for index, value in enumerate(found)
        )


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """Event with all its deliveries, in order of arrival."""

    attempts: tuple[JudgedDelivery, ...]
    event: Event | None = None
    """Event that the matched exchange triggers; None as long as nothing is matched."""

    @property
    def first(self) -> JudgedDelivery:
        """First delivery."""
        return self.attempts[0]

    @property
    def payload(self) -> object:
        """Payload of the first delivery; None if it is not JSON."""
        return self.first.verdict.payload


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Result of the matching."""

    pairs: tuple[tuple[Exchange, ReceivedEvent], ...]
    """Matched exchanges and events; an exchange may have several events.

    The event of the contract is that of `ReceivedEvent.event`; None: the exchange triggers none.
    """
    without_event: tuple[tuple[Exchange, Event], ...]
    """Successes, each with an event that it triggers and that did not arrive."""
    unmatched_events: tuple[ReceivedEvent, ...]
    """Events of the service that belong to no request of this run."""
    earlier_run_events: tuple[ReceivedEvent, ...]
    """Events with the mark of another run, and without a wrong signature."""
    strangers: tuple[ReceivedEvent, ...] = ()
    """Deliveries that match no request, and that nothing proves to be the service's own."""


def group_deliveries(
    deliveries: Iterable[JudgedDelivery], correlators: Sequence[Correlator]
) -> list[ReceivedEvent]:
    """Group deliveries into events by event name and identity."""
    unique = dict.fromkeys(p.payload for p in correlators if p.kind == "unique-string")
    groups: dict[object, list[JudgedDelivery]] = {}
    for delivery in deliveries:
        for item in delivery.parts:
            groups.setdefault(_event_identity(item, tuple(unique)), []).append(item)
    return [ReceivedEvent(tuple(items)) for items in groups.values()]


def _event_identity(item: JudgedDelivery, unique_places: Iterable[str]) -> object:
    event = item.verdict.event
    signature = event.signature if event else None
    stamped = (
        item.delivery.header_values(signature.id_header)
        if signature and signature.id_header and item.part is None
        else ()
    )
    if event is not None and len(stamped) == 1:
        return event.name, stamped[0]
    unique = [u["pointer"] for u in event.trigger.get("unique", ())] if event else []
    if event is not None and event.callback is not None and not unique:
        if event.trigger.get("events") == "any":
            return item.delivery.id
        return item.delivery.target, item.delivery.body
    values = [get_at(item.verdict.payload, pointer) for pointer in (*unique, *unique_places)]
    if event is not None and not has_correlator(event) and not unique:
        # No value identifies the event: each delivery, or object in it, is one event.
        return item.delivery.id if item.part is None else (item.delivery.id, item.part)
    if not values or all(value is MISSING for value in values):
        return item.delivery.body if item.part is None else (item.delivery.body, item.part)
    echoes = event.trigger.get("echoes", ()) if event else ()
    # A wrong unique value may be equal in several events; what the service made tells them apart.
    made = [echo["to"] for echo in echoes if echo.get("correlator") == IDENTITY_KIND]
    values += [get_at(item.verdict.payload, pointer) for pointer in made]
    said = ["" if value is MISSING else value for value in values]
    return json.dumps([event.name if event else "", *said], sort_keys=True)


def triggered_events(contract: Contract, exchange: Exchange) -> tuple[Event, ...]:
    """Return the events that the response triggers; of a view of an item, those of the item."""
    request, status = exchange.request, exchange.status
    # The contract does not define what another method triggers.
    if status is None or request.method != request.operation.method:
        return ()
    return tuple(
        event
        for event in contract.events_triggered_by(request.operation.id, status)
        if (exchange.item.rpartition("/")[0] if exchange.item else None) == event.for_each
        and (
            event.callback is None
            or calls_back(event, event.callback.evaluate(exchange.find), request.mark)
        )
    )


def owed_events(contract: Contract, exchange: Exchange) -> tuple[Event, ...]:
    """Return the events that must follow the response; others of its triggers may."""
    events = triggered_events(contract, exchange)
    if exchange.request.phase in REPEATING_PHASES:
        return ()
    if not events or not (exchange.item or any(event.condition for event in events)):
        return events
    if exchange.item and _is_invalid_item(contract, exchange):
        return ()
    value = get_at(exchange.request.json.value, exchange.item)
    return tuple(event for event in events if contract.meets_condition(event, value))


def _is_invalid_item(contract: Contract, exchange: Exchange) -> bool:
    """Return whether the item breaks the schema of the request, so that nothing follows from it."""
    expected = expected_response(contract, exchange.request, exchange.started)
    return any(
        f"{violation.instance}/".startswith(f"{exchange.item}/")
        for violation in expected.violations
    )


def has_correlator(event: Event) -> bool:
    """Return whether payload or URL identify the exchange that triggers `event`."""
    return event.callback is not None or any(
        "correlator" in echo for echo in event.trigger.get("echoes", ())
    )


def event_deadline_s(event: Event, settings: Settings) -> float:
    """Return the deadline of `event` in seconds after the response: the given or the stated one."""
    given = settings.webhook_deadline
    return float(event.trigger["deadline"]["seconds"]) if given is None else given


@dataclass(frozen=True, eq=False)
class Ledger:
    """Closed ledger of a run."""

    contract: Contract
    settings: Settings
    exchanges: tuple[Exchange, ...]
    deliveries: tuple[JudgedDelivery, ...]
    reconciliation: Reconciliation
    undecided: tuple[str, ...]
    """One sentence for each case that the run could not make."""
    stop_reason: str | None
    """Reason why the run was cut short unintentionally, or None."""
    correlators: Mapping[str, tuple[Correlator, ...]]
    """Correlators by operation id."""
    dropped: DroppedDeliveries = field(default_factory=DroppedDeliveries)
    """Deliveries that the run received and did not keep."""
    incomplete: tuple[IncompleteOperation, ...] = ()
    """Operations that the run did not test as a whole."""
    unjudged_requests: int = 0
    """Number of requests to operations that are not judged; `exchanges` has none of them."""

    @property
    def answered_exchanges(self) -> Iterator[tuple[Exchange, int]]:
        """Yield each exchange with a response, and the status."""
        for exchange in self.exchanges:
            if exchange.status is not None:
                yield exchange, exchange.status

    @cached_property
    def seen_responses(self) -> frozenset[ResponseSpec | None]:
        """Documented responses that were received; None is in it for an undocumented one."""
        return frozenset(exchange.documented_response for exchange, _ in self.answered_exchanges)

    @cached_property
    def plain_requests(self) -> Mapping[str, Request]:
        """Plain valid request of each operation: the first of its smoke test."""
        smoke_tests = (e.request for e in self.exchanges if e.request.phase == SMOKE_TEST_PHASE)
        found: dict[str, Request] = {}
        for request in smoke_tests:
            found.setdefault(request.operation.id, request)
        return found

    @cached_property
    def triggering_exchanges(self) -> Mapping[int, Exchange]:
        """Exchange that each delivery belongs to, by the id of the delivery."""
        return {
            item.delivery.id: exchange
            for exchange, event in self.reconciliation.pairs
            for item in event.attempts
        }

    @cached_property
    def exchanges_by_case(self) -> Mapping[int, Sequence[Exchange]]:
        """Exchanges of each case, by case id; a retried case has several."""
        cases: dict[int, list[Exchange]] = {}
        for exchange in self.exchanges:
            cases.setdefault(exchange.request.case_id, []).append(exchange)
        return cases

    @cached_property
    def resource_sequences(self) -> tuple[ResourceSequence, ...]:
        """Sequences of requests on resources, each with its history and its walks."""
        return tuple(resource_sequences(self.exchanges))

    def since(self, request_number: int, delivery_id: int) -> "Ledger":
        """Return the part with later requests, later deliveries and what these belong to."""
        closed = self.reconciliation

        def is_later(event: ReceivedEvent) -> bool:
            return event.attempts[-1].delivery.id > delivery_id

        pairs = tuple(
            (exchange, event)
            for exchange, event in closed.pairs
            if exchange.request.number > request_number or is_later(event)
        )
        part = Reconciliation(
            pairs,
            tuple(o for o in closed.without_event if o[0].request.number > request_number),
            tuple(filter(is_later, closed.unmatched_events)),
            tuple(filter(is_later, closed.earlier_run_events)),
            tuple(filter(is_later, closed.strangers)),
        )
        apart = (*part.unmatched_events, *part.earlier_run_events, *part.strangers)
        events = (*(event for _, event in pairs), *apart)
        known = {item.delivery.id for event in events for item in event.attempts}
        return replace(
            self,
            exchanges=tuple(e for e in self.exchanges if e.request.number > request_number),
            deliveries=tuple(item for item in self.deliveries if item.delivery.id in known),
            reconciliation=part,
        )

    def deadline(self, event: Event) -> float:
        """Return the deadline of deliveries of `event` in seconds after the response."""
        return event_deadline_s(event, self.settings)
