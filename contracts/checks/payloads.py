"""What a payload says, held against the request that brought it about."""

from collections.abc import Iterator

from contracts.checks.events import told
from contracts.checks.judgement import Judgement, broken, kept
from contracts.echoes.comparison import Owners, agree, both, note, owners
from contracts.expectations.expectation import expectation
from contracts.expectations.freedoms import matching
from contracts.ledger.ledger import Books, Occurrence
from contracts.model.exchange import Exchange, Request
from openapi.contract import Event
from openapi.json_pointer import MISSING, get, join
from openapi.runtime_expression import parse
from openapi.schema_validation import brief


def echo(books: Books) -> Iterator[Judgement]:
    """The payload says of the request what the request said."""
    known: dict[str, Owners] = {}
    for event, exchange, occurrence in told(books):
        expected = expectation(books.contract, exchange.request, exchange.started)
        # What an invalid request means, once it was accepted, nobody can say.
        if expected.violations or expected.problem is not None or _unclear(exchange.request):
            continue
        if event.name not in known:
            known[event.name] = owners(event, books.exchanges)
        free = matching(books.contract, exchange.request, exchange.started)
        for index, stated in enumerate(event.trigger.get("echoes", ())):
            source = parse(stated["from"])
            if not (source.in_request_body and source.where in free):
                yield _echo(books, event, index, exchange, occurrence, known[event.name])


def _unclear(request: Request) -> bool:
    """Say whether the body may mean several things, or nothing."""
    body = request.json
    return bool(request.body) and (body.problem is not None or body.duplicate_keys)


def _echo(
    books: Books,
    event: Event,
    index: int,
    exchange: Exchange,
    occurrence: Occurrence,
    known: Owners,
) -> Judgement:
    stated = event.trigger["echoes"][index]
    pointer = join(event.pointer, "x-trigger", "echoes", index)
    sent, came = both(stated, exchange, occurrence.payload)
    if agree(stated["compare"], sent, came):
        return kept(pointer, exchange.request.number)
    why = note(stated, exchange, sent, came, known)
    who = "had sent" if parse(stated["from"]).message == "request" else "had been answered"
    message = (
        f"delivery {occurrence.first.delivery.id} has {brief(came)} at {stated['to']} ({why}); "
        f"{exchange.request.named()} {who} {brief(sent)}"
    )
    return broken(
        books,
        pointer,
        exchange,
        message,
        instance=stated["to"],
        received=occurrence.first,
        expected=f"{brief(sent)} at {stated['to']}",
        came=f"{brief(came)} ({why})",
    )


def equal(books: Books) -> Iterator[Judgement]:
    """Places of the payload that the contract calls equal are equal."""
    for event, exchange, occurrence in told(books):
        for index, stated in enumerate(event.trigger.get("equal", ())):
            pointer = join(event.pointer, "x-trigger", "equal", index)
            one, other = (get(occurrence.payload, place) for place in stated["at"])
            if one == other or one is MISSING or other is MISSING:
                yield kept(pointer, exchange.request.number)
                continue
            message = (
                f"delivery {occurrence.first.delivery.id} has {brief(one)} at {stated['at'][0]} "
                f"and {brief(other)} at {stated['at'][1]}"
            )
            yield broken(books, pointer, exchange, message, instance=stated["at"][1])


def unique(books: Books) -> Iterator[Judgement]:
    """What identifies an event's subject is another one for every success."""
    owners: dict[tuple[str, str], Exchange] = {}
    for event, exchange, occurrence in told(books):
        for index, stated in enumerate(event.trigger.get("unique", ())):
            pointer = join(event.pointer, "x-trigger", "unique", index)
            value = get(occurrence.payload, stated["at"])
            if value is MISSING:
                continue
            first = owners.setdefault((pointer, brief(value, 10**6)), exchange)
            if first is exchange:
                yield kept(pointer, exchange.request.number)
                continue
            message = (
                f"{exchange.request.named()} and {first.request.named()} "
                f"share {brief(value)} at {stated['at']}"
            )
            yield broken(books, pointer, exchange, message, instance=stated["at"])
