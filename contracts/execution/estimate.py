"""Estimate of requests and created resources, before the first request. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from contracts.execution import issued_tokens, sequences
from contracts.execution.issued_tokens import CredentialIssuer
from contracts.execution.operation_session import OperationSession
from contracts.execution.phases import Phase
from contracts.execution.webhook_retry import retry_plan
from contracts.expectations.expectation import may_succeed
from contracts.generators.access.forms import altered_tokens
from contracts.generators.token_requests import SIMULTANEOUS_USES, USE_ORDER, TokenRequest
from contracts.model.case import Case, build_request
from contracts.model.settings import PROFILES, Settings
from contracts.model.unique_values import RequestValues, UniqueValues

MAX_OPERATIONS = 20
"""Maximum number of operations that a run estimates, because it generates all cases for that."""


@dataclass(frozen=True, slots=True)
class OperationEstimate:
    """Estimate for one operation."""

    label: str
    """Id, method and path."""
    requests: int
    creations: int
    """Number of requests that may create a resource."""

    @property
    def sentence(self) -> str:
        """Sentence for the user."""
        created = f", creates up to {self.creations} resources" if self.creations else ""
        return f"{self.label}: about {self.requests} requests{created}"


@dataclass(frozen=True, slots=True)
class RunEstimate:
    """Number of requests, and of those that may create a resource."""

    operations: tuple[OperationEstimate, ...]
    limits: str
    """Limits of the run as the end of a sentence, or empty."""
    random_bodies_drawn: bool
    """Whether the random bodies are drawn; if not, duplicates among them are counted too."""

    @property
    def sentence(self) -> str:
        """Sentence for the user."""
        about = "about" if self.random_bodies_drawn else "at most about"
        requests = sum(operation.requests for operation in self.operations)
        creations = sum(operation.creations for operation in self.operations)
        return (
            f"this run sends {about} {requests} requests and creates up to {creations} "
            f"resources{self.limits}"
        )


def estimate_cost(
    sessions: Sequence[OperationSession],
    phases_of: Callable[[OperationSession], Iterable[Phase]],
) -> RunEstimate:
    """Return the estimate for the phases of each operation and the sequences after them."""
    return RunEstimate(
        tuple(_estimate_operation(session, phases_of(session)) for session in sessions),
        format_limits(sessions[0].settings) if sessions else "",
        not any(session.settings.dry_run for session in sessions),
    )


def format_limits(settings: Settings) -> str:
    """Return when a run stops, as the end of a sentence; empty without a limit."""
    limits = []
    if settings.max_requests is not None:
        limits.append(f"{settings.max_requests} requests (--max-requests)")
    if settings.max_time is not None:
        limits.append(f"{settings.max_time:g} s (--max-time)")
    return f", and stops after {' or '.join(limits)}" if limits else ""


def _estimate_operation(session: OperationSession, phases: Iterable[Phase]) -> OperationEstimate:
    settings, operation = session.settings, session.operation
    request_values = UniqueValues("000000", 0, datetime.now(UTC)).next()
    cases = [case for phase in phases for case in phase.cases]
    creating = sum(_may_create(session, case, request_values) for case in cases)
    sent, created = _estimate_sequences(session)
    if settings.dry_run and settings.selection.sends("fuzzing") and operation.has_json_body:
        profile = PROFILES[settings.profile]
        sent += profile.valid_bodies + profile.invalid_bodies
        created += profile.valid_bodies
    requests = 1 + len(cases) + sent
    creations = (1 + creating + created) * operation.may_create
    if session.linked_resource is not None:
        needed = session.linked_resource.required_count(1 + creating + created)
        requests += needed
        creations += needed
    label = f"{operation.id} ({operation.method} {operation.path})"
    return OperationEstimate(label, requests, creations)


def _may_create(session: OperationSession, case: Case, request_values: RequestValues) -> bool:
    request = build_request(
        session.contract,
        session.operation,
        session.correlators,
        case,
        request_values,
        session.credential,
        session.required_values(),
    )
    return may_succeed(session.contract, request)


def _estimate_sequences(session: OperationSession) -> tuple[int, int]:
    """Return the number of requests that depend on responses, and of those that may create."""
    settings: Settings = session.settings
    sends = settings.selection.sends
    sent = created = 0
    for issuer in issued_tokens.find_issuers(session):
        token_requests = list(issuer.terms.token_requests())
        later = _later_uses(issuer)
        if sends("issued credentials"):
            # An issued credential is probably of the same kind as that of the run.
            altered = len(altered_tokens(session.credentials.token, issuer.terms.breadth))
            sent += 2 * len(token_requests) + altered
            created += len(token_requests) + _accepted_count(token_requests)
        if sends("credentials of other requests"):
            others = later + issued_tokens.MAX_OTHER_CREDENTIALS
            sent, created = sent + others, created + others
    repeats = sends("duplicate requests")
    conflicts = bool(session.operation.duplicate_values)
    if repeats and conflicts:
        sent += sequences.REPETITION_SIZE * sequences.REPETITION_COUNT
        sent += sequences.unauthorized_duplicate_count(session)
        created += sequences.REPETITION_SIZE * sequences.REPETITION_COUNT
    if "concurrency" in settings.extra_phases:
        profile = PROFILES[settings.profile]
        issuers = list(issued_tokens.find_issuers(session))
        concurrent_requests = [one for i in issuers for one in i.terms.concurrent_requests()]
        uses = sum(SIMULTANEOUS_USES for issuer in issuers if issuer.terms.breadth)
        if sends("concurrently issued credentials"):
            sent += 2 * len(concurrent_requests) + uses
            created += len(concurrent_requests) + _accepted_count(concurrent_requests) + uses
        if sends("concurrent duplicates") and conflicts:
            sent += profile.concurrent_rounds * sequences.CONCURRENT_REQUESTS
            created += profile.concurrent_rounds
        if sends("credentials at once"):
            mixed = sequences.mixed_credentials(session)
            valid = sum(one.expected_outcome == "accepted" for one in mixed)
            sent += profile.mixed_rounds * len(mixed)
            created += profile.mixed_rounds * valid
    bursts = "rate-limit" in settings.extra_phases and sends("rate limit")
    if bursts and session.operation.rate_limit is not None:
        sent += int(session.operation.rate_limit["requests"] * 1.5) + 1
        created += session.operation.rate_limit["requests"]
    plan = retry_plan(session)
    retries = "retry" in settings.extra_phases and sends("retry")
    if plan is not None and retries and settings.webhooks:
        sent, created = sent + plan.request_count, created + plan.request_count
    return sent, created


def _later_uses(issuer: CredentialIssuer) -> int:
    """Return the number of requests that issue or use a credential after all kinds were tried."""
    return 1 + (len({*USE_ORDER}) + len(USE_ORDER) if issuer.terms.breadth else 0)


def _accepted_count(token_requests: Iterable[TokenRequest]) -> int:
    """Return the number of credentials that allow another creation."""
    return sum(one.expected_outcome == "accepted" for one in token_requests)
