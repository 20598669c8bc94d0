"""What a delivery that was not answered 2xx is followed by."""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.checks.events import accepted, told
from contracts.checks.judgement import Judgement, broken, kept
from contracts.echoes.comparison import echoes
from contracts.ledger.ledger import Books, Received
from contracts.model.case import RETRY
from contracts.model.exchange import Exchange
from openapi.contract import Event
from openapi.json_pointer import MISSING, get, join
from openapi.schema_validation import brief
from openapi.signature import verify


@dataclass(frozen=True, slots=True)
class Refused:
    """A delivery that was not answered 2xx, and what came of the same request after it."""

    event: Event
    exchange: Exchange
    first: Received
    later: tuple[Received, ...]


def refused(books: Books) -> Iterator[Refused]:
    """Yield, for each request, its first delivery that was refused."""
    by_request: dict[int, list[tuple[Event, Exchange, tuple[Received, ...]]]] = {}
    for event, exchange, occurrence in told(books):
        entry = (event, exchange, occurrence.attempts)
        by_request.setdefault(exchange.request.number, []).append(entry)
    for entries in by_request.values():
        for event, exchange, attempts in entries:
            first = next((a for a in attempts if not accepted(a)), None)
            if first is None or first.delivery.truncated:
                continue
            others = [a for _, _, more in entries if more is not attempts for a in more]
            own, strange = (
                tuple(a for a in some if a.delivery.id > first.delivery.id)
                for some in (attempts, others)
            )
            yield Refused(event, exchange, first, own or strange)
            break


def retry(books: Books) -> Iterator[Judgement]:
    """What is not answered 2xx is sent again: soon, as the same event, with its own signature."""
    for case in refused(books):
        if "retries" not in case.event.trigger:
            continue
        number = case.exchange.request.number
        place = join(case.event.pointer, "x-trigger", "retries")
        if case.later:
            yield kept(join(place, "soon"), number)
            yield _same_event(books, case, place)
            yield from _own_signature(books, case)
        elif case.exchange.request.block == RETRY:
            delivery = case.first.delivery
            message = (
                f"delivery {delivery.id} was answered {delivery.status} and did not come again "
                f"within {books.deadline(case.event):g} s (--webhook-deadline)"
            )
            soon = join(place, "soon")
            yield broken(books, soon, case.exchange, message, received=case.first)


def _again(case: Refused) -> str:
    first, second = case.first.delivery, case.later[0].delivery
    return f"delivery {second.id}, sent after delivery {first.id} was answered {first.status},"


def _same_event(books: Books, case: Refused, pointer: str) -> Judgement:
    """Hold name, identity and echoes of the second attempt against the first."""
    trigger, second = case.event.trigger, case.later[0]
    compared = {trigger["event"]: "exact"}
    compared |= {stated["at"]: "exact" for stated in trigger.get("unique", ())}
    compared |= {stated["to"]: stated["compare"] for stated in trigger.get("echoes", ())}
    for place, compare in compared.items():
        before, after = (get(item.verdict.payload, place) for item in (case.first, second))
        if before is not after and not echoes(compare, before, after):
            shown = ["nothing" if v is MISSING else brief(v) for v in (after, before)]
            message = f"{_again(case)} has {shown[0]} at {place}, not {shown[1]}"
            return broken(books, pointer, case.exchange, message, instance=place, received=second)
    return kept(pointer, case.exchange.request.number)


def _own_signature(books: Books, case: Refused) -> Iterator[Judgement]:
    """Hold the signature of the second attempt against its own body."""
    scheme, second = case.event.signature, case.later[0]
    # Where the first is not valid either, that is a fault of every delivery, and told there.
    if scheme is None or case.first.verdict.signature != "valid":
        return
    if second.verdict.signature in ("valid", "unchecked"):
        yield kept(scheme.pointer, case.exchange.request.number)
        return
    delivery, secret = second.delivery, books.settings.webhook_secret or ""
    if verify(scheme, delivery.headers, case.first.delivery.body, secret) is None:
        why = "has another body, and the signature is that of the first attempt"
    else:
        found = (f.message for f in second.verdict.findings if f.check == "webhook-signature")
        why = f"is not signed as the first was: {next(found, 'its signature is another')}"
    message = f"{_again(case)} {why}"
    yield broken(books, scheme.pointer, case.exchange, message, received=second, apart="retry")
