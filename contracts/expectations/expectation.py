"""Expected response to a request, derived from the sent bytes. Pure.

The contract decides whether a body is valid, not the generator's intention. So the judgement is
right even if a case meant as invalid is valid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal
from weakref import WeakKeyDictionary

from contracts.expectations.allowed_rejections import (
    IndexedRejection,
    is_other_media_type,
    rejections_by_bytes,
    rejections_by_value,
)
from contracts.model.case import ALLOWED_REJECTION_PHASE, UNKNOWN_RESOURCE_PHASE
from contracts.model.exchange import Request
from openapi.contract import Contract
from openapi.json_pointer import join_pointer
from openapi.parameter_validation import parameter_violations
from openapi.runtime_expression import parse_expression
from openapi.schema_validation import SchemaViolation

ExpectationKind = Literal["valid", "invalid", "free", "refused", "forbidden", "unknown", "other"]
"""`other`: the contract does not define the response, such as that to another method."""


@dataclass(frozen=True, slots=True)
class AllowedRejection:
    """Status that the service may send instead of the expected one."""

    status: int
    pointer: str
    """Pointer of the entry in the contract."""
    severity: str
    """`warning` or `none`."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Statuses that are correct for one request."""

    kind: ExpectationKind
    status: int
    """Expected status."""
    pointer: str
    """Pointer of the constraint in the contract."""
    allowed_rejections: tuple[AllowedRejection, ...]
    violations: tuple[SchemaViolation, ...] = ()
    """Schema violations of the parameters and of the body, if it is JSON."""
    problem: str | None = None
    """Reason why the body is not JSON, or None."""

    def allowance(self, status: int | None) -> AllowedRejection | None:
        """Return the allowed rejection for `status`; one of severity `none` has precedence."""
        found = [allowance for allowance in self.allowed_rejections if allowance.status == status]
        return min(found, key=lambda allowance: allowance.severity != "none", default=None)


_KNOWN: WeakKeyDictionary[Request, dict[float, Expectation]] = WeakKeyDictionary()
"""Expectation by request and time of sending, because most checks ask for it."""


def expected_response(contract: Contract, request: Request, sent: float) -> Expectation:
    """Return the expected response to `request`, sent at `sent` (Unix seconds)."""
    known = _KNOWN.setdefault(request, {})
    if sent not in known:
        known[sent] = _find_expectation(contract, request, sent)
    return known[sent]


def may_succeed(contract: Contract, request: Request) -> bool:
    """Return whether a service may accept `request`. Fast: it lists no violations.

    Of invalid bodies, only those of an allowed rejection may succeed.
    """
    if (
        request.method != request.operation.method
        or request.phase == UNKNOWN_RESOURCE_PHASE
        or request.credential.expected_outcome != "accepted"
    ):
        return False
    body = request.json
    if any(rejections_by_bytes(request, body)):
        return True
    if is_other_media_type(request) or parameter_violations(
        contract, request.operation, request.parameters
    ):
        return False
    schema = next(iter(request.operation.content.values()), None)
    if schema is None or not (request.body or request.operation.body_required):
        return True
    if request.phase.startswith(ALLOWED_REJECTION_PHASE):
        return True
    return body.problem is None and contract.schema(schema).is_valid(body.value)


def _find_expectation(contract: Contract, request: Request, sent: float) -> Expectation:
    if request.method != request.operation.method:
        return _build_expectation("other", request, "valid-request", ())
    broken, problem = _request_violations(contract, request)
    bad = bool(broken) or problem is not None
    if request.credential.expected_outcome == "refused":
        stated = enumerate(request.operation.allowed_rejections)
        covering = [(index, entry) for index, entry in stated if bad and "credential" in entry]
        rejections = _allowed_rejections(request, covering)
        return _build_expectation("refused", request, "invalid-credential", rejections)
    if request.credential.expected_outcome == "forbidden":
        return _build_expectation("forbidden", request, "insufficient-permission", ())
    if request.phase == UNKNOWN_RESOURCE_PHASE and not bad:
        return _build_expectation("unknown", request, "unknown-resource", ())
    return _expected_for_content(contract, request, sent, broken, problem)


def may_be_rejected(contract: Contract, request: Request, sent: float) -> bool:
    """Return whether a service may reject the content of `request`, whatever the credential.

    A service that checks the credential last rejects it before.
    """
    broken, problem = _request_violations(contract, request)
    body = request.json
    return (
        bool(broken)
        or problem is not None
        or is_other_media_type(request)
        or any(rejections_by_bytes(request, body))
        or bool(rejections_by_value(contract, request, sent))
    )


def _expected_for_content(
    contract: Contract,
    request: Request,
    sent: float,
    broken: tuple[SchemaViolation, ...],
    problem: str | None,
) -> Expectation:
    """Return the expected response to a request with a valid credential."""
    body = request.json
    shape = tuple(rejections_by_bytes(request, body))
    if shape:
        # A service may accept or reject such bytes, whether or not the value is valid.
        either = _allowed_rejections(request, shape)
        status = request.operation.status_caused_by("valid-request") or 0
        success = AllowedRejection(status, either[0].pointer, "none")
        return _build_expectation("free", request, "valid-request", (*either, success))
    if is_other_media_type(request):
        return _build_expectation("other", request, "valid-request", ())
    free = rejections_by_value(contract, request, sent)
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
    """Return the schema violations, and the reason why the body is not JSON or None."""
    broken = parameter_violations(contract, request.operation, request.parameters)
    schema = next(iter(request.operation.content.values()), None)
    if schema is None or not (request.body or request.operation.body_required):
        return broken, None
    body = request.json
    if body.problem is not None:
        return broken, body.problem
    return (*broken, *contract.schema(schema).violations(body.value)), None


def _allowed_not_found(request: Request, places: set[str]) -> tuple[AllowedRejection, ...]:
    """Return the allowed 404 for an invalid path parameter (RFC 9110, section 15.5.5)."""
    if not any(place.startswith("$request.path.") for place in places):
        return ()
    unknown = request.operation.response_caused_by("unknown-resource")
    statuses = {HTTPStatus.NOT_FOUND.value} | ({int(unknown.status)} if unknown else set())
    pointer = join_pointer(request.operation.pointer, "responses")
    return tuple(AllowedRejection(status, pointer, "none") for status in sorted(statuses))


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
        int(response_spec.status) if response_spec else 0,
        pointer,
        allowed_rejections,
        violations,
        problem,
    )


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
