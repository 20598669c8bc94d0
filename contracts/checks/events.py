"""Whether there is one event for each success, in time, and none for anything else."""

from collections.abc import Iterator

from contracts.checks.judgement import Judgement, broken, kept
from contracts.ledger.ledger import Books, Occurrence, Received, triggered
from contracts.model.exchange import Exchange
from openapi.contract import Event
from openapi.json_pointer import join
from openapi.schema_validation import brief


def told(books: Books) -> Iterator[tuple[Event, Exchange, Occurrence]]:
    """Yield each event that a success brought about, with its exchange."""
    for exchange, occurrence in books.balance.pairs:
        event = triggered(books.contract, exchange)
        if event is not None:
            yield event, exchange, occurrence


def accepted(item: Received) -> bool:
    """Say whether a delivery was answered 2xx."""
    return 200 <= item.delivery.status < 300


def sent(books: Books) -> Iterator[Judgement]:
    """Every success brings its event about, before the deadline."""
    settings = books.settings
    if not settings.webhooks:
        return
    here = settings.sink_url or f"http://{settings.webhook_host}:{settings.webhook_port}/"
    for event, exchange, _ in told(books):
        yield kept(join(event.pointer, "x-trigger"), exchange.request.number)
    lacking = ((triggered(books.contract, e), e) for e in books.balance.missing)
    for event, exchange in [(event, e) for event, e in lacking if event is not None]:
        pointer = join(event.pointer, "x-trigger")
        if not books.received:
            message = (
                f"no delivery came at all, within {books.deadline(event):g} s of the last answer: "
                f"either the service sends none, or it sends them to another URL than {here}"
            )
        else:
            message = (
                f"{exchange.request.named()} was answered {exchange.status} and no event came "
                f"within {books.deadline(event):g} s (--webhook-deadline)"
            )
        yield broken(
            books,
            pointer,
            exchange,
            message,
            expected=f"one {event.name} within {books.deadline(event):g} s of the answer",
            came="none",
        )


def once(books: Books) -> Iterator[Judgement]:
    """A success brings about one event, not several with identities of their own."""
    seen: dict[int, int] = {}
    # What follows on a refused delivery may be meant as the same event, and is judged as that.
    refused = {e.request.number for _, e, o in told(books) if not all(map(accepted, o.attempts))}
    for event, exchange, occurrence in told(books):
        number = exchange.request.number
        if number in refused:
            continue
        pointer = join(event.pointer, "x-trigger")
        seen[number] = seen.get(number, 0) + 1
        if seen[number] == 1:
            yield kept(pointer, number)
        else:
            message = (
                f"{exchange.request.named()} brought about {seen[number]} events; the last is "
                f"delivery {occurrence.first.delivery.id}"
            )
            yield broken(books, pointer, exchange, message)


def uncalled(books: Books) -> Iterator[Judgement]:
    """Nothing but a success brings about an event."""
    if not books.contract.events:
        return
    for exchange, occurrence in books.balance.pairs:
        pointer = _trigger(books, occurrence)
        number, delivery = exchange.request.number, occurrence.first.delivery
        if triggered(books.contract, exchange) or exchange.failure is not None:
            yield kept(pointer, number)
            continue
        message = (
            f"delivery {delivery.id} tells of {exchange.request.named()}, "
            f"which was answered {exchange.status}"
        )
        yield broken(books, pointer, exchange, message, apart="refused")
    for occurrence in books.balance.foreign:
        pointer = _trigger(books, occurrence)
        delivery = occurrence.first.delivery
        message = (
            f"delivery {delivery.id} ({brief(delivery.method)} {brief(delivery.target)}) "
            f"belongs to no request of this run"
        )
        yield broken(books, pointer, None, message, case=-delivery.id, apart="foreign")


def _trigger(books: Books, occurrence: Occurrence) -> str:
    """Return where the trigger of the event stands, of the first if the payload names none."""
    event = occurrence.first.verdict.event or books.contract.events[0]
    return join(event.pointer, "x-trigger")


def late(books: Books) -> Iterator[Judgement]:
    """An event comes before the deadline."""
    for event, exchange, occurrence in told(books):
        pointer = join(event.pointer, "x-trigger", "deadline")
        took = occurrence.first.delivery.received_at - exchange.ended
        if took <= books.deadline(event):
            yield kept(pointer, exchange.request.number)
            continue
        message = (
            f"delivery {occurrence.first.delivery.id} came {took:.1f} s after the answer to "
            f"{exchange.request.named()}; the deadline is {books.deadline(event):g} s "
            f"(--webhook-deadline)"
        )
        yield broken(books, pointer, exchange, message)


def repeated(books: Books) -> Iterator[Judgement]:
    """An event that was received is not sent again."""
    for event, exchange, occurrence in told(books):
        pointer = join(event.pointer, "x-trigger", "repeats")
        taken = [accepted(item) for item in occurrence.attempts]
        first = taken.index(True) if True in taken else len(taken)
        extra = occurrence.attempts[first + 1 :]
        if not extra or "repeats" not in event.trigger:
            yield kept(pointer, exchange.request.number)
            continue
        received = occurrence.attempts[first].delivery
        message = (
            f"delivery {extra[0].delivery.id} is delivery {received.id} once more, "
            f"which had been answered {received.status}"
        )
        yield broken(books, pointer, exchange, message, received=extra[0])
