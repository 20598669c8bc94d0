"""Whether each credential was taken for what it is."""

from collections.abc import Iterator
from http import HTTPStatus

from contracts.checks.case_outcomes import Decided, allowance, decided
from contracts.checks.judgement import Judgement, broken, doubtful, kept
from contracts.checks.secrets import shown
from contracts.ledger.ledger import Books
from contracts.model.case import ISSUED as ISSUED_BLOCK
from contracts.model.credential_kinds import ISSUED
from contracts.model.exchange import Exchange
from openapi.extensions import marked

BYPASSES = {
    "absent": "who shows no credential is let through",
    "malformed": "whatever text is shown for a credential is let through",
}
"""What it says of a service that it always accepts such a credential; the first tells most."""
LEEWAY = 600.0
"""Seconds after its expiry in which a token may still be taken for valid: clocks differ."""


def credential_refused(books: Books) -> Iterator[Judgement]:
    """A credential that is missing, malformed, expired or unverifiable is refused."""
    yield from _credential(books, "refused")


def permission_required(books: Books) -> Iterator[Judgement]:
    """A credential that is valid and lacks the permission is told so."""
    yield from _credential(books, "forbidden")


def _credential(books: Books, kind: str) -> Iterator[Judgement]:
    wrong: dict[int, list[Decided]] = {}
    refused: set[tuple[str, str]] = set()
    useless = _refusals_of_good_ones(books)
    for case in decided(books, kind):
        tried = case.exchange.request.credential.kind
        if case.status == case.expected.status:
            refused.add((case.exchange.request.operation.id, tried))
            yield kept(case.expected.pointer, case.case, tried)
        elif (allowed := allowance(books, case, "was due")) is not None:
            yield allowed
        elif _within_leeway(case.exchange):
            why = "accepted so shortly after its expiry that clocks may differ (RFC 7519, 4.1.4)"
            yield doubtful(case.expected.pointer, case.case, why, tried)
        elif tried in ISSUED and case.expected.kind == "forbidden" and case.status in useless:
            why = "answered as an issued credential was that has the permission"
            yield doubtful(case.expected.pointer, case.case, why, tried)
        else:
            wrong.setdefault(case.status, []).append(case)
    for status, cases in wrong.items():
        kinds = list(dict.fromkeys(case.exchange.request.credential.kind for case in cases))
        for case in cases:
            request, expected = case.exchange.request, case.expected
            message = f"{request.named()} was {case.answered}, not {expected.status}"
            if status < HTTPStatus.MULTIPLE_CHOICES:
                message += _bypass(case, cases, refused)
            others = [kind for kind in kinds if kind != request.credential.kind]
            if others:
                message += f"; so were these credentials: {', '.join(others)}"
            yield broken(
                books,
                expected.pointer,
                case.exchange,
                message,
                detail=request.credential.kind,
                fault=f"{expected.pointer} {status}",
                expected=f"{expected.status} for a credential that is {request.credential.kind}",
                came=case.answered,
            )


def _bypass(case: Decided, accepted: list[Decided], refused: set[tuple[str, str]]) -> str:
    """Return what the operation of `case` lets through, in words; empty if that says too much.

    `refused` are the kinds of credentials that an operation refused at least once, by its id.
    """
    asked = case.exchange.request.operation.id
    tried = (
        (c.exchange.request.operation.id, c.exchange.request.credential.kind) for c in accepted
    )
    found = {kind for operation, kind in {*tried} - refused if operation == asked}
    return next((f": {BYPASSES[kind]}" for kind in BYPASSES if kind in found), "")


def _refusals_of_good_ones(books: Books) -> set[int]:
    """Return the statuses by which issued credentials were refused that have the permission.

    Then they are good for nothing, and the answer to one that lacks it says no more.
    """
    return {
        case.status
        for case in decided(books, "valid")
        if case.exchange.request.block == ISSUED_BLOCK and case.status != case.expected.status
    }


def _within_leeway(exchange: Exchange) -> bool:
    expired = exchange.request.credential.expired_at
    return expired is not None and exchange.started - expired < LEEWAY


def issued_credential(books: Books) -> Iterator[Judgement]:
    """A credential that the service issued is good for what was asked for."""
    yield from _unusable(books)
    for case in decided(books, "valid"):
        request, expected = case.exchange.request, case.expected
        if request.block != ISSUED_BLOCK:
            continue
        pointer = _issuing(books, case.exchange)
        if case.status == expected.status:
            yield kept(pointer, case.case)
        else:
            message = (
                f"{request.named()} was made with a credential that the service had issued with "
                f"this permission, and was {case.answered}, not {expected.status}"
            )
            yield broken(
                books,
                pointer,
                case.exchange,
                message,
                expected=f"{expected.status}: the credential has the permission",
                came=case.answered,
            )


def _unusable(books: Books) -> Iterator[Judgement]:
    """Judge issued credentials that no header can carry."""
    for exchange, place, pointer, value in shown(books, "x-credential"):
        if not (value.isascii() and value.isprintable()):
            message = (
                f"the credential at {place} of the {exchange.status} to "
                f"{exchange.request.named()} has characters that no header can carry"
            )
            yield broken(
                books,
                pointer,
                exchange,
                message,
                instance=place,
                apart="unusable",
                expected="printable ASCII",
                came="other characters",
            )


def _issuing(books: Books, exchange: Exchange) -> str:
    """Return where the contract says that a success issues a credential."""
    success = exchange.request.operation.answer_to("valid-request")
    assert success is not None, "only an operation that issues credentials has this block"
    schema = next(iter(success.content.values()))
    _, pointer = next(marked(books.contract, schema, "x-credential"))
    return pointer
