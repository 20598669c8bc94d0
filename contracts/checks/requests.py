"""Checks of response statuses: valid, invalid and unknown requests, allowed rejections."""

from collections.abc import Iterator

from contracts.checks.case_outcomes import CaseOutcome, case_outcomes, judge_allowed_rejection
from contracts.expectations.ambiguity import MAX_TRIES, REUSED_NAME_PHASES, has_unused_name
from contracts.judgement import Judgement, failed, passed, undecided
from contracts.ledger.ledger import Ledger
from contracts.model.case import ISSUED_PHASE
from openapi.schemas.validation import SchemaViolation


def valid_request(ledger: Ledger) -> Iterator[Judgement]:
    """A valid request without an allowed rejection gets a documented success status."""
    refused_as_taken = []
    for case in case_outcomes(ledger, "valid"):
        request, pointer = case.exchange.request, case.expected.pointer
        is_taken = case.has_status_of("duplicate-request")
        if case.is_as_expected or (is_taken and request.phase in REUSED_NAME_PHASES):
            yield passed(case.pointer, case.case_id)
            yield from _accepted_media_type(case)
        elif is_taken and not has_unused_name(request):
            yield undecided(pointer, case.case_id, "another resource may have this short name")
        elif is_taken and case.undecided_reason:
            refused_as_taken.append(case)
        elif case.undecided_reason:
            yield undecided(pointer, case.case_id, case.undecided_reason)
        elif request.phase != ISSUED_PHASE:
            yield _not_accepted(ledger, case)
    # A conflict for an unused name may come from an earlier run; MAX_TRIES conflicts do not.
    for case in refused_as_taken:
        if len(refused_as_taken) >= MAX_TRIES:
            yield _not_accepted(ledger, case)
        else:
            yield undecided(case.expected.pointer, case.case_id, case.undecided_reason)


def _accepted_media_type(case: CaseOutcome) -> Iterator[Judgement]:
    """Yield that the service accepts a media type; malformed bodies show it for the main JSON."""
    request = case.exchange.request
    spec = request.content
    is_main_json = spec is request.operation.body and spec is not None and spec.kind == "json"
    if spec is not None and request.body and not is_main_json:
        yield passed(spec.pointer, case.case_id)


def _not_accepted(ledger: Ledger, case: CaseOutcome) -> Judgement:
    request, expected = case.exchange.request, case.expected
    spec = request.content
    is_main = spec is None or spec is request.operation.body or not request.body
    return failed(
        ledger,
        expected.pointer if spec is None or is_main else spec.pointer,
        case.exchange,
        f"{request.label()} is valid and got {case.status}, expected {expected.wanted}",
        apart=str(case.status),
        severity=request.tolerated.get(case.status),
        expected=f"{expected.wanted}: the request is valid",
        received=case.received,
    )


def invalid_request(ledger: Ledger) -> Iterator[Judgement]:
    """A request that breaks the schema or is not JSON gets a documented error status."""
    cases = list(case_outcomes(ledger, "invalid"))
    alone = {
        c.expected.violations[0].pointer
        for c in cases
        if not c.is_as_expected and len(c.expected.violations) == 1
    }
    for case in cases:
        expected = case.expected
        if case.undecided_reason:
            yield from (
                undecided(place, case.case_id, case.undecided_reason, part)
                for place, part in _tried_constraints(case)
            )
        elif case.is_as_expected:
            yield from (
                passed(place, case.case_id, part) for place, part in _tried_constraints(case)
            )
        elif (allowed_rejections := judge_allowed_rejection(ledger, case)) is not None:
            yield allowed_rejections
        elif len(expected.violations) > 1 and alone & {v.pointer for v in expected.violations}:
            continue  # A simpler request has shown the same fault.
        else:
            yield _not_refused(ledger, case)


def _tried_constraints(case: CaseOutcome) -> Iterator[tuple[str, str]]:
    """Yield the constraints that a rejection of the case proves to be enforced.

    The rejection of a request that breaks several keywords proves none of them.
    """
    yield case.pointer, "*"
    if case.expected.problem is not None:
        spec = case.exchange.request.content or case.exchange.request.operation.body
        if spec is not None:
            yield spec.pointer, "*"
    elif len(case.expected.violations) == 1:
        violation = case.expected.violations[0]
        yield violation.pointer, violation.detail


def _not_refused(ledger: Ledger, case: CaseOutcome) -> Judgement:
    request, expected = case.exchange.request, case.expected
    violation = next(iter(expected.violations), None)
    # Accepted requests and rejections with a wrong status are separate faults.
    accepted = violation is not None and case.has_status_of("valid-request")
    pointer, detail = expected.pointer, "*"
    if violation is None:
        what, instance, apart = str(expected.problem), None, f"JSON {case.status}"
    else:
        where = violation.instance or "the body"
        what, instance = f"breaks the schema ({where}: {violation.message})", violation.instance
        apart = _fault_discriminator(violation) if accepted else str(case.status)
    if accepted and violation is not None:
        pointer, detail = violation.pointer, violation.detail
    return failed(
        ledger,
        pointer,
        case.exchange,
        f"{request.label()} {what} and got {case.status}, expected {expected.wanted}",
        instance=instance,
        detail=detail,
        apart=apart,
        expected=f"{expected.wanted}: the body {what}",
        received=case.received,
    )


def _fault_discriminator(violation: SchemaViolation) -> str:
    """Return what separates faults of one keyword: each missing property is a separate fault."""
    return violation.detail if violation.keyword == "required" else ""


def allowed_rejection(ledger: Ledger) -> Iterator[Judgement]:
    """A request with an allowed rejection gets the success status or an allowed status."""
    for case in case_outcomes(ledger, "free"):
        request, expected = case.exchange.request, case.expected
        is_taken = case.has_status_of("duplicate-request") and not has_unused_name(request)
        if case.is_as_expected or is_taken:
            yield passed(case.pointer, case.case_id)
        elif case.undecided_reason:
            yield undecided(expected.pointer, case.case_id, case.undecided_reason)
        elif (allowed_rejections := judge_allowed_rejection(ledger, case)) is not None:
            yield allowed_rejections
        else:
            allowed = {str(a.status) for a in expected.allowed_rejections}
            wanted = " or ".join(sorted(allowed | {expected.wanted}))
            message = f"{request.label()} got {case.status}, expected {wanted}"
            yield failed(
                ledger,
                expected.pointer,
                case.exchange,
                message,
                apart=str(case.status),
                severity=request.tolerated.get(case.status),
                expected=wanted,
                received=case.received,
            )


def unknown_resource(ledger: Ledger) -> Iterator[Judgement]:
    """A request for a resource that does not exist gets the documented status."""
    for case in case_outcomes(ledger, "unknown"):
        request, expected = case.exchange.request, case.expected
        if case.is_as_expected:
            yield passed(case.pointer, case.case_id)
            continue
        if case.undecided_reason:
            yield undecided(expected.pointer, case.case_id, case.undecided_reason)
            continue
        yield failed(
            ledger,
            expected.pointer,
            case.exchange,
            f"{request.label()} names a resource that does not exist and got {case.status}, "
            f"expected {expected.wanted}",
            apart=str(case.status),
            expected=f"{expected.wanted}: the resource does not exist",
            received=case.received,
        )
