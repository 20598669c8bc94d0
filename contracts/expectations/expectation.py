"""Expected response to a request, judged from the bytes that were sent. Pure.

Not the generator's intention counts but what the contract says of the body: so a case that was
meant to be invalid and is not, or the other way about, is still judged rightly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Literal

from contracts.expectations.allowed_rejections import (
    IndexedRejection,
    is_other_media_type,
    rejections_by_bytes,
    rejections_by_value,
)
from contracts.model.case import UNKNOWN_RESOURCE_PHASE
from contracts.model.exchange import Request
from openapi.contract import Contract
from openapi.json_pointer import join_pointer
from openapi.parameter_validation import parameter_violations
from openapi.runtime_expression import parse_expression
from openapi.schema_validation import SchemaViolation

ExpectationKind = Literal["valid", "invalid", "free", "refused", "forbidden", "unknown", "other"]
"""`other`: what the contract says nothing about, such as another method than the operation's."""


@dataclass(frozen=True, slots=True)
class AllowedRejection:
    """A status that the service may answer although it is not the one asked for."""

    status: int
    pointer: str
    """Where the contract allows it."""
    severity: str
    """`warning` or `never`."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is in order as an answer to one request."""

    kind: ExpectationKind
    status: int
    """The status that is asked for."""
    pointer: str
    """Where the contract asks for it."""
    allowed_rejections: tuple[AllowedRejection, ...]
    violations: tuple[SchemaViolation, ...] = ()
    """What the body breaks, if it is JSON."""
    problem: str | None = None
    """Why the body is not JSON."""

    def allowance(self, status: int | None) -> AllowedRejection | None:
        """Return the allowance for `status`; one that is never judged goes first."""
        found = [allowance for allowance in self.allowed_rejections if allowance.status == status]
        return min(found, key=lambda allowance: allowance.severity != "none", default=None)


@lru_cache(maxsize=4096)
def expected_response(contract: Contract, request: Request, sent: float) -> Expectation:
    """Return what may be answered to `request`, which was sent at `sent` (unix seconds)."""
    if request.method != request.operation.method:
        return _build_expectation("other", request, "valid-request", ())
    broken, problem = _request_violations(contract, request)
    bad = bool(broken) or problem is not None
    if request.credential.expected_outcome == "refused":
        rejection = _rejections_by_key(request, "credential") if bad else ()
        return _build_expectation("refused", request, "invalid-credential", rejection)
    if request.credential.expected_outcome == "forbidden":
        return _build_expectation("forbidden", request, "insufficient-permission", ())
    if request.phase == UNKNOWN_RESOURCE_PHASE and not bad:
        return _build_expectation("unknown", request, "unknown-resource", ())
    return _expected_for_content(contract, request, sent, broken, problem)


def _expected_for_content(
    contract: Contract,
    request: Request,
    sent: float,
    broken: tuple[SchemaViolation, ...],
    problem: str | None,
) -> Expectation:
    """Return the expected response to the request, whatever its credential."""
    body = request.json
    shape = tuple(rejections_by_bytes(request, body))
    if shape:
        # What only the bytes show may be taken either way, whatever the body means.
        either = _allowed_rejections(request, shape)
        success = AllowedRejection(
            _documented_status(request, "valid-request"), either[0].pointer, "none"
        )
        return _build_expectation("free", request, "valid-request", (*either, success))
    if is_other_media_type(request):
        return _build_expectation("other", request, "valid-request", ())
    free = tuple(rejections_by_value(contract, request, body, sent)) if body.problem is None else ()
    allowed_rejections = _allowed_rejections(request, free)
    never = {
        parse_expression(rejection["location"]).where
        for _, rejection in free
        if rejection["severity"] == "none"
    }
    places = {violation.instance for violation in broken}
    if problem is not None or places - never:
        allowed_rejections += _allowed_not_found(request, places)
        return _build_expectation(
            "invalid", request, "invalid-request", allowed_rejections, broken, problem
        )
    return _build_expectation(
        "free" if free else "valid", request, "valid-request", allowed_rejections
    )


def _request_violations(
    contract: Contract, request: Request
) -> tuple[tuple[SchemaViolation, ...], str | None]:
    """Return what the parameters and the body break, and why the body is not JSON."""
    broken = parameter_violations(contract, request.operation, request.parameters)
    schema = next(iter(request.operation.content.values()), None)
    if schema is None or not (request.body or request.operation.body_required):
        return broken, None
    body = request.json
    if body.problem is not None:
        return broken, body.problem
    return (*broken, *contract.schema(schema).violations(body.value)), None


def _allowed_not_found(request: Request, places: set[str]) -> tuple[AllowedRejection, ...]:
    """Allow 404 for a path that cannot be one of the operation's (RFC 9110, section 15.5.5)."""
    if not any(place.startswith("$request.path.") for place in places):
        return ()
    unknown = request.operation.response_caused_by("unknown-resource")
    statuses = {HTTPStatus.NOT_FOUND.value} | ({int(unknown.status)} if unknown else set())
    pointer = join_pointer(request.operation.pointer, "responses")
    return tuple(AllowedRejection(status, pointer, "none") for status in sorted(statuses))


def _documented_status(request: Request, provocation: str) -> int:
    response_spec = request.operation.response_caused_by(provocation)
    return int(response_spec.status) if response_spec else 0


def _build_expectation(
    kind: ExpectationKind,
    request: Request,
    provocation: str,
    allowed_rejections: tuple[AllowedRejection, ...],
    violations: tuple[SchemaViolation, ...] = (),
    problem: str | None = None,
) -> Expectation:
    response_spec = request.operation.response_caused_by(provocation)
    if response_spec is None:
        kind = "other"
    pointer = (
        join_pointer(response_spec.pointer, "x-hookproof-cause")
        if response_spec
        else request.operation.pointer
    )
    return Expectation(
        kind,
        _documented_status(request, provocation),
        pointer,
        allowed_rejections,
        violations,
        problem,
    )


def _rejections_by_key(request: Request, key: str) -> tuple[AllowedRejection, ...]:
    stated = [(i, f) for i, f in enumerate(request.operation.allowed_rejections) if key in f]
    return _allowed_rejections(request, stated)


def _allowed_rejections(
    request: Request,
    rejections: Sequence[IndexedRejection],
) -> tuple[AllowedRejection, ...]:
    return tuple(
        AllowedRejection(
            int(status),
            join_pointer(request.operation.pointer, "x-hookproof-allowed-rejections", index),
            rejection["severity"],
        )
        for index, rejection in rejections
        for status in rejection["statuses"]
    )
