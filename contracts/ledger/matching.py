"""Matching of events and exchanges: by correlators, or by order if there are none. Pure."""

from collections.abc import Collection, Mapping, Sequence

from contracts.echoes.comparison import echo_values, is_echo_acceptable
from contracts.ledger.facts import MatchFacts
from contracts.ledger.ledger import ReceivedEvent, Reconciliation, has_correlator, triggered_event
from contracts.ledger.match_score import MIN_SCORE, match_score
from contracts.model.correlators import Correlator
from contracts.model.exchange import Exchange
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
    event_facts = [facts.of_event(event.first) for event in events]
    marked = {e for e, received in enumerate(event_facts) if received.is_marked_by(run_id)}
    other_runs = {e for e, received in enumerate(event_facts) if received.is_marked} - marked
    own_events = set(range(len(events))) - other_runs
    proven = {e for e in own_events if e in marked or is_valid(events[e])}
    scored = _scored_pairs(exchanges, events, facts, own_events, proven)
    best: dict[int, int] = {}
    for _, points, _, e, _ in scored:
        best.setdefault(e, points)
    triggered = [triggered_event(contract, exchange) for exchange in exchanges]
    expecting = {x for x, event in enumerate(triggered) if event is not None}
    # Among equal scores, prefer a request that still lacks its event, then the nearest in time.
    exchange_of_event: dict[int, int] = {}
    matched: set[int] = set()
    for _, points, _, e, x in scored:
        is_free = x in expecting and x not in matched
        if is_free and points == best[e] and e not in exchange_of_event:
            exchange_of_event[e] = x
            matched.add(x)
    for *_, e, x in scored:
        exchange_of_event.setdefault(e, x)
    exchange_of_event |= _pairs_in_order(contract, exchanges, events, own_events, proven, triggered)
    served = {exchange_of_event[e] for e in exchange_of_event.keys() & proven}
    for e in [*exchange_of_event]:
        x = exchange_of_event[e]
        superfluous = x in served or (x not in expecting and not _is_unsigned(events[e]))
        if e not in proven and superfluous:
            del exchange_of_event[e]
    unmatched = sorted(
        e for e in own_events - exchange_of_event.keys() if e in proven or _is_unsigned(events[e])
    )
    unserved = sorted(expecting - set(exchange_of_event.values()))
    if len(unmatched) == len(unserved) == 1:
        event, exchange = events[unmatched[0]], exchanges[unserved[0]]
        in_time = event.first.delivery.received_at >= exchange.started
        if in_time and _may_belong(event, exchange):
            exchange_of_event[unmatched[0]] = unserved[0]
    apart = sorted(set(range(len(events))) - exchange_of_event.keys())
    earlier = {
        e for e in apart if e not in own_events and (is_valid(events[e]) or _is_unsigned(events[e]))
    }
    return Reconciliation(
        pairs=tuple((exchanges[x], events[e]) for e, x in sorted(exchange_of_event.items())),
        without_event=tuple(
            exchanges[x] for x in sorted(expecting - set(exchange_of_event.values()))
        ),
        unmatched_events=tuple(events[e] for e in apart if e in proven),
        earlier_run_events=tuple(events[e] for e in apart if e in earlier),
        strangers=tuple(events[e] for e in apart if e not in proven and e not in earlier),
    )


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
    number_of_request = {exchange.request: x for x, exchange in enumerate(exchanges)}
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
    named = received_event.first.verdict.event
    return named is None or named.trigger["operation"] == exchange.request.operation.id


def _pairs_in_order(
    contract: Contract,
    exchanges: Sequence[Exchange],
    events: Sequence[ReceivedEvent],
    own_events: Collection[int],
    proven: Collection[int],
    triggered: Sequence[Event | None],
) -> dict[int, int]:
    """Match the events without correlators: order of arrival to order of responses.

    Those of `proven` go first. `triggered` has the event that each exchange triggers.
    """
    received: dict[str, list[int]] = {}
    for e in sorted(own_events, key=lambda e: (e not in proven, e)):
        if (named := events[e].first.verdict.event) is not None:
            received.setdefault(named.name, []).append(e)
    due: dict[str, list[int]] = {}
    for x, event in enumerate(triggered):
        if event is not None:
            due.setdefault(event.name, []).append(x)
    exchange_of_event: dict[int, int] = {}
    for event in contract.events:
        if event.name in received and event.name in due and not has_correlator(event):
            exchange_of_event |= _pair_in_order(
                event, exchanges, events, received[event.name], due[event.name]
            )
    return exchange_of_event


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
