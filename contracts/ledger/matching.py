"""Matching of events and exchanges: by correlators, or by order if there are none. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from contracts.echoes.comparison import echo_values, is_echo_acceptable
from contracts.ledger.facts import MatchFacts
from contracts.ledger.ledger import (
    ReceivedEvent,
    Reconciliation,
    has_correlator,
    owed_events,
    triggered_events,
)
from contracts.ledger.match_score import MIN_SCORE, match_score
from contracts.model.correlators import Correlator
from contracts.model.exchange import Exchange
from contracts.model.items import item_views
from openapi.contract import Contract, Event


def reconcile(
    contract: Contract,
    exchanges: Sequence[Exchange],
    events: Sequence[ReceivedEvent],
    places: Mapping[str, Sequence[Correlator]],
    run_id: str,
    facts: MatchFacts | None = None,
) -> Reconciliation:
    """Match `events` to the `exchanges` that triggered them.

    `places` has the correlators by operation id. If the payload names its event, only exchanges of
    the triggering operation match. Events with a valid signature or with the mark of the run match
    first: anybody can send the others. `facts` are those that the run has prepared.
    """
    facts = facts or MatchFacts(contract, places)
    exchanges = [view for exchange in exchanges for view in item_views(contract, exchange)]
    event_facts = [facts.of_event(event.first) for event in events]
    marked = {e for e, received in enumerate(event_facts) if received.is_marked_by(run_id)}
    other_runs = {e for e, received in enumerate(event_facts) if received.is_marked} - marked
    own_events = set(range(len(events))) - other_runs
    proven = {e for e in own_events if e in marked or is_valid(events[e])}
    scored = _scored_pairs(exchanges, events, facts, own_events, proven)
    best: dict[int, int] = {}
    for _, points, _, e, _ in scored:
        best.setdefault(e, points)
    triggered = [triggered_events(contract, exchange) for exchange in exchanges]
    expected = {
        (x, event) for x, view in enumerate(exchanges) for event in owed_events(contract, view)
    }
    # Among equal scores, prefer a request that still lacks its event, then the nearest in time.
    slot_of_event: dict[int, _Slot] = {}
    matched: set[_Slot] = set()
    for _, points, _, e, x in scored:
        if points == best[e] and e not in slot_of_event:
            slot = _free_slot(events[e], x, triggered[x], matched)
            if slot is not None:
                slot_of_event[e] = slot
                matched.add(slot)
    for *_, e, x in scored:
        slot_of_event.setdefault(e, (x, _nearest_event(events[e], triggered[x])))
    slot_of_event |= _pairs_in_order(contract, exchanges, events, own_events, proven, triggered)
    served = {slot_of_event[e] for e in slot_of_event.keys() & proven}
    for e, slot in [*slot_of_event.items()]:
        superfluous = slot in served or (slot[1] is None and not _is_unsigned(events[e]))
        if e not in proven and superfluous:
            del slot_of_event[e]
    unmatched = sorted(
        e for e in own_events - slot_of_event.keys() if e in proven or _is_unsigned(events[e])
    )
    unserved = expected - {*slot_of_event.values()}
    if len(unmatched) == len(unserved) == 1:
        event, (slot,) = events[unmatched[0]], unserved
        exchange = exchanges[slot[0]]
        in_time = event.first.delivery.received_at >= exchange.started
        if in_time and _may_belong(event, exchange):
            slot_of_event[unmatched[0]] = slot
            unserved.clear()
    # Of an event without a signature, the name is all that a wrong payload may have left.
    for lacking in contract.triggered_events:
        named = [
            e
            for e in sorted(own_events - slot_of_event.keys())
            if _is_unsigned(events[e]) and lacking in events[e].first.verdict.possible_events
        ]
        due = [x for x, other in unserved if other is lacking] if named else []
        for e, x in _pair_in_order(lacking, exchanges, events, named, due).items():
            slot_of_event[e] = (x, lacking)
            unserved.discard((x, lacking))
    merged = _merged_pairs(exchanges, events, slot_of_event, unserved)
    unserved -= {(x, event) for _, x, event in merged}
    apart = sorted(set(range(len(events))) - slot_of_event.keys())
    earlier = {
        e for e in apart if e not in own_events and (is_valid(events[e]) or _is_unsigned(events[e]))
    }
    return Reconciliation(
        pairs=tuple(
            (exchanges[x], replace(events[e], event=event))
            for e, x, event in (*_in_order(slot_of_event), *merged)
        ),
        without_event=tuple(
            (exchanges[x], event)
            for x, due in enumerate(triggered)
            for event in due
            if (x, event) in unserved
        ),
        unmatched_events=tuple(events[e] for e in apart if e in proven),
        earlier_run_events=tuple(events[e] for e in apart if e in earlier),
        strangers=tuple(events[e] for e in apart if e not in proven and e not in earlier),
    )


_Slot = tuple[int, Event | None]
"""Index of an exchange, and the event that it triggers."""


def _free_slot(
    received: ReceivedEvent, x: int, due: Sequence[Event], matched: Collection[_Slot]
) -> _Slot | None:
    """Return the event of exchange `x` that `received` can be, if it has not arrived yet."""
    possible = received.first.verdict.possible_events
    named = [event for event in due if event in possible] or due
    return next(((x, event) for event in named if (x, event) not in matched), None)


def _nearest_event(received: ReceivedEvent, due: Sequence[Event]) -> Event | None:
    """Return the event of `due` that `received` names, or the first one; None without any."""
    possible = received.first.verdict.possible_events
    return next((event for event in due if event in possible), next(iter(due), None))


def _in_order(slot_of_event: Mapping[int, _Slot]) -> list[tuple[int, int, Event | None]]:
    return [(e, *slot_of_event[e]) for e in sorted(slot_of_event)]


def _merged_pairs(
    exchanges: Sequence[Exchange],
    events: Sequence[ReceivedEvent],
    slot_of_event: Mapping[int, _Slot],
    unserved: Collection[tuple[int, Event]],
) -> list[tuple[int, int, Event]]:
    """Return the exchanges without an event that share the merged event of another one.

    It has the same echoes, and was sent after the request.
    """
    found = []
    for x, event in unserved:
        if not event.is_merged:
            continue
        exchange = exchanges[x]
        shared = (
            e
            for e, (_, other) in slot_of_event.items()
            if other is event
            and events[e].attempts[-1].delivery.received_at >= exchange.started
            and _all_echoes_agree(event, exchange, events[e].payload)
        )
        if (e := next(shared, None)) is not None:
            found.append((e, x, event))
    return sorted(found, key=lambda pair: pair[:2])


def is_valid(event: ReceivedEvent) -> bool:
    """Return whether a delivery of the event has a valid signature."""
    return any(item.verdict.signature == "valid" for item in event.attempts)


def _is_unsigned(event: ReceivedEvent) -> bool:
    """Return whether the payload names an event that the contract does not sign."""
    named = event.first.verdict.event
    return named is not None and named.signature is None


def _scored_pairs(
    exchanges: Sequence[Exchange],
    events: Sequence[ReceivedEvent],
    facts: MatchFacts,
    own_events: Collection[int],
    proven: Collection[int],
) -> list[tuple[bool, int, float, int, int]]:
    """Return possible pairs, those of `proven` events first.

    Each has a flag for the other events, the negative score, the distance in time, and the indices
    of event and exchange.
    """
    requests = [facts.of_exchange(exchange) for exchange in exchanges]
    number_of_request = {(e.request, e.item): x for x, e in enumerate(exchanges)}
    return sorted(
        (
            e not in proven,
            -points,
            abs(events[e].first.delivery.received_at - exchanges[x].ended),
            e,
            x,
        )
        for e in own_events
        for received in [facts.of_event(events[e].first)]
        for request in facts.candidates(received)
        if (x := number_of_request.get(request)) is not None
        and _may_belong(events[e], exchanges[x])
        and (points := match_score(requests[x], received)) >= MIN_SCORE
    )


def _may_belong(received_event: ReceivedEvent, exchange: Exchange) -> bool:
    """Return whether the exchange's operation can trigger the event that the payload names."""
    possible = received_event.first.verdict.possible_events
    return not possible or any(
        event.operation == exchange.request.operation.id for event in possible
    )


def _pairs_in_order(
    contract: Contract,
    exchanges: Sequence[Exchange],
    events: Sequence[ReceivedEvent],
    own_events: Collection[int],
    proven: Collection[int],
    triggered: Sequence[Sequence[Event]],
) -> dict[int, _Slot]:
    """Match the events without correlators: order of arrival to order of responses.

    Those of `proven` go first. `triggered` has the events that each exchange triggers.
    """
    received: dict[str, list[int]] = {}
    for e in sorted(own_events, key=lambda e: (e not in proven, e)):
        if (named := events[e].first.verdict.event) is not None:
            received.setdefault(named.name, []).append(e)
    due: dict[str, list[int]] = {}
    for x, expected in enumerate(triggered):
        for event in expected:
            due.setdefault(event.name, []).append(x)
    slot_of_event: dict[int, _Slot] = {}
    for event in contract.triggered_events:
        if event.name in received and event.name in due and not has_correlator(event):
            pairs = _pair_in_order(event, exchanges, events, received[event.name], due[event.name])
            slot_of_event |= {e: (x, event) for e, x in pairs.items()}
    return slot_of_event


def _pair_in_order(
    event: Event,
    exchanges: Sequence[Exchange],
    events: Sequence[ReceivedEvent],
    received: Sequence[int],
    due: Sequence[int],
) -> dict[int, int]:
    """Match the `received` ones of `events` to the exchanges for which `event` is due.

    Pairs with equal echoes go first, so that an event which overtook another matches correctly.
    """
    free = sorted(due, key=lambda x: exchanges[x].ended)
    exchange_of_event: dict[int, int] = {}
    for agreeing in (True, False):
        for e in received:
            payload, at = events[e].payload, events[e].first.delivery.received_at
            fitting = (
                x
                for x in free
                if exchanges[x].started <= at
                and (not agreeing or _all_echoes_agree(event, exchanges[x], payload))
            )
            if e not in exchange_of_event and (x := next(fitting, None)) is not None:
                exchange_of_event[e] = x
                free.remove(x)
    return exchange_of_event


def _all_echoes_agree(event: Event, exchange: Exchange, payload: object) -> bool:
    return all(
        is_echo_acceptable(stated["compare"], *echo_values(stated, exchange, payload))
        for stated in event.trigger.get("echoes", ())
    )
