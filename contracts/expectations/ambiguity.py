"""Refusals that decide nothing yet: they may be about something else than what was tried.

A case that should be refused as invalid and is answered as if the credential or the name were the
matter is tried again, between two plain creates that are accepted. So is a valid case that is told
its name is taken, although no request had used it.
"""

from contracts.expectations.expectation import expectation
from contracts.model.exchange import Exchange, Request
from openapi.contract import Contract

TRIES = 3
"""A case that gets the same doubtful answer so often is decided by it."""
MOST = 5
"""After so many cases with one doubtful status no further one is tried again: a few tell enough."""
MAY_BE_TAKEN = ("repeat", "at once")
"""Blocks of requests whose name was used before, on purpose."""


def in_doubt(contract: Contract, exchange: Exchange) -> bool:
    """Say whether the answer may be about something else than what the request tried."""
    request, status = exchange.request, exchange.status
    if status is None or status not in _doubtful(request):
        return False
    expected = expectation(contract, request, exchange.started)
    if status == expected.status or expected.allowance(status) is not None:
        return False
    if expected.kind in ("invalid", "free"):
        return True
    return expected.kind == "valid" and status == taken(request) and may_not_be_taken(request)


def taken(request: Request) -> int | None:
    """Return the status that says that what was asked for exists already."""
    answer = request.operation.answer_to("repeated-request")
    return int(answer.status) if answer else None


def may_not_be_taken(request: Request) -> bool:
    """Say whether no earlier request can have used what the request names."""
    return request.block not in MAY_BE_TAKEN and request.mark.encode() in request.body


def _doubtful(request: Request) -> set[int]:
    provocations = ("refused-credential", "credential-without-permission", "repeated-request")
    answers = (request.operation.answer_to(provocation) for provocation in provocations)
    return {int(answer.status) for answer in answers if answer}
