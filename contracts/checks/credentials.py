"""Whether each credential was taken for what it is."""

from collections.abc import Iterator

from contracts.books import Books, Judgement, broken, kept
from contracts.checks.requests import allowance, judged
from contracts.exchange import Exchange
from contracts.expectations import Expectation
from contracts.follow_ups import ISSUED
from openapi.marked import marked


def credential_refused(books: Books) -> Iterator[Judgement]:
    """A credential that is missing, malformed, expired or unverifiable is refused."""
    yield from _credential(books, "refused")


def permission_required(books: Books) -> Iterator[Judgement]:
    """A credential that is valid and lacks the permission is told so."""
    yield from _credential(books, "forbidden")


def _credential(books: Books, kind: str) -> Iterator[Judgement]:
    wrong: dict[int, list[tuple[Exchange, Expectation]]] = {}
    for exchange, expected, status in judged(books, kind):
        allowed = allowance(books, exchange, expected, expected.pointer, "was due")
        if status == expected.status:
            yield kept(expected.pointer, exchange.request.number)
        elif allowed is not None:
            yield allowed
        else:
            wrong.setdefault(status, []).append((exchange, expected))
    for status, cases in wrong.items():
        kinds = list(dict.fromkeys(exchange.request.credential.kind for exchange, _ in cases))
        for exchange, expected in cases:
            message = f"{exchange.request.named()} was answered {status}, not {expected.status}"
            if len(kinds) > 1:
                message += f"; so were these credentials: {', '.join(kinds)}"
            yield broken(books, expected.pointer, exchange, message, apart=str(status))


def issued_credential(books: Books) -> Iterator[Judgement]:
    """A credential that the service issued is good for what was asked for."""
    for exchange, expected, status in judged(books, "valid"):
        request = exchange.request
        if request.block != ISSUED:
            continue
        pointer = _issuing(books, exchange)
        if status == expected.status:
            yield kept(pointer, request.number)
        else:
            message = (
                f"{request.named()} was made with a credential that the service had issued with "
                f"this permission, and was answered {status}, not {expected.status}"
            )
            yield broken(books, pointer, exchange, message)


def _issuing(books: Books, exchange: Exchange) -> str:
    """Return where the contract says that a success issues a credential."""
    success = exchange.request.operation.answer_to("valid-request")
    assert success is not None, "only an operation that issues credentials has this block"
    schema = next(iter(success.content.values()))
    _, pointer = next(marked(books.contract, schema, "x-credential"))
    return pointer
