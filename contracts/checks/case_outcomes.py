"""Each case with the answer that decides it, and what a service may answer besides."""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.checks.judgement import Judgement, broken, kept
from contracts.expectations.ambiguity import TRIES, in_doubt
from contracts.expectations.expectation import Expectation, expectation
from contracts.expectations.freedoms import lacking
from contracts.ledger.ledger import Books
from contracts.model.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Decided:
    """A case, and the answer that decides it."""

    exchange: Exchange
    expected: Expectation
    status: int
    doubt: str = ""
    """Why the answer decides nothing."""

    @property
    def case(self) -> int:
        """The case's number."""
        return self.exchange.request.case

    @property
    def answered(self) -> str:
        """What came, in a few words."""
        return f"answered {self.status}"


def decided(books: Books, *kinds: str) -> Iterator[Decided]:
    """Yield each case of these kinds that got an answer which says something.

    A 5xx is judged apart, a 429 was waited out, and permissions that the caller itself does not
    hold may be refused.
    """
    for tries in books.cases.values():
        first = tries[0]
        expected = expectation(books.contract, first.request, first.started)
        telling = [e for e in tries if expected.kind in kinds and _tells(books, e)]
        if not telling:
            continue
        firm = next((e for e in telling if not in_doubt(books.contract, e)), None)
        statuses = {e.status for e in telling}
        settled = len(telling) >= TRIES and len(statuses) == 1
        exchange = firm or telling[0]
        assert exchange.status is not None
        doubt = f"answered {exchange.status}, which may be about something else"
        yield Decided(exchange, expected, exchange.status, "" if firm or settled else doubt)


def _tells(books: Books, exchange: Exchange) -> bool:
    status = exchange.status
    if status is None or status >= 500 or status == status_of(exchange, "burst"):
        return False
    places = books.places[exchange.request.operation.id]
    return status not in lacking(books.contract, exchange.request, places)


def status_of(exchange: Exchange, provocation: str) -> int | None:
    """Return the status that the operation documents for `provocation`."""
    answer = exchange.request.operation.answer_to(provocation)
    return int(answer.status) if answer else None


def allowance(books: Books, case: Decided, what: str) -> Judgement | None:
    """Return what is to be said of an answer that a service may give, or None if it may not."""
    allowed = case.expected.allowance(case.status)
    if allowed is None:
        return None
    if allowed.judged == "never":
        return kept(case.expected.pointer, case.case)
    message = (
        f"{case.exchange.request.named()} was answered {case.status}, which a service may do "
        f"({books.contract.at(allowed.pointer)['name']}) and clients will not expect; "
        f"{case.expected.status} {what}"
    )
    return broken(
        books,
        allowed.pointer,
        case.exchange,
        message,
        severity="warning",
        expected=f"{case.expected.status} {what}",
        came=case.answered,
    )
