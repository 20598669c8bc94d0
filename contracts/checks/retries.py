"""Checks of webhook retries: the attempts after a rejected delivery."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from contracts.checks.events import is_accepted, triggered_events
from contracts.echoes.comparison import is_equal_echo
from contracts.judgement import Judgement, failed, passed
from contracts.ledger.ledger import JudgedDelivery, Ledger
from contracts.model.case import RETRY_PHASE
from contracts.model.exchange import Exchange
from openapi.contract import Event
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.schemas.validation import abbreviate
from webhook_sink.delivery import Delivery


@dataclass(frozen=True, slots=True)
class RejectedDelivery:
    """A delivery that got no 2xx response, and the later deliveries for the same request."""

    event: Event
    exchange: Exchange
    first: JudgedDelivery
    later_deliveries: tuple[JudgedDelivery, ...]


def rejected_deliveries(ledger: Ledger) -> Iterator[RejectedDelivery]:
    """Yield the first rejected delivery of each request."""
    by_request: dict[int, list[tuple[Event, Exchange, tuple[JudgedDelivery, ...]]]] = {}
    for event, exchange, received_event in triggered_events(ledger):
        entry = (event, exchange, received_event.attempts)
        by_request.setdefault(exchange.request.number, []).append(entry)
    for entries in by_request.values():
        for event, exchange, attempts in entries:
            first = next((a for a in attempts if not is_accepted(a)), None)
            if first is None or first.delivery.truncated:
                continue
            others = [a for _, _, more in entries if more is not attempts for a in more]
            own, strange = (
                tuple(a for a in some if a.delivery.id > first.delivery.id)
                for some in (attempts, others)
            )
            yield RejectedDelivery(event, exchange, first, own or strange)
            break


def retry(ledger: Ledger) -> Iterator[Judgement]:
    """The service retries a rejected delivery in time: the same event, with a valid signature."""
    for case in rejected_deliveries(ledger):
        if "retries" not in case.event.trigger:
            continue
        number = case.exchange.request.number
        place = join_pointer(case.event.pointer, "x-hookproof-trigger", "retries")
        if case.later_deliveries:
            yield passed(join_pointer(place, "within-deadline"), number)
            yield _judge_same_event(ledger, case, place)
            yield from _judge_own_signature(ledger, case)
        elif case.exchange.request.phase == RETRY_PHASE:
            delivery = case.first.delivery
            message = (
                f"delivery {delivery.id} {failure_text(delivery)} and was not retried "
                f"within {ledger.deadline(case.event):g} s (--webhook-deadline)"
            )
            soon = join_pointer(place, "within-deadline")
            yield failed(ledger, soon, case.exchange, message, judged_delivery=case.first)


def _retry_text(case: RejectedDelivery) -> str:
    first, second = case.first.delivery, case.later_deliveries[0].delivery
    failure = failure_text(first)
    return f"delivery {second.id}, the retry of delivery {first.id} (which {failure}),"


def failure_text(delivery: Delivery) -> str:
    """Return how a delivery failed, such as `got 500`."""
    if delivery.status:
        return f"got {delivery.status}"
    return "got no response" if "delay" in delivery.reply else "lost its connection"


def _judge_same_event(ledger: Ledger, case: RejectedDelivery, pointer: str) -> Judgement:
    """Compare event name, unique values and echoes of the second attempt with the first."""
    trigger, second = case.event.trigger, case.later_deliveries[0]
    name = case.event.name_pointer
    compared = {} if name is None else {name: "exact"}
    compared |= {stated["pointer"]: "exact" for stated in trigger.get("unique", ())}
    compared |= {stated["to"]: stated["compare"] for stated in trigger.get("echoes", ())}
    for place, compare in compared.items():
        before, after = (get_at(item.verdict.payload, place) for item in (case.first, second))
        if before is not after and not is_equal_echo(compare, before, after):
            shown = ["nothing" if v is MISSING else abbreviate(v) for v in (after, before)]
            message = f"{_retry_text(case)} has {shown[0]} at {place}, expected {shown[1]}"
            return failed(
                ledger, pointer, case.exchange, message, instance=place, judged_delivery=second
            )
    return passed(pointer, case.exchange.request.number)


def _judge_own_signature(ledger: Ledger, case: RejectedDelivery) -> Iterator[Judgement]:
    """Check the signature of the second attempt over its own body."""
    scheme, second = case.event.signature, case.later_deliveries[0]
    # If the first signature is invalid too, `webhook-signature` reports it for every delivery.
    if scheme is None or case.first.verdict.signature != "valid":
        return
    if second.verdict.signature in ("valid", "unchecked"):
        yield passed(scheme.pointer, case.exchange.request.number)
        return
    delivery, secret = second.delivery, ledger.settings.webhook_secret or ""
    first = replace(delivery.message, body=case.first.delivery.body)
    if scheme.verify(first, secret) is None:
        why = "has another body but the signature of the first attempt"
    else:
        found = (f.message for f in second.verdict.findings if f.check == "webhook-signature")
        why = f"is not signed like the first: {next(found, 'its signature differs')}"
    message = f"{_retry_text(case)} {why}"
    yield failed(
        ledger, scheme.pointer, case.exchange, message, judged_delivery=second, apart="retry"
    )
