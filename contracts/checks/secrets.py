"""Values that are shown once: each another one, in no other answer and in no delivery."""

from collections.abc import Iterator

from contracts.checks.encodings import readings
from contracts.checks.judgement import Judgement, broken, kept
from contracts.ledger.ledger import Books
from contracts.model.exchange import Answer, Exchange
from openapi.extensions import marked
from openapi.json_pointer import get
from webhook_sink.delivery import Delivery

SHORTEST = 8
"""A shorter value would be found by chance."""


def shown(books: Books, keyword: str) -> Iterator[tuple[Exchange, str, str, str]]:
    """Yield each value that an answer holds at a place with `keyword`, and both places."""
    for exchange in books.exchanges:
        response = exchange.request.operation.responses.get(str(exchange.status))
        if exchange.answer is None or response is None or not response.content:
            continue
        schema = next(iter(response.content.values()))
        for place, pointer in marked(books.contract, schema, keyword):
            value = get(exchange.answer.json.value, place)
            if isinstance(value, int) and not isinstance(value, bool):
                value = str(value)
            if isinstance(value, str) and value:
                yield exchange, place, pointer, value


def known_secrets(books: Books) -> list[str]:
    """Return every secret that took part in the run: those it was given, those it was shown."""
    issued = [value for _, _, _, value in shown(books, "x-secret")]
    known = {value for value in (*books.settings.secrets, *issued) if len(value) >= SHORTEST}
    return sorted(known, key=len, reverse=True)


def unique_value(books: Books) -> Iterator[Judgement]:
    """A value that the contract calls unique is another one in every answer."""
    seen: dict[tuple[str, str], Exchange] = {}
    for exchange, place, pointer, value in shown(books, "x-unique"):
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
    fallback = _place(books)
    if fallback is None:
        return
    issued: dict[str, tuple[Exchange | None, str]] = {}
    for exchange, _, pointer, value in shown(books, "x-secret"):
        issued.setdefault(value, (exchange, pointer))
    given: dict[str, tuple[Exchange | None, str]]
    given = dict.fromkeys(books.settings.secrets, (None, fallback))
    # What the run was given has no answer in which it may stand.
    owners = {v: owner for v, owner in {**issued, **given}.items() if len(v) >= SHORTEST}
    needles = [(value, value.encode(errors="replace")) for value in owners]
    if not needles:
        return
    for exchange in books.exchanges:
        if exchange.answer is None:
            continue
        text = readings(_text_of_answer(exchange.answer))
        for value in (value for value, raw in needles if raw in text):
            owner, pointer = owners[value]
            if owner is not exchange:
                where = f"the {exchange.answer.status} to {exchange.request.named()}"
                message = f"{where} holds {_described(books, value)}"
                yield broken(books, pointer, exchange, message, apart="answer")
        yield kept(fallback, exchange.request.number)
    for item in books.received:
        text = readings(_text_of_delivery(item.delivery))
        number = item.delivery.id
        for value in (value for value, raw in needles if raw in text):
            message = f"delivery {number} holds {_described(books, value)}"
            pointer = owners[value][1]
            yield broken(
                books, pointer, None, message, case=-number, apart="delivery", received=item
            )
        yield kept(fallback, -number)


def _place(books: Books) -> str | None:
    """Return where the contract says what is secret: of an answer, or else of the credentials."""
    for operation in books.contract.operations:
        for response in operation.responses.values():
            for schema in response.content.values():
                for _, pointer in marked(books.contract, schema, "x-secret"):
                    return pointer
    schemes = [f"/components/securitySchemes/{o.scheme}" for o in books.contract.operations
               if o.scheme]  # fmt: skip
    signatures = [e.signature.pointer for e in books.contract.events if e.signature]
    return next(iter((*schemes, *signatures)), None)


def _text_of_answer(answer: Answer) -> bytes:
    pairs = [f"{name}: {value}" for name, value in answer.headers]
    return b"\n".join((answer.body, "\n".join(pairs).encode(errors="replace")))


def _text_of_delivery(delivery: Delivery) -> bytes:
    pairs = [name + b": " + value for name, value in delivery.headers]
    target = delivery.target.encode("latin-1", "replace")
    return b"\n".join((delivery.body, target, *pairs))


def _described(books: Books, value: str) -> str:
    if value == books.settings.webhook_secret:
        return "the webhook secret"
    if value in books.settings.secrets:
        return "a credential that the run was given"
    return "a secret that another answer had shown once"
