"""What every answer must be: of a documented media type and shape, with its headers."""

from collections.abc import Iterator

from contracts.checks.judgement import Judgement, broken, kept
from contracts.expectations.constraints import json_place
from contracts.expectations.keywords import evaluated, key
from contracts.ledger.ledger import Books
from contracts.model.exchange import Answer, Exchange
from openapi.contract import Header, Response
from openapi.json_pointer import join
from openapi.media_type import MediaType
from openapi.media_type import parse as parse_media_type
from openapi.schema_validation import Violation, brief


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
        stated = answer.header("content-type")
        known = _media_type(answer)
        wanted = " or ".join(response.content)
        pointer = json_place(_schema(response, known))
        message = f"the {answer.status} to {exchange.request.named()} is"
        shown = brief(stated) if stated else "without a media type"
        if known is None or known.essence not in response.content:
            message = f"{message} {shown}, not {wanted}"
            # The same wrong type at several statuses is one fault: one handler writes them all.
            fault = f"media type {known.essence if known else stated}"
        elif not set(known.charsets) <= {"utf-8", "utf8"}:
            message, fault = f"{message} {shown}, not UTF-8", "charset"
        else:
            yield kept(pointer, exchange.request.number)
            continue
        place = "/content-type"
        yield broken(
            books,
            pointer,
            exchange,
            message,
            case=exchange.request.number,
            instance=place,
            fault=fault,
            expected=wanted,
            came=shown,
        )


def _schema(response: Response, known: MediaType | None) -> str:
    first = next(iter(response.content.values()))
    return response.content.get(known.essence, first) if known else first


def _media_type(answer: Answer) -> MediaType | None:
    return parse_media_type((answer.header("content-type") or "").encode(errors="replace"))


def schema(books: Books) -> Iterator[Judgement]:
    """The body of an answer is JSON that satisfies the documented schema."""
    for exchange, answer, response in _documented(books):
        known = _media_type(answer)
        if known is None or known.essence not in response.content:
            continue  # What it should look like is said of the documented media types alone.
        pointer = response.content[known.essence]
        number = exchange.request.number
        text = answer.json
        described = f"the {answer.status} to {exchange.request.named()}"
        if text.problem is not None:
            message = f"{described} is not JSON: {text.problem}"
            place = json_place(pointer)
            yield broken(
                books,
                place,
                exchange,
                message,
                case=number,
                fault="not JSON",
                expected="JSON",
                came=text.problem,
            )
            continue
        violations = books.contract.schema(pointer).violations(text.value)
        for violation in violations:
            where = violation.instance or "the body"
            yield broken(
                books,
                violation.pointer,
                exchange,
                f"{described}: {where} {_rule(violation)}",
                case=number,
                came=f"{where} {_rule(violation)}",
                instance=violation.instance,
                detail=violation.detail,
                apart=violation.detail,
            )
        spoilt = {key(violation.pointer, violation.detail) for violation in violations}
        for place, part in evaluated(books.contract, pointer, text.value):
            if (place, part) not in spoilt:
                yield kept(place, number, part)


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
    number = exchange.request.number
    required = join(header.pointer, "required")
    if stated is None:
        if header.required:
            message = f"{described} has no {header.name}"
            yield broken(books, required, exchange, message, case=number, instance=place)
        return
    if header.required:
        yield kept(required, number)
    value: object = int(stated) if header.is_integer and stated.isdecimal() else stated
    violations = books.contract.schema(header.schema).violations(value)
    for violation in violations:
        message = f"{described}: {header.name}: {violation.message}"
        yield broken(
            books, violation.pointer, exchange, message, case=number, instance=place, came=stated
        )
    spoilt = {violation.pointer for violation in violations}
    for pointer, part in evaluated(books.contract, header.schema, value):
        if pointer not in spoilt:
            yield kept(pointer, number, part)
