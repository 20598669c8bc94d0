"""Expected response to a request, derived from the sent bytes. Pure.

The contract decides whether a body is valid, not the generator's intention. So the judgement is
right even if a case meant as invalid is valid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Literal
from weakref import WeakKeyDictionary

from contracts.expectations.allowed_rejections import (
    IndexedRejection,
    is_other_media_type,
    rejections_by_bytes,
    rejections_by_value,
)
from contracts.model.case import ALLOWED_REJECTION_PHASE, FREE_PHASES, UNKNOWN_RESOURCE_PHASE
from contracts.model.exchange import Request
from openapi.contract import Contract, Operation
from openapi.json_pointer import join_pointer
from openapi.requests.body_validation import check_body_readings, format_name
from openapi.requests.parameter_validation import check_parameters
from openapi.runtime_expression import parse_expression
from openapi.schemas.validation import SchemaViolation
from openapi.statuses.contradictions import REJECTIONS

ExpectationKind = Literal["valid", "invalid", "free", "refused", "forbidden", "unknown", "other"]
"""`other`: the contract does not define the response: to another method, or to a text that can mean
a valid and an invalid value.
"""


_USUAL_TEXTS = {
    "valid-request": "a success",
    "invalid-request": "a 4XX such as 400 or 422",
    "invalid-credential": "401 or 403",
    "insufficient-permission": "403",
    "unknown-resource": "404",
}
"""Cause -> text of the expected statuses where the document has none."""


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
    """Response that is correct for one request: the documented one, or an allowed rejection."""

    kind: ExpectationKind
    operation: Operation
    cause: str
    """Kind of the `x-hookproof-cause` that documents the expected response."""
    pointer: str
    """Pointer of the constraint in the contract; of several, of one with the highest severity."""
    allowed_rejections: tuple[AllowedRejection, ...]
    violations: tuple[SchemaViolation, ...] = ()
    """Schema violations of the parameters and of the body, if it is of its media type."""
    problem: str | None = None
    """Reason why the body is not of its media type, as the end of a sentence, or None."""

    @property
    def wanted(self) -> str:
        """Text of the expected statuses, such as `400 or 422`."""
        return self.operation.status_text(self.cause) or _USUAL_TEXTS.get(self.cause, "a success")

    @property
    def statuses(self) -> tuple[int, ...]:
        """Expected statuses."""
        return self.operation.statuses_caused_by(self.cause)

    def accepts(self, status: int | None) -> bool:
        """Return whether the contract documents `status` for the request.

        Without stated causes, every status that means the rejection is right.
        """
        if self.operation.allows_cause(self.cause, status):
            return True
        means = REJECTIONS.get(self.cause, ()) if self.operation.has_default_causes else ()
        return status in means

    def pointer_for(self, status: int | None) -> str:
        """Return the pointer of the constraint that a response with `status` is about."""
        response_spec = None if status is None else self.operation.response_for(status)
        if response_spec is None or not self.accepts(status):
            return self.pointer
        return join_pointer(response_spec.pointer, "x-hookproof-cause")

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
        or request.credential.expected_outcome not in ("accepted", "any")
    ):
        return False
    body = request.json
    if any(rejections_by_bytes(request, body)):
        return True
    if is_other_media_type(request):
        return False
    found = check_parameters(contract, request.operation, request.parameter_readings)
    if found.violations and not found.is_undecided:
        return False
    return request.phase.startswith(ALLOWED_REJECTION_PHASE) or _has_possible_body(
        contract, request
    )


def _has_possible_body(contract: Contract, request: Request) -> bool:
    """Return whether the body may be valid."""
    spec, body = request.content, request.json
    if spec is None or not (request.body or request.operation.body_required):
        return True
    if spec.kind == "json" and spec.schema is not None:
        return body.problem is None and contract.schema(spec.schema).is_valid(body.value)
    check = _check_content(contract, request)
    return check.is_undecided or not (check.violations or check.problem)


def _find_expectation(contract: Contract, request: Request, sent: float) -> Expectation:
    if request.method != request.operation.method:
        return _build_expectation(contract, "other", request, "valid-request", ())
    check = _check_content(contract, request)
    bad = bool(check.violations) or check.problem is not None
    if request.credential.expected_outcome == "refused":
        stated = enumerate(request.operation.allowed_rejections)
        covering = [(index, entry) for index, entry in stated if bad and "credential" in entry]
        rejections = _allowed_rejections(request, covering)
        return _build_expectation(contract, "refused", request, "invalid-credential", rejections)
    if request.credential.expected_outcome == "any" or request.phase in FREE_PHASES:
        return _build_expectation(contract, "other", request, "valid-request", ())
    if request.credential.expected_outcome == "forbidden":
        return _build_expectation(contract, "forbidden", request, "insufficient-permission", ())
    if request.phase == UNKNOWN_RESOURCE_PHASE and not bad:
        return _build_expectation(contract, "unknown", request, "unknown-resource", ())
    return _expected_for_content(contract, request, sent, check)


def may_be_rejected(contract: Contract, request: Request, sent: float) -> bool:
    """Return whether a service may reject the content of `request`, whatever the credential.

    A service that checks the credential last rejects it before.
    """
    check = _check_content(contract, request)
    body = request.json
    return (
        bool(check.violations)
        or check.problem is not None
        or check.is_undecided
        or is_other_media_type(request)
        or any(rejections_by_bytes(request, body))
        or bool(rejections_by_value(contract, request, sent))
    )


def _expected_for_content(
    contract: Contract,
    request: Request,
    sent: float,
    check: "_ContentCheck",
) -> Expectation:
    """Return the expected response to a request with a valid credential."""
    body = request.json
    shape = tuple(rejections_by_bytes(request, body))
    if shape:
        # A service may accept or reject such bytes, whether or not the value is valid.
        either = _allowed_rejections(request, shape)
        return _build_expectation(contract, "free", request, "valid-request", either)
    if is_other_media_type(request):
        return _build_expectation(contract, "other", request, "valid-request", ())
    free = rejections_by_value(contract, request, sent)
    allowed_rejections = _allowed_rejections(request, free)
    never = {
        parse_expression(rejection["location"]).where
        for _, rejection in free
        if rejection["severity"] == "none"
    }
    places = {violation.instance for violation in check.violations}
    if check.problem is not None or places - never:
        allowed_rejections += _allowed_not_found(request, places)
        return _build_expectation(
            contract,
            "invalid",
            request,
            "invalid-request",
            allowed_rejections,
            check.violations,
            check.problem,
        )
    if check.is_undecided:
        return _build_expectation(contract, "other", request, "valid-request", ())
    return _build_expectation(
        contract, "free" if free else "valid", request, "valid-request", allowed_rejections
    )


@dataclass(frozen=True, slots=True)
class _ContentCheck:
    """Result of validating the parameters and the body of a request."""

    violations: tuple[SchemaViolation, ...]
    problem: str | None
    """Reason why the body is not of its media type, as the end of a sentence, or None."""
    is_undecided: bool
    """Whether nothing is certainly invalid, and the contract leaves something open."""


def _check_content(contract: Contract, request: Request) -> _ContentCheck:
    operation = request.operation
    parameters = check_parameters(contract, operation, request.parameter_readings)
    violations = () if parameters.is_undecided else parameters.violations
    is_undecided = parameters.is_undecided
    problem = None
    spec = request.content or operation.body
    if spec is not None and (request.body or operation.body_required):
        body = check_body_readings(contract, operation, spec, request.readings)
        problem = None if body.problem is None else f"is not {format_name(spec)} ({body.problem})"
        violations += () if body.is_undecided else body.violations
        is_undecided = is_undecided or body.is_undecided
    is_invalid = bool(violations) or problem is not None
    return _ContentCheck(violations, problem, is_undecided and not is_invalid)


def _allowed_not_found(request: Request, places: set[str]) -> tuple[AllowedRejection, ...]:
    """Return the allowed 404 for an invalid path parameter (RFC 9110, section 15.5.5)."""
    if not any(place.startswith("$request.path.") for place in places):
        return ()
    documented = request.operation.statuses_caused_by("unknown-resource")
    statuses = {HTTPStatus.NOT_FOUND.value, *documented}
    pointer = join_pointer(request.operation.pointer, "responses")
    return tuple(AllowedRejection(status, pointer, "none") for status in sorted(statuses))


def _build_expectation(
    contract: Contract,
    kind: ExpectationKind,
    request: Request,
    cause: str,
    allowed_rejections: tuple[AllowedRejection, ...],
    violations: tuple[SchemaViolation, ...] = (),
    problem: str | None = None,
) -> Expectation:
    pointer = _cause_pointer(contract, request.operation, cause)
    if pointer is None and request.operation.has_default_causes:
        pointer = join_pointer(request.operation.pointer, "responses")
    return Expectation(
        kind if pointer else "other",
        request.operation,
        cause,
        pointer or request.operation.pointer,
        allowed_rejections,
        violations,
        problem,
    )


@lru_cache(maxsize=1024)
def _cause_pointer(contract: Contract, operation: Operation, cause: str) -> str | None:
    """Return the pointer of the documented cause; of several, of one with the highest severity.

    A wrong status contradicts all of them.
    """
    stated = [
        join_pointer(response_spec.pointer, "x-hookproof-cause")
        for response_spec in operation.responses_caused_by(cause)
    ]
    return min(
        stated,
        key=lambda pointer: contract.provenance(pointer).severity == "warning",
        default=None,
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
