"""Every constraint of the contract with what the run came to about it. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from contracts.checks.judgement import Judgement
from contracts.expectations.constraints import Constraint, list_constraints
from contracts.expectations.keywords import ConstraintKey
from contracts.generators.credentials import reason_untested
from contracts.ledger.ledger import Ledger
from contracts.model.settings import Settings
from openapi.contract import Contract, ResponseSpec
from openapi.json_pointer import join_pointer

ConstraintState = Literal["enforced", "violated", "undecided"]

UNSEEN_REASONS: dict[str, tuple[str, str | None]] = {
    "valid-request": ("no valid request was answered so", None),
    "invalid-request": ("no invalid request was answered so", None),
    "invalid-credential": ("no bad credential was answered so", None),
    "insufficient-permission": (
        "no token without the permission was given",
        "pass --token-without-permission",
    ),
    "duplicate-request": (
        "no repeated request was answered so: the service allows repetition",
        None,
    ),
    "unknown-resource": ("nothing that is unknown was asked for", None),
    "rate-limit-exceeded": ("the rate limit was not exceeded", "pass --extra-phase rate-limit"),
    "server-error": ("a failure of the service, which is never asked for", None),
}
"""Why an answer was not seen, by what brings it about, and what would bring it about."""


@dataclass(frozen=True, slots=True)
class ConstraintStatus:
    """What is known of one constraint after the run."""

    constraint: Constraint
    state: ConstraintState
    cases: int
    """How many cases tried it."""
    reason: str | None = None
    """Why it is undecided."""
    cure: str | None = None
    """What whoever runs this can do so that it is decided."""


def constraint_statuses(ledger: Ledger, judgements: Iterable[Judgement]) -> list[ConstraintStatus]:
    """Return the standing of every constraint of the contract."""
    by_key: dict[ConstraintKey, list[Judgement]] = {}
    for judgement in judgements:
        by_key.setdefault(judgement.constraint, []).append(judgement)
    return [
        _constraint_status(ledger, constraint, by_key.get(constraint.key, []))
        for constraint in list_constraints(ledger.contract)
    ]


def _constraint_status(
    ledger: Ledger, constraint: Constraint, judgements: list[Judgement]
) -> ConstraintStatus:
    cases = len({j.case_id for j in judgements if not j.undecided_reason})
    if any(j.finding is not None for j in judgements):
        return ConstraintStatus(constraint, "violated", cases)
    if cases:
        return ConstraintStatus(constraint, "enforced", cases)
    doubts = [j.undecided_reason for j in judgements if j.undecided_reason]
    reason, cure = (doubts[0], None) if doubts else _undecided_reason(ledger, constraint)
    return ConstraintStatus(constraint, "undecided", 0, reason, cure)


def _undecided_reason(ledger: Ledger, constraint: Constraint) -> tuple[str, str | None]:
    match constraint.kind:
        case "webhook" | "echo" | "signature":
            return _undecided_webhook_reason(ledger, constraint)
        case "security":
            return reason_untested(ledger.settings, constraint.detail)
        case "request":
            return "no request broke it alone", None
    return _undecided_response_reason(ledger, constraint)


def _undecided_response_reason(ledger: Ledger, constraint: Constraint) -> tuple[str, str | None]:
    if constraint.pointer.endswith("/x-hookproof-rate-limit"):
        return UNSEEN_REASONS["rate-limit-exceeded"]
    if (
        constraint.pointer.endswith("/concurrent")
        and "concurrency" not in ledger.settings.extra_phases
    ):
        return "nothing was asked for twice at once", "pass --extra-phase concurrency"
    response = _enclosing_response(ledger.contract, constraint.pointer)
    if response is not None and not _is_seen(ledger, response):
        return unseen_reason(ledger.settings, response)
    return (
        f"no answer had {'this header' if constraint.kind == 'header' else 'a value there'}",
        None,
    )


def _undecided_webhook_reason(ledger: Ledger, constraint: Constraint) -> tuple[str, str | None]:
    if not ledger.settings.webhooks:
        return "the webhooks were left out", "drop --no-webhooks"
    if constraint.keyword in ("retries", "within-deadline"):
        remote = ledger.settings.sink_url is not None
        asked = "retry" in ledger.settings.extra_phases
        cure = "drop --sink" if remote else None if asked else "pass --extra-phase retry"
        return "no delivery was refused", cure
    if not ledger.deliveries:
        return "no delivery came", None
    if constraint.kind == "echo":
        return "no request that was accepted said anything there", None
    return "no delivery had a value there", None


def unseen_reason(settings: Settings, response: ResponseSpec) -> tuple[str, str | None]:
    """Return why the answer was not seen, and what would bring it about."""
    unknown = ("nothing is known that brings it about", None)
    by = response.cause.get("kind", "")
    if by == "insufficient-permission" and settings.token_without_permission:
        return "no credential without the permission was answered so", None
    return UNSEEN_REASONS.get(by, unknown)


def documented_responses(contract: Contract) -> Iterator[ResponseSpec]:
    """Yield every documented answer of every operation."""
    for operation in contract.operations:
        yield from operation.responses.values()


def _enclosing_response(contract: Contract, pointer: str) -> ResponseSpec | None:
    found = (
        r for r in documented_responses(contract) if pointer.startswith(join_pointer(r.pointer, ""))
    )
    return next(found, None)


def _is_seen(ledger: Ledger, response: ResponseSpec) -> bool:
    return any(
        exchange.request.operation.responses.get(str(status)) is response
        for exchange, status in ledger.answered_exchanges
    )


def reason_sentence(reason: str, cure: str | None) -> str:
    """Return reason and cure as one sentence."""
    return f"{reason}: {cure}" if cure else reason
