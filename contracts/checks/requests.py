"""Checks of the status of each response: valid, invalid, unknown, allowed rejection.

What is answered about something that does not exist."""

from collections.abc import Iterator

from contracts.checks.case_outcomes import (
    CaseOutcome,
    case_outcomes,
    documented_status,
    judge_allowed_rejection,
)
from contracts.checks.judgement import Judgement, failed, passed, undecided
from contracts.expectations.ambiguity import (
    MAX_TRIES,
    REUSED_NAME_PHASES,
    conflict_status,
    has_unused_name,
)
from contracts.expectations.constraints import media_type_pointer
from contracts.ledger.ledger import Ledger
from contracts.model.case import ISSUED_PHASE
from openapi.schema_validation import SchemaViolation


def valid_request(ledger: Ledger) -> Iterator[Judgement]:
    """A valid request in the safe domain gets exactly the success status."""
    refused_as_taken = []
    for case in case_outcomes(ledger, "valid"):
        request, pointer = case.exchange.request, case.expected.pointer
        is_taken = case.status == conflict_status(request)
        if case.status == case.expected.status or (
            is_taken and request.phase in REUSED_NAME_PHASES
        ):
            yield passed(pointer, case.case_id)
        elif is_taken and not has_unused_name(request):
            yield undecided(pointer, case.case_id, "so short a name may have been taken before")
        elif is_taken and case.undecided_reason:
            refused_as_taken.append(case)
        elif request.phase != ISSUED_PHASE:
            yield _not_accepted(ledger, case)
    # Never used names that are called taken now and then: one may be a leftover, three are not.
    for case in refused_as_taken:
        if len(refused_as_taken) >= MAX_TRIES:
            yield _not_accepted(ledger, case)
        else:
            yield undecided(case.expected.pointer, case.case_id, case.undecided_reason)


def _not_accepted(ledger: Ledger, case: CaseOutcome) -> Judgement:
    request, expected = case.exchange.request, case.expected
    return failed(
        ledger,
        expected.pointer,
        case.exchange,
        f"{request.label()} is valid and was {case.answered}, not {expected.status}",
        apart=str(case.status),
        expected=f"{expected.status}: the request is valid",
        received=case.answered,
    )


def invalid_request(ledger: Ledger) -> Iterator[Judgement]:
    """A request that breaks the schema, or is not JSON, gets exactly the status for that."""
    cases = list(case_outcomes(ledger, "invalid"))
    alone = {
        c.expected.violations[0].pointer
        for c in cases
        if c.status != c.expected.status and len(c.expected.violations) == 1
    }
    for case in cases:
        expected = case.expected
        if case.undecided_reason:
            yield from (
                undecided(place, case.case_id, case.undecided_reason, part)
                for place, part in _tried_constraints(case)
            )
        elif case.status == expected.status:
            yield from (
                passed(place, case.case_id, part) for place, part in _tried_constraints(case)
            )
        elif (allowed_rejections := judge_allowed_rejection(ledger, case, "was due")) is not None:
            yield allowed_rejections
        elif len(expected.violations) > 1 and alone & {v.pointer for v in expected.violations}:
            continue  # A smaller request has shown the same.
        else:
            yield _not_refused(ledger, case)


def _tried_constraints(case: CaseOutcome) -> Iterator[tuple[str, str]]:
    """Yield the constraints that a refusal of the case shows to be enforced.

    A request that breaks several keywords may have been refused for any one of them.
    """
    yield case.expected.pointer, "*"
    if case.expected.problem is not None:
        yield media_type_pointer(next(iter(case.exchange.request.operation.content.values()))), "*"
    elif len(case.expected.violations) == 1:
        violation = case.expected.violations[0]
        yield violation.pointer, violation.detail


def _not_refused(ledger: Ledger, case: CaseOutcome) -> Judgement:
    request, expected = case.exchange.request, case.expected
    violation = next(iter(expected.violations), None)
    # What was accepted is told apart from what was refused in another way.
    accepted = violation is not None and case.status == documented_status(
        case.exchange, "valid-request"
    )
    pointer, detail = expected.pointer, "*"
    if violation is None:
        what, instance, apart = f"is not JSON ({expected.problem})", None, f"JSON {case.status}"
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
        f"{request.label()} {what} and was {case.answered}, not {expected.status}",
        instance=instance,
        detail=detail,
        apart=apart,
        expected=f"{expected.status}: the body {what}",
        received=case.answered,
    )


def _fault_discriminator(violation: SchemaViolation) -> str:
    """Two properties that are not required are two faults; two wrong types of one are not."""
    return violation.detail if violation.keyword == "required" else ""


def allowed_rejection(ledger: Ledger) -> Iterator[Judgement]:
    """What a service may refuse is accepted or refused as the contract allows, in no other way."""
    for case in case_outcomes(ledger, "free"):
        request, expected = case.exchange.request, case.expected
        is_taken = case.status == conflict_status(request) and not has_unused_name(request)
        if case.status == expected.status or is_taken:
            yield passed(expected.pointer, case.case_id)
        elif case.undecided_reason:
            yield undecided(expected.pointer, case.case_id, case.undecided_reason)
        elif (
            allowed_rejections := judge_allowed_rejection(ledger, case, "is what they expect")
        ) is not None:
            yield allowed_rejections
        else:
            statuses = sorted(
                {str(a.status) for a in expected.allowed_rejections} | {str(expected.status)}
            )
            wanted = " or ".join(statuses)
            message = f"{request.label()} was {case.answered}, not {wanted}"
            yield failed(
                ledger,
                expected.pointer,
                case.exchange,
                message,
                apart=str(case.status),
                expected=wanted,
                received=case.answered,
            )


def unknown_resource(ledger: Ledger) -> Iterator[Judgement]:
    """A request about what no answer has named gets the status for what is unknown."""
    for case in case_outcomes(ledger, "unknown"):
        request, expected = case.exchange.request, case.expected
        if case.status == expected.status:
            yield passed(expected.pointer, case.case_id)
            continue
        yield failed(
            ledger,
            expected.pointer,
            case.exchange,
            f"{request.label()} asks for what nothing has named, and was {case.answered}, "
            f"not {expected.status}",
            apart=str(case.status),
            expected=f"{expected.status}: there is no such thing",
            received=case.answered,
        )
