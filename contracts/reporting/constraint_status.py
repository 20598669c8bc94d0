"""Constraint status of each constraint: enforced, violated, undecided, not exercised. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from contracts.expectations.constraints import Constraint, constraint_keys, list_constraints
from contracts.expectations.keywords import ConstraintKey
from contracts.generators.access.tokens import reason_untested
from contracts.judgement import Judgement
from contracts.ledger.ledger import Ledger
from contracts.model.selection import IncompleteOperation
from contracts.model.settings import Settings
from openapi.contract import Contract, Operation, ResponseSpec
from openapi.security import required_schemes

StatusValue = Literal["enforced", "violated", "undecided", "not exercised"]

NOT_ISOLATED_REASON = "not tested in isolation"
"""Reason of a constraint that requests broke only together with others."""
UNSEEN_REASONS: dict[str, tuple[str, str | None]] = {
    "valid-request": ("no valid request got this response", None),
    "invalid-request": ("no invalid request got this response", None),
    "invalid-credential": ("no invalid credential got this response", None),
    "insufficient-permission": (
        "no token without the permission was given",
        "pass --token-without-permission",
    ),
    "duplicate-request": (
        "no duplicate request got this response: the service allows duplicates",
        None,
    ),
    "unknown-resource": ("no unknown resource was requested", None),
    "rate-limit-exceeded": ("the rate limit was not exceeded", "pass --extra-phase rate-limit"),
    "server-error": ("no request got a server error", None),
}
"""Cause of a response -> why no response had it, and a hint for the user or None."""


@dataclass(frozen=True, slots=True)
class ConstraintStatus:
    """Status of one constraint after the run."""

    constraint: Constraint
    status: StatusValue
    cases: int
    """Number of cases that decided it."""
    reason: str | None = None
    """Reason why it is undecided or not exercised, or None."""
    hint: str | None = None
    """Option that decides the constraint, or None."""


def constraint_statuses(
    ledger: Ledger, judgements: Iterable[Judgement], crashes: Mapping[str, str] | None = None
) -> list[ConstraintStatus]:
    """Return the status of every constraint of the contract.

    `crashes` has a sentence for each check that crashed, by its name.
    """
    by_key: dict[ConstraintKey, list[Judgement]] = {}
    for judgement in judgements:
        by_key.setdefault(judgement.constraint, []).append(judgement)
    untested = _untested_operations(ledger)
    return [
        _operation_status(constraint, untested[constraint.key])
        if constraint.key in untested and constraint.key not in by_key
        else _constraint_status(ledger, constraint, by_key.get(constraint.key, []), crashes or {})
        for constraint in list_constraints(ledger.contract)
    ]


def _untested_operations(ledger: Ledger) -> Mapping[ConstraintKey, IncompleteOperation]:
    """Return the operation of each constraint that only untested operations have."""
    marked = {
        one.id: one
        for one in ledger.incomplete
        if one.status == "not exercised" or (one.status == "undecided" and not one.judged)
    }
    if not marked:
        return {}
    contract = ledger.contract
    found: dict[ConstraintKey, IncompleteOperation] = {}
    for operation in contract.operations:
        if operation.id in marked:
            for key in constraint_keys(contract, [operation]):
                found.setdefault(key, marked[operation.id])
    tested = [operation for operation in contract.operations if operation.id not in marked]
    for key in constraint_keys(contract, tested) & found.keys():
        del found[key]
    return found


def _operation_status(constraint: Constraint, marked: IncompleteOperation) -> ConstraintStatus:
    if marked.status == "undecided":
        reason = f"{marked.id}: {marked.reason}"
        return ConstraintStatus(constraint, "undecided", 0, reason, marked.hint or None)
    reason = f"its operation was not tested: {marked.reason}"
    return ConstraintStatus(constraint, "not exercised", 0, reason, marked.hint or None)


def _constraint_status(
    ledger: Ledger,
    constraint: Constraint,
    judgements: list[Judgement],
    crashes: Mapping[str, str],
) -> ConstraintStatus:
    cases = len({j.case_id for j in judgements if not j.undecided_reason})
    if any(j.finding is not None for j in judgements):
        return ConstraintStatus(constraint, "violated", cases)
    if cases:
        return ConstraintStatus(constraint, "enforced", cases)
    undecided_reasons = [j.undecided_reason for j in judgements if j.undecided_reason]
    if undecided_reasons:
        return ConstraintStatus(constraint, "undecided", 0, undecided_reasons[0])
    if ledger.settings.selection.is_partial:
        return ConstraintStatus(constraint, "not exercised", 0, "the run is partial")
    reason, hint = _untested_reason(ledger, constraint)
    # What the user can change is undecided; the rest depends on what the service sends.
    changeable = hint is not None or reason == NOT_ISOLATED_REASON
    status: StatusValue = "undecided" if changeable else "not exercised"
    about_webhooks = constraint.kind in ("webhook", "echo", "signature")
    for name, crash in crashes.items():
        # Which constraints a check would have judged is not known, only of which kind they are.
        if hint is None and name.startswith("webhook-") == about_webhooks:
            status, reason = "undecided", crash
    return ConstraintStatus(constraint, status, 0, reason, hint)


def _untested_reason(ledger: Ledger, constraint: Constraint) -> tuple[str, str | None]:
    match constraint.kind:
        case "webhook" | "echo" | "signature":
            return _undecided_webhook_reason(ledger, constraint)
        case "security":
            return reason_untested(ledger.settings, constraint.detail)
        case "request":
            return _untested_request_reason(ledger.contract, constraint), None
    return _undecided_response_reason(ledger, constraint)


def _untested_request_reason(contract: Contract, constraint: Constraint) -> str:
    """Return why no request broke the constraint alone: nothing writes it, or nothing varies it."""
    known = _reasons_by_pointer(contract)
    above = accumulate(constraint.pointer.split("/"), "{}/{}".format)
    return next((known[place] for place in above if place in known), NOT_ISOLATED_REASON)


@lru_cache(maxsize=1)
def _reasons_by_pointer(contract: Contract) -> Mapping[str, str]:
    """Return why no request varies a media type or parameter, by its pointer."""
    found: dict[str, str] = {}
    for operation in contract.operations:
        for spec in operation.content.values():
            if spec.kind is None:
                found.setdefault(spec.pointer, f"hookproof sends no {spec.name}")
            elif spec is not operation.body:
                found.setdefault(spec.pointer, f"only valid bodies were sent as {spec.name}")
        for parameter in operation.parameters:
            if not parameter.style.is_supported:
                named = f"the {parameter.location} parameter {parameter.name}"
                found.setdefault(parameter.pointer, f"hookproof cannot send {named}")
    return found


def _undecided_response_reason(ledger: Ledger, constraint: Constraint) -> tuple[str, str | None]:
    if constraint.pointer.endswith("/x-hookproof-rate-limit"):
        return UNSEEN_REASONS["rate-limit-exceeded"]
    phases = ledger.settings.extra_phases
    if constraint.pointer.endswith("/concurrent") and "concurrency" not in phases:
        return "no concurrent duplicate requests were sent", "pass --extra-phase concurrency"
    found = _enclosing_response(ledger.contract, constraint.pointer)
    if found is not None and found[1] not in ledger.seen_responses:
        return unseen_reason(ledger.settings, *found)
    return (
        f"no response had {'this header' if constraint.kind == 'header' else 'a value here'}",
        None,
    )


def _undecided_webhook_reason(ledger: Ledger, constraint: Constraint) -> tuple[str, str | None]:
    if not ledger.settings.webhooks:
        return "webhooks are disabled", "drop --no-webhooks"
    if constraint.keyword in ("retries", "within-deadline"):
        remote = ledger.settings.sink_url is not None
        asked = "retry" in ledger.settings.extra_phases
        hint = "drop --sink" if remote else None if asked else "pass --extra-phase retry"
        return "no delivery was rejected", hint
    if not ledger.deliveries:
        return "no delivery was received", None
    if constraint.kind == "echo":
        return "no accepted request had a value here", None
    return "no delivery had a value here", None


def unseen_reason(
    settings: Settings, operation: Operation, response: ResponseSpec
) -> tuple[str, str | None]:
    """Return why no request to the operation got the response, and a hint."""
    unknown = ("the contract states no cause", None)
    by = response.cause.get("kind", "")
    if by == "invalid-credential" and operation.allows_anonymous:
        return "the operation needs no credential", None
    kinds = {one.scheme.kind for one in required_schemes(operation.security)}
    if by == "insufficient-permission" and "bearer" not in kinds:
        return "no credential of this scheme lacks a permission", None
    if by == "insufficient-permission" and settings.token_without_permission:
        return "no credential without the permission got this response", None
    return UNSEEN_REASONS.get(by, unknown)


def _enclosing_response(contract: Contract, pointer: str) -> tuple[Operation, ResponseSpec] | None:
    known = _responses_by_pointer(contract)
    above = accumulate(pointer.split("/")[:-1], "{}/{}".format)
    return next((known[place] for place in above if place in known), None)


@lru_cache(maxsize=1)
def _responses_by_pointer(contract: Contract) -> Mapping[str, tuple[Operation, ResponseSpec]]:
    responses = [(o, r) for o in contract.operations for r in o.responses.values()]
    return {response.pointer: (operation, response) for operation, response in reversed(responses)}


def reason_sentence(reason: str, hint: str | None) -> str:
    """Return reason and hint as one sentence."""
    return f"{reason}: {hint}" if hint else reason
