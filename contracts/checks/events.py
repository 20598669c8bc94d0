"""Checks of events: one for each success, in time, and none for anything else."""

from collections.abc import Iterator

from contracts.checks.judgement import Judgement, failed, passed
from contracts.ledger.ledger import JudgedDelivery, Ledger, ReceivedEvent, triggered_event
from contracts.model.exchange import Exchange
from openapi.contract import Event
from openapi.json_pointer import join_pointer
from openapi.schema_validation import abbreviate


def triggered_events(ledger: Ledger) -> Iterator[tuple[Event, Exchange, ReceivedEvent]]:
    """Yield each event that a success triggered, with its exchange."""
    for exchange, received_event in ledger.reconciliation.pairs:
        event = triggered_event(ledger.contract, exchange)
        if event is not None:
            yield event, exchange, received_event


def is_accepted(item: JudgedDelivery) -> bool:
    """Say whether a delivery was answered 2xx."""
    return 200 <= item.delivery.status < 300


def sent(ledger: Ledger) -> Iterator[Judgement]:
    """Every success brings its event about, before the deadline."""
    settings = ledger.settings
    if not settings.webhooks:
        return
    here = settings.sink_url or f"http://{settings.webhook_host}:{settings.webhook_port}/"
    for event, exchange, _ in triggered_events(ledger):
        yield passed(join_pointer(event.pointer, "x-hookproof-trigger"), exchange.request.number)
    lacking = (
        (triggered_event(ledger.contract, e), e) for e in ledger.reconciliation.without_event
    )
    for event, exchange in [(event, e) for event, e in lacking if event is not None]:
        pointer = join_pointer(event.pointer, "x-hookproof-trigger")
        if not ledger.deliveries:
            message = (
                f"no delivery came at all, within {ledger.deadline(event):g} s of the last answer: "
                f"either the service sends none, or it sends them to another URL than {here}"
            )
        else:
            message = (
                f"{exchange.request.label()} was answered {exchange.status} and no event came "
                f"within {ledger.deadline(event):g} s (--webhook-deadline)"
            )
        yield failed(
            ledger,
            pointer,
            exchange,
            message,
            expected=f"one {event.name} within {ledger.deadline(event):g} s of the answer",
            received="none",
        )


def single_event(ledger: Ledger) -> Iterator[Judgement]:
    """A success triggers one event, not several with separate identities."""
    seen: dict[int, int] = {}
    # What follows on a refused delivery may be meant as the same event, and is judged as that.
    refused = {
        e.request.number
        for _, e, o in triggered_events(ledger)
        if not all(map(is_accepted, o.attempts))
    }
    for event, exchange, received_event in triggered_events(ledger):
        number = exchange.request.number
        if number in refused:
            continue
        pointer = join_pointer(event.pointer, "x-hookproof-trigger")
        seen[number] = seen.get(number, 0) + 1
        if seen[number] == 1:
            yield passed(pointer, number)
        else:
            message = (
                f"{exchange.request.label()} brought about {seen[number]} events; the last is "
                f"delivery {received_event.first.delivery.id}"
            )
            yield failed(ledger, pointer, exchange, message)


def unexpected(ledger: Ledger) -> Iterator[Judgement]:
    """Only a success triggers an event."""
    if not ledger.contract.events:
        return
    for exchange, received_event in ledger.reconciliation.pairs:
        pointer = _trigger(ledger, received_event)
        number, delivery = exchange.request.number, received_event.first.delivery
        if triggered_event(ledger.contract, exchange) or exchange.failure is not None:
            yield passed(pointer, number)
            continue
        message = (
            f"delivery {delivery.id} tells of {exchange.request.label()}, "
            f"which was answered {exchange.status}"
        )
        yield failed(ledger, pointer, exchange, message, apart="refused")
    for received_event in ledger.reconciliation.unmatched_events:
        pointer = _trigger(ledger, received_event)
        delivery = received_event.first.delivery
        message = (
            f"delivery {delivery.id} ({abbreviate(delivery.method)} {abbreviate(delivery.target)}) "
            f"belongs to no request of this run"
        )
        yield failed(ledger, pointer, None, message, case_id=-delivery.id, apart="foreign")


def _trigger(ledger: Ledger, received_event: ReceivedEvent) -> str:
    """Return where the trigger of the event stands, of the first if the payload names none."""
    event = received_event.first.verdict.event or ledger.contract.events[0]
    return join_pointer(event.pointer, "x-hookproof-trigger")


def late(ledger: Ledger) -> Iterator[Judgement]:
    """An event comes before the deadline."""
    for event, exchange, received_event in triggered_events(ledger):
        pointer = join_pointer(event.pointer, "x-hookproof-trigger", "deadline")
        took = received_event.first.delivery.received_at - exchange.ended
        if took <= ledger.deadline(event):
            yield passed(pointer, exchange.request.number)
            continue
        message = (
            f"delivery {received_event.first.delivery.id} came {took:.1f} s after the answer to "
            f"{exchange.request.label()}; the deadline is {ledger.deadline(event):g} s "
            f"(--webhook-deadline)"
        )
        yield failed(ledger, pointer, exchange, message)


def redelivery(ledger: Ledger) -> Iterator[Judgement]:
    """An event that was received is not sent again."""
    for event, exchange, received_event in triggered_events(ledger):
        pointer = join_pointer(event.pointer, "x-hookproof-trigger", "no-redelivery")
        taken = [is_accepted(item) for item in received_event.attempts]
        first = taken.index(True) if True in taken else len(taken)
        extra = received_event.attempts[first + 1 :]
        if not extra or "no-redelivery" not in event.trigger:
            yield passed(pointer, exchange.request.number)
            continue
        received = received_event.attempts[first].delivery
        message = (
            f"delivery {extra[0].delivery.id} is delivery {received.id} once more, "
            f"which had been answered {received.status}"
        )
        yield failed(ledger, pointer, exchange, message, judged_delivery=extra[0])
