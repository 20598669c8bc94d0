"""Values that are shown once: each another one, in no other answer and in no delivery."""

from collections.abc import Iterator

from contracts.books import Books
from contracts.exchange import Exchange
from contracts.judgements import Judgement, broken, kept
from openapi.json_text import parse
from openapi.marked import marked
from openapi.pointer import get

SHORTEST = 8
"""A shorter value would be found by chance."""


def _shown(books: Books, keyword: str) -> Iterator[tuple[Exchange, str, str, str]]:
    """Yield each value that an answer holds at a place with `keyword`, and both places."""
    for exchange in books.exchanges:
        response = exchange.request.operation.responses.get(str(exchange.status))
        if exchange.answer is None or response is None or not response.content:
            continue
        schema = next(iter(response.content.values()))
        for place, pointer in marked(books.contract, schema, keyword):
            value = get(parse(exchange.answer.body).value, place)
            if isinstance(value, int) and not isinstance(value, bool):
                value = str(value)
            if isinstance(value, str) and value:
                yield exchange, place, pointer, value


def known_secrets(books: Books) -> list[str]:
    """Return every secret that took part in the run: those it was given, those it was shown."""
    shown = [value for _, _, _, value in _shown(books, "x-secret")]
    known = {value for value in (*books.settings.secrets, *shown) if len(value) >= SHORTEST}
    return sorted(known, key=len, reverse=True)


def unique_value(books: Books) -> Iterator[Judgement]:
    """A value that the contract calls unique is another one in every answer."""
    seen: dict[tuple[str, str], Exchange] = {}
    for exchange, place, pointer, value in _shown(books, "x-unique"):
        first = seen.setdefault((pointer, value), exchange)
        if first is exchange:
            yield kept(pointer, exchange.request.number)
        else:
            message = (
                f"{exchange.request.named()} was answered with the value at {place} that "
                f"{first.request.named()} had been answered with"
            )
            yield broken(books, pointer, exchange, message, instance=place)


def secret_kept(books: Books) -> Iterator[Judgement]:
    """No issued secret and no credential stands in another answer or in a delivery."""
    issued = [
        (exchange, pointer, value)
        for exchange, _, pointer, value in _shown(books, "x-secret")
        if len(value) >= SHORTEST
    ]
    owners = {value: (exchange, pointer) for exchange, pointer, value in reversed(issued)}
    if not issued:
        return
    fallback = issued[0][1]
    for token in books.settings.secrets:
        if len(token) >= SHORTEST:
            owners.setdefault(token, (issued[0][0], fallback))
    needles = [(value, value.encode(), *owner) for value, owner in owners.items()]
    for exchange in books.exchanges:
        if exchange.answer is None:
            continue
        where = f"the {exchange.answer.status} to {exchange.request.named()}"
        for value, _, pointer in _in_answer(exchange, needles):
            if owners[value][0] is not exchange or value in books.settings.secrets:
                message = f"{where} holds {_described(books, value)}"
                yield broken(books, pointer, exchange, message, apart="answer")
        yield kept(fallback, exchange.request.number)
    for item in books.received:
        delivery = item.delivery
        haystack = delivery.body + b"\n".join(value for _, value in delivery.headers)
        haystack += delivery.target.encode(errors="replace")
        for value, raw, _, pointer in needles:
            if raw in haystack:
                message = f"delivery {delivery.id} holds {_described(books, value)}"
                yield broken(
                    books,
                    pointer,
                    None,
                    message,
                    case=-delivery.id,
                    apart="delivery",
                    received=item,
                )
        yield kept(fallback, -delivery.id)


def _in_answer(
    exchange: Exchange, needles: list[tuple[str, bytes, Exchange, str]]
) -> Iterator[tuple[str, bytes, str]]:
    assert exchange.answer is not None
    haystack = exchange.answer.body + "\n".join(v for _, v in exchange.answer.headers).encode()
    for value, raw, _, pointer in needles:
        if raw in haystack:
            yield value, raw, pointer


def _described(books: Books, value: str) -> str:
    if value == books.settings.webhook_secret:
        return "the webhook secret"
    if value in books.settings.secrets:
        return "a credential that the run was given"
    return "a secret that another answer had shown once"
