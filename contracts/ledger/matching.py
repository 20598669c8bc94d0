"""Which event belongs to which exchange: by its correlators, or in order if it has none. Pure."""

from collections.abc import Mapping, Sequence
from itertools import chain

from contracts.echoes.comparison import agree, both
from contracts.ledger.ledger import Balance, Occurrence, has_correlators, triggered
from contracts.ledger.match_score import ENOUGH, Index, score, sent, told
from contracts.ledger.match_score import places as look_for
from contracts.model.correlators import ANY_MARK, Correlator, identities
from contracts.model.exchange import Exchange
from openapi.contract import Contract, Event


def balance(
    contract: Contract,
    exchanges: Sequence[Exchange],
    events: Sequence[Occurrence],
    places: Mapping[str, Sequence[Correlator]],
    run_id: str,
) -> Balance:
    """Pair `events` with the `exchanges` that brought them about.

    `places` holds the correlators of each operation by its id. An event that is named by its
    payload belongs to an exchange with the operation that fires it.
    """
    ours = [e for e, event in enumerate(events) if not _mark_of_another(event, run_id)]
    scored = _scored(contract, exchanges, events, places, ours)
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
    for event in contract.events:
        if not has_correlators(event):
            owner |= _in_order(contract, event, exchanges, events, ours, expecting)
    alone = [e for e in ours if e not in owner]
    unserved = sorted(expecting - set(owner.values()))
    if len(alone) == len(unserved) == 1 and _may_tell(events[alone[0]], exchanges[unserved[0]]):
        owner[alone[0]] = unserved[0]
    return Balance(
        pairs=tuple((exchanges[x], events[e]) for e, x in sorted(owner.items())),
        missing=tuple(exchanges[x] for x in sorted(expecting - set(owner.values()))),
        foreign=tuple(events[e] for e in ours if e not in owner),
        earlier=tuple(event for e, event in enumerate(events) if e not in set(ours)),
    )


def _scored(
    contract: Contract,
    exchanges: Sequence[Exchange],
    events: Sequence[Occurrence],
    places: Mapping[str, Sequence[Correlator]],
    ours: Sequence[int],
) -> list[tuple[int, float, int, int]]:
    """Return the pairs that fit: score (negative), distance in time, event and exchange."""
    identified = {o.id: identities(contract, o) for o in contract.operations}
    known = look_for(chain(*places.values(), *identified.values()))
    requests = [sent(exchange, identified[exchange.request.operation.id]) for exchange in exchanges]
    index = Index(requests)
    return sorted(
        (-points, abs(events[e].first.delivery.received_at - exchanges[x].ended), e, x)
        for e in ours
        for came in [told(events[e].first.delivery, events[e].payload, known)]
        for x in index.near(came)
        if _may_tell(events[e], exchanges[x]) and (points := score(requests[x], came)) >= ENOUGH
    )


def _may_tell(occurrence: Occurrence, exchange: Exchange) -> bool:
    """Say whether the event, if its payload names it, is one of the exchange's operation."""
    named = occurrence.first.verdict.event
    return named is None or named.trigger["operation"] == exchange.request.operation.id


def _in_order(
    contract: Contract,
    event: Event,
    exchanges: Sequence[Exchange],
    events: Sequence[Occurrence],
    ours: Sequence[int],
    expecting: set[int],
) -> dict[int, int]:
    """Pair events that no value tells apart: in the order of arrival with that of the answers.

    Those whose echoes agree go first, so an event that overtook another is none that is wrong.
    """
    came = [e for e in ours if events[e].first.verdict.event is event]
    due = [x for x in expecting if triggered(contract, exchanges[x]) is event]
    due.sort(key=lambda x: exchanges[x].ended)
    owner: dict[int, int] = {}
    for agreeing in (True, False):
        for e in came:
            payload, at = events[e].payload, events[e].first.delivery.received_at
            fitting = (
                x
                for x in due
                if exchanges[x].started <= at
                and (not agreeing or _echoes(event, exchanges[x], payload))
            )
            if e not in owner and (x := next(fitting, None)) is not None:
                owner[e] = x
                due.remove(x)
    return owner


def _echoes(event: Event, exchange: Exchange, payload: object) -> bool:
    return all(
        agree(stated["compare"], *both(stated, exchange, payload))
        for stated in event.trigger.get("echoes", ())
    )


def _mark_of_another(event: Occurrence, run_id: str) -> bool:
    text = event.first.delivery.body.decode(errors="replace")
    marks = {match[1] for match in ANY_MARK.finditer(text)}
    return bool(marks) and run_id not in marks
