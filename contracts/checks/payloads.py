"""What a payload says, held against the request that brought it about."""

import re
from collections.abc import Iterator
from typing import Any

from contracts.books import Books
from contracts.checks.webhooks import told
from contracts.exchange import Exchange
from contracts.expectations import expectation
from contracts.freedoms import matching
from contracts.judgements import Judgement, broken, kept
from contracts.ledger import Occurrence
from openapi.document import Event
from openapi.expression import parse
from openapi.formats import instant
from openapi.pointer import MISSING, get, join
from openapi.validation import brief, type_name


def echo(books: Books) -> Iterator[Judgement]:
    """The payload says of the request what the request said."""
    for event, exchange, occurrence in told(books):
        expected = expectation(books.contract, exchange.request, exchange.started)
        body = exchange.request.json
        # What an invalid request means, once it was accepted, nobody can say.
        if expected.violations or body.problem is not None or body.duplicate_keys:
            continue
        free = matching(books.contract, exchange.request, exchange.started)
        for index, stated in enumerate(event.trigger.get("echoes", ())):
            if parse(stated["from"]).where not in free:
                yield _echo(books, event, index, exchange, occurrence)


def _echo(
    books: Books, event: Event, index: int, exchange: Exchange, occurrence: Occurrence
) -> Judgement:
    stated = event.trigger["echoes"][index]
    pointer = join(event.pointer, "x-trigger", "echoes", index)
    sent = parse(stated["from"]).of(exchange.request.json.value)
    came = get(occurrence.payload, stated["to"])
    if sent is MISSING or sent is None:
        sent = stated.get("absent")
    if came is MISSING:
        came = None if sent is None else MISSING
    other_type = None not in (came, sent) and type_name(came) != type_name(sent)
    if came is MISSING or other_type:
        return kept(pointer, exchange.request.number)  # The schema's to say.
    if _echoes(stated["compare"], sent, came):
        return kept(pointer, exchange.request.number)
    message = (
        f"delivery {occurrence.first.delivery.id} has {brief(came)} at {stated['to']}; "
        f"{exchange.request.named()} had sent {brief(sent)}"
    )
    return broken(books, pointer, exchange, message, instance=stated["to"])


def _echoes(compare: str, sent: Any, came: Any) -> bool:
    if sent is None or came is None:
        return sent is came
    if compare == "set" and isinstance(sent, list) and isinstance(came, list):
        return {brief(item, 10**6) for item in sent} == {brief(item, 10**6) for item in came}
    if compare == "instant":
        meant, told = instant(sent), instant(came)
        if meant is None or told is None:
            return True  # The schema's to say.
        # To the millisecond, or as precise as the payload writes its dates where that is less.
        digits = len(re.sub(r"^[^.]*\.?(\d*).*$", r"\1", came))
        precision = 10 ** (9 - min(digits, 3)) if meant % 10**9 else 10**6
        return abs(meant - told) < precision
    return bool(sent == came)


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
