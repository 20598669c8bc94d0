"""Checks of credentials: each kind is accepted or rejected as the contract says."""

from collections.abc import Iterator
from http import HTTPStatus

from contracts.checks.case_outcomes import (
    CaseOutcome,
    case_outcomes,
    judge_allowed_rejection,
)
from contracts.checks.secrets import disclosed_values
from contracts.expectations.ambiguity import has_unused_name
from contracts.expectations.expectation import may_be_rejected
from contracts.judgement import Judgement, failed, passed, undecided
from contracts.ledger.ledger import Ledger
from contracts.model.case import ISSUED_PHASE
from contracts.model.credential_kinds import ISSUED, WRONG_VALUE
from contracts.model.exchange import Exchange
from openapi.contract import Operation
from openapi.extensions import extended_properties

BYPASSES = {
    "missing": "the service accepts a request without a credential",
    "malformed": "the service accepts any text as a credential",
    WRONG_VALUE: "the service accepts any text as a credential",
}
"""Explanations of a service that always accepts a kind of credential; the most severe first."""
EXPIRY_LEEWAY_S = 600.0
"""Seconds after its expiry in which a service may still accept a token: clocks differ."""


def invalid_credential(ledger: Ledger) -> Iterator[Judgement]:
    """The service rejects a credential that is missing, malformed, expired or unverifiable."""
    yield from _judge_credentials(ledger, "refused")


def insufficient_permission(ledger: Ledger) -> Iterator[Judgement]:
    """The service rejects a valid credential that lacks the permission."""
    yield from _judge_credentials(ledger, "forbidden")


def _judge_credentials(ledger: Ledger, kind: str) -> Iterator[Judgement]:
    wrong: dict[tuple[str, int], list[CaseOutcome]] = {}
    refused: set[tuple[str, str]] = set()
    useless = _valid_credential_rejections(ledger)
    for case in case_outcomes(ledger, kind):
        tried = case.exchange.request.credential.kind
        if case.is_as_expected:
            refused.add(
                (case.exchange.request.operation.id, case.exchange.request.credential.label)
            )
            yield passed(case.pointer, case.case_id, tried)
        elif case.undecided_reason:
            yield undecided(case.expected.pointer, case.case_id, case.undecided_reason, tried)
        elif (allowed := judge_allowed_rejection(ledger, case)) is not None:
            yield allowed
        elif (why := _other_cause(ledger, case)) is not None:
            yield undecided(case.expected.pointer, case.case_id, why, tried)
        elif _is_within_leeway(case.exchange):
            why = "accepted shortly after its expiry: clocks may differ (RFC 7519, 4.1.4)"
            yield undecided(case.expected.pointer, case.case_id, why, tried)
        elif tried in ISSUED and case.expected.kind == "forbidden" and case.status in useless:
            why = "an issued credential that has the permission got the same status"
            yield undecided(case.expected.pointer, case.case_id, why, tried)
        else:
            operation = case.exchange.request.operation
            wrong.setdefault((operation.id, case.status), []).append(case)
    for (_, status), cases in wrong.items():
        kinds = list(dict.fromkeys(case.exchange.request.credential.kind for case in cases))
        for case in cases:
            request, expected = case.exchange.request, case.expected
            is_success = status < HTTPStatus.MULTIPLE_CHOICES
            bypass = _bypass_text(case, cases, refused) if is_success else ""
            message = f"{request.label()} got {status}, expected {expected.wanted}{bypass}"
            others = [kind for kind in kinds if kind != request.credential.kind]
            if others:
                message += f"; these credentials also got {status}: {', '.join(others)}"
            yield failed(
                ledger,
                expected.pointer,
                case.exchange,
                message,
                detail=request.credential.kind,
                # A baseline that accepts one bypass must not accept a wider one.
                fault=_fault_key(request.operation, expected.pointer, status) + bypass,
                expected=f"{expected.wanted} for a credential that is {request.credential.kind}",
                received=case.received,
            )


def _fault_key(operation: Operation, pointer: str, status: int) -> str:
    """Return the key of a fault: operations may share a response, but not its faults."""
    shared = not pointer.startswith(f"{operation.pointer}/")
    return f"{operation.id} {pointer} {status}" if shared else f"{pointer} {status}"


def _other_cause(ledger: Ledger, case: CaseOutcome) -> str | None:
    """Return why another 4xx than the documented one is legal, or None if it is not."""
    request, status = case.exchange.request, case.status
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    if request.credential.other_rejections:
        return "a service may reject such a header or parameter before it reads the credential"
    causes = ("invalid-credential", "insufficient-permission")
    if any(map(case.has_status_of, causes)):
        return None
    repeats = case.has_status_of("duplicate-request") and not has_unused_name(request)
    if repeats or may_be_rejected(ledger.contract, request, case.exchange.started):
        return "the contract does not say whether the credential or the rest is checked first"
    return None


def _bypass_text(
    case: CaseOutcome, accepted: list[CaseOutcome], refused: set[tuple[str, str]]
) -> str:
    """Return the explanation of the bypass in the operation of `case`, or an empty text.

    `refused` has each pair of operation id and credential that was rejected at least once. The
    plain form of a kind counts: a service may reject another form for its form.
    """
    asked = case.exchange.request.operation.id
    requests = (one.exchange.request for one in accepted)
    found = {
        (request.credential.kind, request.credential.scheme)
        for request in requests
        if request.operation.id == asked
        and not request.credential.form
        and (asked, request.credential.label) not in refused
    }
    for kind, sentence in BYPASSES.items():
        for scheme in sorted(scheme for known, scheme in found if known == kind):
            return f": {sentence} for {scheme}" if scheme else f": {sentence}"
    return ""


def _valid_credential_rejections(ledger: Ledger) -> set[int]:
    """Return the statuses that rejected issued credentials which have the permission.

    The same status for an issued credential that lacks the permission then proves nothing.
    """
    return {
        case.status
        for case in case_outcomes(ledger, "valid")
        if case.exchange.request.phase == ISSUED_PHASE and not case.is_as_expected
    }


def _is_within_leeway(exchange: Exchange) -> bool:
    expired = exchange.request.credential.expired_at
    return expired is not None and exchange.started - expired < EXPIRY_LEEWAY_S


def issued_credential(ledger: Ledger) -> Iterator[Judgement]:
    """A credential that the service issued grants the requested permission."""
    yield from _judge_unusable(ledger)
    for case in case_outcomes(ledger, "valid"):
        request, expected = case.exchange.request, case.expected
        if request.phase != ISSUED_PHASE:
            continue
        pointer = _issuing_pointer(ledger, case.exchange)
        if case.is_as_expected:
            yield passed(pointer, case.case_id)
        else:
            message = (
                f"{request.label()} used a credential that the service had issued with "
                f"this permission, and got {case.status}, expected {expected.wanted}"
            )
            yield failed(
                ledger,
                pointer,
                case.exchange,
                message,
                expected=f"{expected.wanted}: the credential has the permission",
                received=case.received,
            )


def _judge_unusable(ledger: Ledger) -> Iterator[Judgement]:
    """Yield a violation for each issued credential that no header can carry."""
    for exchange, place, pointer, value in disclosed_values(ledger, "x-hookproof-credential"):
        if not (value.isascii() and value.isprintable()):
            message = (
                f"the credential at {place} of the {exchange.status} to "
                f"{exchange.request.label()} has characters that no header can carry"
            )
            yield failed(
                ledger,
                pointer,
                exchange,
                message,
                instance=place,
                apart="unusable",
                expected="printable ASCII",
                received="other characters",
            )


def _issuing_pointer(ledger: Ledger, exchange: Exchange) -> str:
    """Return the pointer of the `x-hookproof-credential` in the success response."""
    return next(
        pointer
        for success in exchange.request.operation.responses_caused_by("valid-request")
        for schema in list(success.content.values())[:1]
        for _, pointer in extended_properties(ledger.contract, schema, "x-hookproof-credential")
    )
