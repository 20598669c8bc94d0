"""Ambiguous rejections: a 401, 403 or 409 that may have another cause than the tested fault.

The run retries an invalid case that gets such a status, between two plain requests that succeed.
It also retries a valid case that gets the conflict status for an unused name.
"""

from contracts.expectations.expectation import expected_response
from contracts.model.case import CONCURRENT_PHASE, DUPLICATE_PHASE, UNAUTHORIZED_DUPLICATE_PHASE
from contracts.model.exchange import Exchange, Request
from contracts.model.unique_values import mark_digits
from openapi.contract import Contract
from openapi.json_pointer import MISSING, get_at
from openapi.runtime_expression import parse_expression

MAX_TRIES = 3
"""Number of equal ambiguous responses that decide a case."""
MAX_RETRIED_CASES = 5
"""Maximum number of cases with one ambiguous status that are retried."""
REUSED_NAME_PHASES = (DUPLICATE_PHASE, CONCURRENT_PHASE, UNAUTHORIZED_DUPLICATE_PHASE)
"""Phases whose requests intentionally reuse a name."""


def is_ambiguous(contract: Contract, exchange: Exchange) -> bool:
    """Return whether the rejection may have another cause than the tested fault."""
    request, status = exchange.request, exchange.status
    causes = ("invalid-credential", "insufficient-permission", "duplicate-request")
    statuses = [request.operation.status_caused_by(cause) for cause in causes]
    if status is None or status not in statuses:
        return False
    expected = expected_response(contract, request, exchange.started)
    if status == expected.status or expected.allowance(status) is not None:
        return False
    if expected.kind in ("invalid", "free"):
        return True
    return expected.kind == "valid" and status == statuses[-1] and has_unused_name(request)


def has_unused_name(request: Request) -> bool:
    """Return whether no earlier request can have used the name in the request."""
    if request.phase in REUSED_NAME_PHASES:
        return False
    response_spec = request.operation.response_caused_by("duplicate-request")
    places = response_spec.cause["duplicate-values"] if response_spec else ()
    body = request.json
    if body.problem is not None or not places:
        return request.mark.encode() in request.body
    found = [body_value(body.value, place) for place in places]
    marks = request.mark, mark_digits(request.mark)
    return any(mark in value for value in found if isinstance(value, str) for mark in marks)


def body_value(body: object, expression: str) -> object:
    """Return the value of a runtime expression in a request body, or `MISSING`."""
    source = parse_expression(expression)
    return get_at(body, source.where) if source.in_request_body else MISSING
