"""Whether each request was answered as the contract asks: accepted, refused, forbidden, taken.

What is answered about something that does not exist."""

from collections.abc import Iterator

from contracts.checks.case_outcomes import Decided, allowance, decided, status_of
from contracts.checks.judgement import Judgement, broken, doubtful, kept
from contracts.expectations.ambiguity import MAY_BE_TAKEN, TRIES, may_not_be_taken, taken
from contracts.expectations.constraints import json_place
from contracts.ledger.ledger import Books
from contracts.model.case import ISSUED
from openapi.schema_validation import Violation


def valid_request(books: Books) -> Iterator[Judgement]:
    """A valid request in the safe domain gets exactly the success status."""
    refused_as_taken = []
    for case in decided(books, "valid"):
        request, pointer = case.exchange.request, case.expected.pointer
        is_taken = case.status == taken(request)
        if case.status == case.expected.status or (is_taken and request.block in MAY_BE_TAKEN):
            yield kept(pointer, case.case)
        elif is_taken and not may_not_be_taken(request):
            yield doubtful(pointer, case.case, "so short a name may have been taken before")
        elif is_taken and case.doubt:
            refused_as_taken.append(case)
        elif request.block != ISSUED:
            yield _not_accepted(books, case)
    # Never used names that are called taken now and then: one may be a leftover, three are not.
    for case in refused_as_taken:
        if len(refused_as_taken) >= TRIES:
            yield _not_accepted(books, case)
        else:
            yield doubtful(case.expected.pointer, case.case, case.doubt)


def _not_accepted(books: Books, case: Decided) -> Judgement:
    request, expected = case.exchange.request, case.expected
    return broken(
        books,
        expected.pointer,
        case.exchange,
        f"{request.named()} is valid and was {case.answered}, not {expected.status}",
        apart=str(case.status),
        expected=f"{expected.status}: the request is valid",
        came=case.answered,
    )


def invalid_request(books: Books) -> Iterator[Judgement]:
    """A request that breaks the schema, or is not JSON, gets exactly the status for that."""
    cases = list(decided(books, "invalid"))
    alone = {
        c.expected.violations[0].pointer
        for c in cases
        if c.status != c.expected.status and len(c.expected.violations) == 1
    }
    for case in cases:
        expected = case.expected
        if case.doubt:
            yield from (
                doubtful(place, case.case, case.doubt, part) for place, part in _tried(case)
            )
        elif case.status == expected.status:
            yield from (kept(place, case.case, part) for place, part in _tried(case))
        elif (allowed := allowance(books, case, "was due")) is not None:
            yield allowed
        elif len(expected.violations) > 1 and alone & {v.pointer for v in expected.violations}:
            continue  # A smaller request has shown the same.
        else:
            yield _not_refused(books, case)


def _tried(case: Decided) -> Iterator[tuple[str, str]]:
    """Yield the constraints that a refusal of the case shows to be enforced.

    A request that breaks several keywords may have been refused for any one of them.
    """
    yield case.expected.pointer, "*"
    if case.expected.problem is not None:
        yield json_place(next(iter(case.exchange.request.operation.content.values()))), "*"
    elif len(case.expected.violations) == 1:
        violation = case.expected.violations[0]
        yield violation.pointer, violation.detail


def _not_refused(books: Books, case: Decided) -> Judgement:
    request, expected = case.exchange.request, case.expected
    violation = next(iter(expected.violations), None)
    # What was accepted is told apart from what was refused in another way.
    accepted = violation is not None and case.status == status_of(case.exchange, "valid-request")
    pointer, detail = expected.pointer, "*"
    if violation is None:
        what, instance, apart = f"is not JSON ({expected.problem})", None, f"JSON {case.status}"
    else:
        where = violation.instance or "the body"
        what, instance = f"breaks the schema ({where}: {violation.message})", violation.instance
        apart = _apart(violation) if accepted else str(case.status)
    if accepted and violation is not None:
        pointer, detail = violation.pointer, violation.detail
    return broken(
        books,
        pointer,
        case.exchange,
        f"{request.named()} {what} and was {case.answered}, not {expected.status}",
        instance=instance,
        detail=detail,
        apart=apart,
        expected=f"{expected.status}: the body {what}",
        came=case.answered,
    )


def _apart(violation: Violation) -> str:
    """Two properties that are not required are two faults; two wrong types of one are not."""
    return violation.detail if violation.keyword == "required" else ""


def freedom(books: Books) -> Iterator[Judgement]:
    """What a service may refuse is accepted or refused as the contract allows, in no other way."""
    for case in decided(books, "free"):
        request, expected = case.exchange.request, case.expected
        is_taken = case.status == taken(request) and not may_not_be_taken(request)
        if case.status == expected.status or is_taken:
            yield kept(expected.pointer, case.case)
        elif case.doubt:
            yield doubtful(expected.pointer, case.case, case.doubt)
        elif (allowed := allowance(books, case, "is what they expect")) is not None:
            yield allowed
        else:
            statuses = sorted({str(a.status) for a in expected.allowed} | {str(expected.status)})
            wanted = " or ".join(statuses)
            message = f"{request.named()} was {case.answered}, not {wanted}"
            yield broken(
                books,
                expected.pointer,
                case.exchange,
                message,
                apart=str(case.status),
                expected=wanted,
                came=case.answered,
            )


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
