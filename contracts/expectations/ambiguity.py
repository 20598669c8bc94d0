"""Ambiguous rejections: a 401, 403 or 409 that may have another cause than the tested fault.

The run retries an invalid case that gets such a status, between two plain requests that succeed.
It also retries a valid case that gets the conflict status for an unused name.
"""

from contracts.expectations.expectation import expected_response
from contracts.model.case import CONCURRENT_PHASE, DUPLICATE_PHASE, UNAUTHORIZED_DUPLICATE_PHASE
from contracts.model.exchange import Exchange, Request
from contracts.model.unique_values import mark_digits, unique_parameter_texts
from openapi.contract import Contract
from openapi.json_pointer import get_at
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
    if not any(map(exchange.has_status_of, causes)):
        return False
    expected = expected_response(contract, request, exchange.started)
    if expected.accepts(status) or expected.allowance(status) is not None:
        return False
    if expected.kind in ("invalid", "free"):
        return True
    is_taken = exchange.has_status_of("duplicate-request")
    return expected.kind == "valid" and is_taken and has_unused_name(request)


def has_unused_name(request: Request) -> bool:
    """Return whether no earlier request can have used the name in the request."""
    if request.phase in REUSED_NAME_PHASES:
        return False
    places = request.operation.duplicate_values
    body = request.json
    sources = [parse_expression(place) for place in places]
    marks = request.mark, mark_digits(request.mark)
    texts = unique_parameter_texts(request.mark)
    if any(str(request.parameters.get(source.parameter_key)) in texts for source in sources):
        return True
    if body.problem is not None or not sources:
        return request.mark.encode() in request.body
    found = [get_at(body.value, source.where) for source in sources if source.in_request_body]
    return any(mark in value for value in found if isinstance(value, str) for mark in marks)
