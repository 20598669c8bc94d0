"""What every answer must be: there at all, no failure, of a documented shape."""

from collections.abc import Iterator

from contracts.books import Books, Judgement, broken, kept
from contracts.exchange import Answer, Exchange
from contracts.freedoms import shape_freedoms
from openapi.document import Header, Response
from openapi.json_text import parse
from openapi.media_type import MediaType
from openapi.media_type import parse as parse_media_type
from openapi.pointer import join
from openapi.validation import Violation, brief

LOST_BY_RACES = 2
"""More connections than these are not lost by races within one run."""


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
        yield broken(books, pointer, exchange, message, apart=failure.kind)


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
    for exchange, status in books.answered:
        pointer = _failure_pointer(exchange)
        # 501 is HTTP's own word for a method that is not known (RFC 9110, section 15.6.2).
        other_method = exchange.request.method != exchange.request.operation.method
        if status < 500 or (status == 501 and other_method):
            yield kept(pointer, exchange.request.number)
            continue
        message = f"{exchange.request.named()} was answered {status}"
        yield broken(books, pointer, exchange, message, apart=str(status))


def _documented(books: Books) -> Iterator[tuple[Exchange, Answer, Response]]:
    for exchange in books.exchanges:
        operation = exchange.request.operation
        response = operation.responses.get(str(exchange.status))
        if exchange.request.method != operation.method:
            continue
        if exchange.answer is not None and response is not None and response.content:
            yield exchange, exchange.answer, response


def media_type(books: Books) -> Iterator[Judgement]:
    """An answer has a documented media type; a charset, where given, is UTF-8."""
    for exchange, answer, response in _documented(books):
        pointer = join(response.pointer, "content")
        stated = answer.header("content-type")
        known = _media_type(answer)
        message = f"the {answer.status} to {exchange.request.named()} is"
        if known is None or known.essence not in response.content:
            shown = brief(stated) if stated else "without a media type"
            message = f"{message} {shown}, not {' or '.join(response.content)}"
            yield broken(books, pointer, exchange, message, instance="/content-type")
        elif not set(known.charsets) <= {"utf-8", "utf8"}:
            message = f"{message} {brief(stated)}, not UTF-8"
            place = "/content-type"
            yield broken(books, pointer, exchange, message, instance=place, apart="charset")
        else:
            yield kept(pointer, exchange.request.number)


def _media_type(answer: Answer) -> MediaType | None:
    return parse_media_type((answer.header("content-type") or "").encode(errors="replace"))


def schema(books: Books) -> Iterator[Judgement]:
    """The body of an answer is JSON that satisfies the documented schema."""
    for exchange, answer, response in _documented(books):
        known = _media_type(answer)
        first = next(iter(response.content.values()))
        pointer = response.content.get(known.essence, first) if known else first
        number = exchange.request.number
        text = parse(answer.body)
        described = f"the {answer.status} to {exchange.request.named()}"
        if text.problem is not None:
            message = f"{described} is not JSON: {text.problem}"
            place = join(response.pointer, "content")
            yield broken(books, place, exchange, message, subject=pointer, apart="not JSON")
            continue
        violations = books.contract.schema(pointer).violations(text.value)
        for violation in violations:
            message = f"{described}: {violation.instance or 'the body'} {_rule(violation)}"
            yield broken(
                books,
                violation.pointer,
                exchange,
                message,
                subject=pointer,
                instance=violation.instance,
                detail=violation.detail,
                apart=violation.detail,
            )
        if not violations:
            yield kept(pointer, number)


def _rule(violation: Violation) -> str:
    """Say what is broken without the value: an answer may hold a secret."""
    if violation.keyword == "required":
        return f"lacks {violation.detail!r}"
    if violation.keyword == "type":
        return f"is {violation.message.rpartition(' is ')[2]}"
    return f"breaks {violation.keyword}"


def headers(books: Books) -> Iterator[Judgement]:
    """The documented headers are there where they are required, and have their format."""
    for exchange, answer, response in _documented(books):
        for header in response.headers:
            yield from _header(books, exchange, answer, header)


def _header(
    books: Books, exchange: Exchange, answer: Answer, header: Header
) -> Iterator[Judgement]:
    described = f"the {answer.status} to {exchange.request.named()}"
    stated = answer.header(header.name)
    place = join("", header.name.lower())
    if stated is None:
        if header.required:
            message = f"{described} has no {header.name}"
            pointer = join(header.pointer, "required")
            yield broken(books, pointer, exchange, message, subject=header.schema, instance=place)
        return
    value: object = int(stated) if header.is_integer and stated.isdecimal() else stated
    violations = books.contract.schema(header.schema).violations(value)
    for violation in violations:
        message = f"{described}: {header.name}: {violation.message}"
        yield broken(
            books, violation.pointer, exchange, message, subject=header.schema, instance=place
        )
    if not violations:
        yield kept(header.schema, exchange.request.number)
