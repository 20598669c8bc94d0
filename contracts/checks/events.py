"""Checks of events: one event for each success, before the deadline, and no other event."""

from collections.abc import Iterator, Mapping

from contracts.checks.repeats import (
    UnstatedRepeats,
    matched_deliveries,
    no_redelivery_pointer,
    repeat_text,
    unforbidden_repeat,
)
from contracts.judgement import Judgement, failed, passed, undecided
from contracts.ledger.ledger import JudgedDelivery, Ledger, ReceivedEvent
from contracts.ledger.strangers import delivery_path, is_event_like, sender_address
from contracts.model.case import REPEATING_PHASES
from contracts.model.exchange import Exchange
from openapi.contract import Event
from openapi.json_pointer import join_pointer
from openapi.schemas.validation import abbreviate
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.verdict import Verdict


def triggered_events(ledger: Ledger) -> Iterator[tuple[Event, Exchange, ReceivedEvent]]:
    """Yield each event that a success triggered, with its exchange."""
    for exchange, received_event in ledger.reconciliation.pairs:
        if received_event.event is not None:
            yield received_event.event, exchange, received_event


def is_accepted(item: JudgedDelivery) -> bool:
    """Return whether a delivery got a 2xx response."""
    return 200 <= item.delivery.status < 300


def sent(ledger: Ledger) -> Iterator[Judgement]:
    """Every success triggers its event before the deadline."""
    settings = ledger.settings
    if not settings.webhooks:
        return
    here = settings.sink_url or f"http://{settings.webhook_host}:{settings.webhook_port}"
    here += settings.webhook_path or "/"
    elsewhere = ledger.dropped.elsewhere
    other = f"; {elsewhere} deliveries came to other paths" if elsewhere else ""
    for event, exchange, _ in triggered_events(ledger):
        yield passed(join_pointer(event.pointer, "x-hookproof-trigger"), exchange.request.number)
    for exchange, event in ledger.reconciliation.without_event:
        pointer = join_pointer(event.pointer, "x-hookproof-trigger")
        if ledger.dropped.own:
            yield undecided(pointer, exchange.request.number, "the run kept not all of its events")
            continue
        if not ledger.reconciliation.pairs and not ledger.reconciliation.unmatched_events:
            message = (
                f"no event arrived within {ledger.deadline(event):g} s after the last response: "
                f"the service sends no webhooks, or sends them to another URL than {here}{other}"
            )
        else:
            message = (
                f"{exchange_label(exchange)} got {exchange.status}, but no {_noun(ledger, event)} "
                f"arrived within {ledger.deadline(event):g} s (--webhook-deadline){other}"
            )
        yield failed(
            ledger,
            pointer,
            exchange,
            message,
            expected=f"one {event.name} within {ledger.deadline(event):g} s after the response",
            received="none",
        )


def exchange_label(exchange: Exchange) -> str:
    """Return the name of the request, with the item that triggers an event."""
    item = f", item {exchange.item}" if exchange.item else ""
    return f"{exchange.request.label()}{item}"


def _noun(ledger: Ledger, event: Event) -> str:
    """Return `event`, with its name if other events have the same trigger."""
    known = [one for one in ledger.contract.triggered_events if one.operation == event.operation]
    return "event" if len(known) == 1 else f"event {event.name}"


def single_event(ledger: Ledger) -> Iterator[Judgement]:
    """A success triggers each of its events exactly once."""
    seen: dict[tuple[int, str, str], int] = {}
    # A delivery after a rejected one may be a retry of the same event: `webhook-retry` judges it.
    refused = {
        e.request.number
        for _, e, o in triggered_events(ledger)
        if not all(map(is_accepted, o.attempts))
    }
    for event, exchange, received_event in triggered_events(ledger):
        number = exchange.request.number
        if number in refused or event.trigger.get("events") == "any":
            continue
        pointer, key = (
            join_pointer(event.pointer, "x-hookproof-trigger"),
            (number, event.name, exchange.item),
        )
        seen[key] = seen.get(key, 0) + 1
        if seen[key] == 1:
            yield passed(pointer, number)
        else:
            message = (
                f"{exchange.request.label()} triggered {seen[key]} events; the last is "
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
        if received_event.event is not None or exchange.failure is not None:
            yield passed(pointer, number)
            continue
        if _is_of_another_method(ledger, exchange):
            reason = "the contract does not define what another method triggers"
            yield undecided(pointer, number, reason)
            continue
        message = (
            f"delivery {delivery.id} belongs to {exchange.request.label()}, "
            f"which got {exchange.status}: that status triggers no event"
        )
        yield failed(ledger, pointer, exchange, message, apart="refused")
    known, repeats = matched_deliveries(ledger), UnstatedRepeats()
    for received_event in ledger.reconciliation.unmatched_events:
        if is_without_trigger(received_event.first.verdict):
            continue
        if (repeated := unforbidden_repeat(known, received_event)) is not None:
            event, original = repeated
            delivery = received_event.first.delivery
            yield from repeats.judge(event, -delivery.id, delivery, original)
            continue
        pointer = _trigger(ledger, received_event)
        delivery = received_event.first.delivery
        message = (
            f"delivery {delivery.id} ({abbreviate(delivery.method)} {abbreviate(delivery.target)}) "
            f"belongs to no request of this run"
        )
        yield failed(ledger, pointer, None, message, case_id=-delivery.id, apart="foreign")
    yield from _event_like_strangers(ledger, known, repeats)


def _is_of_another_method(ledger: Ledger, exchange: Exchange) -> bool:
    """Return whether the status would trigger an event if the method were that of the contract."""
    request, status = exchange.request, exchange.status or 0
    is_other = request.method != request.operation.method
    operation_id = request.operation.id
    return is_other and bool(ledger.contract.events_triggered_by(operation_id, status))


def _event_like_strangers(
    ledger: Ledger, known: Mapping[bytes, Delivery], repeats: UnstatedRepeats
) -> Iterator[Judgement]:
    """Yield a warning for each delivery that looks like an event, and that anybody can have sent.

    The finding names no constraint that the service must keep, because the sender is unknown.
    """
    for received_event in ledger.reconciliation.strangers:
        delivery, verdict = received_event.first.delivery, received_event.first.verdict
        if is_without_trigger(verdict) or not is_event_like(delivery, verdict, ledger.contract):
            continue
        signed = (received_event.first.verdict.event or ledger.contract.events[0]).signature
        repeated = None if signed else unforbidden_repeat(known, received_event)
        if repeated is not None:
            event, original = repeated
            yield from repeats.judge(event, -delivery.id, delivery, original)
            continue
        why = "has no valid signature" if signed else "the contract signs no such event"
        message = (
            f"delivery {delivery.id} ({abbreviate(delivery.method)} "
            f"{abbreviate(delivery_path(delivery))} from {sender_address(delivery)}) looks like an "
            f"event but matches no request and {why}: anybody can have sent it"
        )
        pointer = join_pointer(_trigger(ledger, received_event), "operation")
        yield failed(
            ledger,
            pointer,
            None,
            message,
            case_id=-delivery.id,
            apart="stranger",
            severity="warning",
            judged_delivery=received_event.first,
        )


def is_without_trigger(verdict: Verdict) -> bool:
    """Return whether the contract does not say which response sends such an event."""
    return any(not event.operation for event in verdict.possible_events)


def _trigger(ledger: Ledger, received_event: ReceivedEvent) -> str:
    """Return the pointer of the event's trigger; of the first event if the payload names none."""
    event = received_event.first.verdict.event or ledger.contract.events[0]
    return join_pointer(event.pointer, "x-hookproof-trigger")


def late(ledger: Ledger) -> Iterator[Judgement]:
    """An event arrives before the deadline."""
    for event, exchange, received_event in triggered_events(ledger):
        pointer = join_pointer(event.pointer, "x-hookproof-trigger", "deadline")
        took = received_event.first.delivery.received_at - exchange.ended
        if took <= ledger.deadline(event):
            yield passed(pointer, exchange.request.number)
            continue
        message = (
            f"delivery {received_event.first.delivery.id} arrived {took:.1f} s after the response "
            f"to {exchange.request.label()}; the deadline is {ledger.deadline(event):g} s "
            f"(--webhook-deadline)"
        )
        yield failed(ledger, pointer, exchange, message)


def _repeated_successes(ledger: Ledger, exchange: Exchange) -> int:
    """Return the number of later successes on the same resource that need not send an event."""
    request = exchange.request
    return sum(
        other.request.phase in REPEATING_PHASES
        and _sequence(other) == _sequence(exchange)
        and other.request.target == request.target
        and other.request.operation is request.operation
        and other.has_status_of("valid-request")
        for other in ledger.exchanges
    )


def _sequence(exchange: Exchange) -> int | None:
    return None if exchange.request.step is None else exchange.request.step.sequence


def redelivery(ledger: Ledger) -> Iterator[Judgement]:
    """The service does not send an event again after a 2xx response."""
    repeats = UnstatedRepeats()
    for event, exchange, received_event in triggered_events(ledger):
        pointer, number = no_redelivery_pointer(event), exchange.request.number
        taken = [is_accepted(item) for item in received_event.attempts]
        first = taken.index(True) if True in taken else len(taken)
        # A repeated success, such as that of a second DELETE, may send the event again.
        extra = received_event.attempts[first + 1 + _repeated_successes(ledger, exchange) :]
        is_stated = "no-redelivery" in event.trigger
        if not extra:
            if is_stated:
                yield passed(pointer, number)
            continue
        received, repeat = received_event.attempts[first].delivery, extra[0].delivery
        if is_stated:
            message = repeat_text(repeat, received)
            yield failed(ledger, pointer, exchange, message, judged_delivery=extra[0])
        else:
            yield from repeats.judge(event, number, repeat, received)
