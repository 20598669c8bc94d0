"""What is answered about something that does not exist."""

from collections.abc import Iterator

from contracts.books import Books
from contracts.checks.decided import decided
from contracts.judgements import Judgement, broken, kept


def unknown_resource(books: Books) -> Iterator[Judgement]:
    """A request about what no answer has named gets the status for what is unknown."""
    for case in decided(books, "unknown"):
        request, expected = case.exchange.request, case.expected
        if case.status == expected.status:
            yield kept(expected.pointer, case.case)
            continue
        yield broken(
            books,
            expected.pointer,
            case.exchange,
            f"{request.named()} asks for what nothing has named, and was {case.answered}, "
            f"not {expected.status}",
            apart=str(case.status),
            expected=f"{expected.status}: there is no such thing",
            came=case.answered,
        )
