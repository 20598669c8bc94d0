"""Whether the service answered at all, and did not fail."""

from collections.abc import Iterator

from contracts.checks.judgement import Judgement, broken, kept
from contracts.expectations.expectation import expectation
from contracts.expectations.freedoms import shape_freedoms
from contracts.ledger.ledger import Books
from contracts.model.exchange import Exchange
from openapi.json_pointer import join

LOST_BY_RACES = 2
"""More connections than these are not lost by races within one run."""
MOST_CAUSES = 5
"""More causes of a failure than these are told as one."""


def _failure_pointer(exchange: Exchange) -> str:
    operation = exchange.request.operation
    answer = operation.answer_to("failure-only")
    return join(answer.pointer, "x-provoke") if answer else join(operation.pointer, "responses")


def no_answer(books: Books) -> Iterator[Judgement]:
    """Every request is answered, in HTTP, in time, with a body that ends."""
    # A connection may be lost by a race, which is nobody's fault, and not often.
    lost = sum(1 for exchange in books.exchanges if exchange.repeated)
    for exchange in books.exchanges:
        pointer = _failure_pointer(exchange)
        by_a_race = exchange.repeated and lost <= LOST_BY_RACES
        if exchange.failure is None or by_a_race or _refused_unread(exchange):
            yield kept(pointer, exchange.request.number)
            continue
        failure = exchange.failure
        message = f"{exchange.request.named()} got no answer: {failure.message}"
        yield broken(
            books,
            pointer,
            exchange,
            message,
            apart=failure.kind,
            expected="an answer",
            came=failure.message,
        )


def _refused_unread(exchange: Exchange) -> bool:
    """Say whether a body over the limit was refused by closing the connection before it was read.

    The answer, sent before the close, is lost on the way then (RFC 9112, section 9.6).
    """
    failure, request = exchange.failure, exchange.request
    return (
        failure is not None
        and (failure.kind, failure.status) == ("lost", None)
        and any("over-bytes" in f["body"] for _, f in shape_freedoms(request, request.json))
    )


def server_failure(books: Books) -> Iterator[Judgement]:
    """No request is answered 5xx: that is a failure of the service, whatever was sent."""
    failed: list[tuple[Exchange, int, str]] = []
    for exchange, status in books.answered:
        # 501 is HTTP's own word for a method that is not known (RFC 9110, section 15.6.2).
        other_method = exchange.request.method != exchange.request.operation.method
        if status < 500 or (status == 501 and other_method):
            yield kept(_failure_pointer(exchange), exchange.request.number)
        else:
            failed.append((exchange, status, _brought_about(books, exchange)))
    # Several causes are several faults; very many are one service that fails at anything.
    many = len({cause for _, _, cause in failed}) > MOST_CAUSES
    answered = sum(1 for _ in books.answered)
    nothing_else = "; so was every other request: look into the service's log first"
    for exchange, status, cause in failed:
        yield broken(
            books,
            _failure_pointer(exchange),
            exchange,
            f"{exchange.request.named()} was answered {status}"
            f"{nothing_else if len(failed) == answered else ''}",
            apart=f"{status}" if many else f"{status} {cause}",
            expected="no 5xx, whatever is sent",
            came=f"answered {status}",
        )


def _brought_about(books: Books, exchange: Exchange) -> str:
    """Say what about the request seems to have brought the failure about, the same in each run."""
    expected = expectation(books.contract, exchange.request, exchange.started)
    if expected.problem is not None:
        return "not JSON"
    if expected.violations:
        return expected.violations[0].pointer
    return expected.allowed[0].pointer if expected.kind == "free" else expected.kind
