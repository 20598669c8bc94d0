"""Ambiguous rejections: they may have another cause than what the case tried.

A case that should be refused as invalid and is answered as if the credential or the name were the
matter is tried again, between two plain creates that are accepted. So is a valid case that is told
its name is taken, although no request had used it.
"""

from contracts.expectations.expectation import expected_response
from contracts.model.case import CONCURRENT_PHASE, DUPLICATE_PHASE
from contracts.model.exchange import Exchange, Request
from openapi.contract import Contract

MAX_TRIES = 3
"""A case that gets the same doubtful answer so often is decided by it."""
MAX_RETRIED_CASES = 5
"""Of the cases with one ambiguous status only these are retried: a few tell enough."""
REUSED_NAME_PHASES = (DUPLICATE_PHASE, CONCURRENT_PHASE)
"""Blocks of requests whose name was used before, on purpose."""


def is_ambiguous(contract: Contract, exchange: Exchange) -> bool:
    """Say whether the answer may be about something else than what the request tried."""
    request, status = exchange.request, exchange.status
    if status is None or status not in _ambiguous_statuses(request):
        return False
    expected = expected_response(contract, request, exchange.started)
    if status == expected.status or expected.allowance(status) is not None:
        return False
    if expected.kind in ("invalid", "free"):
        return True
    return (
        expected.kind == "valid" and status == conflict_status(request) and has_unused_name(request)
    )


def conflict_status(request: Request) -> int | None:
    """Return the status that says that what was asked for exists already."""
    response_spec = request.operation.response_caused_by("duplicate-request")
    return int(response_spec.status) if response_spec else None


def has_unused_name(request: Request) -> bool:
    """Say whether no earlier request can have used what the request names."""
    return request.phase not in REUSED_NAME_PHASES and request.mark.encode() in request.body


def _ambiguous_statuses(request: Request) -> set[int]:
    provocations = ("invalid-credential", "insufficient-permission", "duplicate-request")
    response_specs = (
        request.operation.response_caused_by(provocation) for provocation in provocations
    )
    return {int(response_spec.status) for response_spec in response_specs if response_spec}
