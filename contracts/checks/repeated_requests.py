"""What must not be there twice, one after the other and at once; and what comes too often."""

from collections.abc import Iterator

from contracts.checks.case_outcomes import status_of
from contracts.checks.judgement import Judgement, broken, doubtful, kept
from contracts.ledger.ledger import Books
from contracts.model.case import AT_ONCE, BURST, REPEAT
from contracts.model.exchange import Exchange
from openapi.contract import Response
from openapi.json_pointer import MISSING, get, join
from openapi.schema_validation import brief


def repeated_request(books: Books) -> Iterator[Judgement]:
    """What must not be there twice is refused with the status for it, or allowed twice."""
    for exchange, status in books.answered:
        answer = exchange.request.operation.answer_to("repeated-request")
        if exchange.request.block != REPEAT or answer is None or status >= 500:
            continue
        pointer = join(answer.pointer, "x-provoke")
        success = status_of(exchange, "valid-request")
        if status in (int(answer.status), success, status_of(exchange, "burst")):
            yield kept(pointer, exchange.request.case)
        else:
            message = (
                f"{exchange.request.named()} repeats "
                f"{', '.join(answer.provoke['keeping'])} of one that was accepted, and was "
                f"answered {status}, not {answer.status} or {success}"
            )
            yield broken(
                books,
                pointer,
                exchange,
                message,
                apart=str(status),
                expected=f"{answer.status} or {success}",
                came=f"answered {status}",
            )


def repeated_at_once(books: Books) -> Iterator[Judgement]:
    """Where a repetition is refused, of several at once exactly one is accepted."""
    groups: dict[int, list[Exchange]] = {}
    for exchange in books.exchanges:
        if exchange.request.block == AT_ONCE:
            groups.setdefault(exchange.request.together, []).append(exchange)
    for number, group in groups.items():
        answer = group[0].request.operation.answer_to("repeated-request")
        pointer = join(answer.pointer, "x-provoke", "at-once") if answer else ""
        if answer is None or get(books.contract.document, pointer) is MISSING:
            continue
        yield _at_once(books, answer, pointer, number, group)


def _at_once(
    books: Books, answer: Response, pointer: str, number: int, group: list[Exchange]
) -> Judgement:
    success = status_of(group[0], "valid-request")
    statuses = [exchange.status for exchange in group]
    accepted = [exchange for exchange in group if exchange.status == success]
    if not _refuses_repetition(books, answer):
        return doubtful(pointer, number, "the service allows a repetition")
    if set(statuses) - {success, int(answer.status)}:
        return doubtful(pointer, number, "something else came in between")
    if len(accepted) == 1:
        return kept(pointer, number)
    what = ", ".join(answer.provoke["keeping"])
    message = (
        f"{len(group)} requests at once, from {group[0].request.named()} on, had the same {what}: "
        f"{len(accepted)} were answered {success}, and one after the other a repetition is refused"
    )
    shown = accepted[-1] if accepted else group[0]
    return broken(
        books,
        pointer,
        shown,
        message,
        case=number,
        expected=f"one {success}, {answer.status} for the others",
        came=f"{len(accepted)} of {len(group)} answered {success}",
    )


def _refuses_repetition(books: Books, answer: Response) -> bool:
    repeated = [e.status for e in books.exchanges if e.request.block == REPEAT]
    return bool(repeated) and all(status == int(answer.status) for status in repeated)


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
        yield kept(pointer, burst[0].request.case)
        return
    limit = operation.rate_limit
    if not _exceeds(burst, limit["requests"], limit["seconds"]):
        why = f"the burst was too slow to exceed {limit['requests']} requests in "
        yield doubtful(pointer, burst[0].request.case, f"{why}{limit['seconds']} s")
        return
    message = (
        f"{len(burst)} requests in {burst[-1].ended - burst[0].started:.1f} s were all answered "
        f"without a {answer.status}; the limit is {limit['requests']} in {limit['seconds']} s: "
        f"{brief(sorted({e.status for e in burst if e.status}))}"
    )
    yield broken(
        books,
        pointer,
        burst[0],
        message,
        expected=f"a {answer.status} above {limit['requests']} requests in {limit['seconds']} s",
        came=f"none in {len(burst)} requests",
    )


def _exceeds(burst: list[Exchange], requests: int, seconds: float) -> bool:
    """Say whether more than so many requests lie wholly within so many seconds."""
    pairs = zip(burst, burst[requests:], strict=False)
    return any(last.ended - first.started <= seconds for first, last in pairs)
