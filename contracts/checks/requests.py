"""Whether each request was answered as the contract asks: accepted, refused, forbidden, taken."""

from collections.abc import Iterator

from contracts.books import Books, Judgement, broken, kept
from contracts.exchange import Exchange
from contracts.expectations import Expectation, expectation
from contracts.follow_ups import BURST, ISSUED, REPEAT
from contracts.freedoms import lacking
from openapi.pointer import join
from openapi.validation import Violation, brief


def judged(books: Books, *kinds: str) -> Iterator[tuple[Exchange, Expectation, int]]:
    """Yield what got an answer that says something: no 5xx, and no 429, which was waited out."""
    for exchange, status in books.answered:
        expected = expectation(books.contract, exchange.request, exchange.started)
        waited_out = status == _status(exchange, "burst")
        places = books.places[exchange.request.operation.id]
        if status in lacking(books.contract, exchange.request, places):
            continue
        if expected.kind in kinds and status < 500 and not waited_out:
            yield exchange, expected, status


def _status(exchange: Exchange, provocation: str) -> int | None:
    answer = exchange.request.operation.answer_to(provocation)
    return int(answer.status) if answer else None


def allowance(
    books: Books, exchange: Exchange, expected: Expectation, subject: str, what: str
) -> Judgement | None:
    allowance = expected.allowance(exchange.status)
    if allowance is None:
        return None
    if allowance.judged == "never":
        return kept(subject, exchange.request.number)
    message = (
        f"{exchange.request.named()} was answered {exchange.status}, which a service may do and "
        f"clients will not expect; {expected.status} {what}"
    )
    return broken(books, allowance.pointer, exchange, message, severity="warning")


def valid_request(books: Books) -> Iterator[Judgement]:
    """A valid request in the safe domain gets exactly the success status."""
    for exchange, expected, status in judged(books, "valid"):
        request = exchange.request
        unmarked = request.mark.encode() not in request.body
        may_be_taken = request.block in (REPEAT, ISSUED) or unmarked
        taken = status == _status(exchange, "repeated-request")
        if status == expected.status or (may_be_taken and taken):
            yield kept(expected.pointer, request.number)
        elif request.block != ISSUED:
            message = f"{request.named()} is valid and was answered {status}, not {expected.status}"
            yield broken(books, expected.pointer, exchange, message, apart=str(status))


def invalid_request(books: Books) -> Iterator[Judgement]:
    """A request that breaks the schema, or is not JSON, gets exactly the status for that."""
    cases = list(judged(books, "invalid"))
    alone = {_broken_keyword(e) for _, e, s in cases if s != e.status and len(e.violations) == 1}
    for exchange, expected, status in cases:
        request = exchange.request
        subject = _broken_keyword(expected)
        allowed = allowance(books, exchange, expected, subject, "was due")
        if status == expected.status:
            yield kept(subject, request.number)
        elif allowed is not None:
            yield allowed
        elif len(expected.violations) > 1 and alone & {v.pointer for v in expected.violations}:
            continue  # A smaller request has shown the same.
        elif expected.violations:
            violation = expected.violations[0]
            place = violation.instance or "the body"
            message = (
                f"{request.named()} breaks the schema ({place}: {violation.message}) "
                f"and was answered {status}, not {expected.status}"
            )
            # What was accepted is told apart from what was refused in another way.
            accepted = status == _status(exchange, "valid-request")
            pointer = violation.pointer if accepted else expected.pointer
            yield broken(
                books,
                pointer,
                exchange,
                message,
                subject=subject,
                instance=violation.instance,
                detail=violation.detail if accepted else "*",
                apart=_apart(violation) if accepted else str(status),
            )
        else:
            message = (
                f"{request.named()} is not JSON ({expected.problem}) "
                f"and was answered {status}, not {expected.status}"
            )
            yield broken(books, expected.pointer, exchange, message, apart=f"JSON {status}")


def _apart(violation: Violation) -> str:
    """Two properties that are not required are two faults; two wrong types of one are not."""
    return violation.detail if violation.keyword == "required" else ""


def _broken_keyword(expected: Expectation) -> str:
    return expected.violations[0].pointer if expected.violations else expected.pointer


def freedom(books: Books) -> Iterator[Judgement]:
    """What a service may refuse is accepted or refused as the contract allows, in no other way."""
    for exchange, expected, status in judged(books, "free"):
        request = exchange.request
        taken = status == _status(exchange, "repeated-request")
        allowed = allowance(books, exchange, expected, expected.pointer, "is what they expect")
        if status == expected.status or (taken and request.mark.encode() not in request.body):
            yield kept(expected.pointer, request.number)
        elif allowed is not None:
            yield allowed
        else:
            wanted = sorted({str(a.status) for a in expected.allowed} | {str(expected.status)})
            message = f"{request.named()} was answered {status}, not {' or '.join(wanted)}"
            yield broken(books, expected.pointer, exchange, message, apart=str(status))


def repeated_request(books: Books) -> Iterator[Judgement]:
    """What must not be there twice is refused with the status for it, or allowed twice."""
    for exchange, status in books.answered:
        answer = exchange.request.operation.answer_to("repeated-request")
        if exchange.request.block != REPEAT or answer is None or status >= 500:
            continue
        pointer = join(answer.pointer, "x-provoke")
        success = _status(exchange, "valid-request")
        if status in (int(answer.status), success, _status(exchange, "burst")):
            yield kept(pointer, exchange.request.number)
        else:
            message = (
                f"{exchange.request.named()} repeats "
                f"{', '.join(answer.provoke['keeping'])} of one that was accepted, and was "
                f"answered {status}, not {answer.status} or {success}"
            )
            yield broken(books, pointer, exchange, message, apart=str(status))


def rate_limit(books: Books) -> Iterator[Judgement]:
    """A burst beyond the documented rate is answered 429 at some point; asked for only."""
    burst = [e for e in books.exchanges if e.request.block == BURST and e.status is not None]
    if not burst:
        return
    operation = burst[0].request.operation
    answer = operation.answer_to("burst")
    if answer is None or operation.rate_limit is None:
        return
    pointer = join(operation.pointer, "x-rate-limit")
    if any(exchange.status == int(answer.status) for exchange in burst):
        yield kept(pointer, burst[0].request.number)
        return
    limit = operation.rate_limit
    message = (
        f"{len(burst)} requests in {burst[-1].ended - burst[0].started:.1f} s were all answered "
        f"without a {answer.status}; the limit is {limit['requests']} in {limit['seconds']} s: "
        f"{brief(sorted({e.status for e in burst if e.status}))}"
    )
    yield broken(books, pointer, burst[0], message)
