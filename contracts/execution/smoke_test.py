"""Smoke test: a plain valid request to each operation, before its first phase."""

from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from contracts.execution import sequences
from contracts.execution.access import rejection_advice
from contracts.execution.operation_session import OperationSession
from contracts.model.case import SMOKE_TEST_PHASE, Case
from contracts.model.errors import RunStopped, TargetNotCreated
from contracts.model.exchange import Exchange
from openapi.contract import Operation
from openapi.parameters import path_parameter_names

MAX_SMOKE_TEST_TRIES = 3

_STATUS_ADVICE = {
    404: "the service has no such operation: check the URL and its path prefix",
    405: "the path does not allow this method: check the URL and its path prefix",
    429: "the service limits the request rate: wait, or pass --rate-limit",
}
_NO_RESOURCE_ADVICE = (
    "the service has no such operation, or no resource with the example values of its path: "
    "check the URL and its path prefix, and give examples that exist"
)


@dataclass(frozen=True, slots=True)
class SmokeTestFailure:
    """Reason why the plain valid request of an operation decides nothing about it."""

    kind: Literal["unreachable", "no response", "limited", "rejected", "not sent", "not created"]
    """`not sent`: the budget does not allow it; `not created`: the run has no target."""
    where: str
    """Method and URL of the operation."""
    status: int | None
    """Status of the last response; None if there is none."""
    cause: str
    """Cause, and what to do about it."""

    @property
    def sentence(self) -> str:
        """Sentence with the place, the status and the cause."""
        got = f" got {self.status}" if self.status else ""
        return f"{self.where}{got}: {self.cause}"


def run_smoke_test(session: OperationSession) -> SmokeTestFailure | None:
    """Send a plain valid request up to three times; return why it decides nothing, or None."""
    where = f"{session.operation.method} {session.url}"
    try:
        exchange = _send_until_accepted(session)
    except RunStopped as stop:
        return SmokeTestFailure(_kind_of_stop(session, stop), where, None, str(stop))
    failure = exchange.failure
    if failure is not None and failure.status is None:
        cause = f"{failure.message}; check that the service runs at this URL"
        is_refused = failure.kind == "unreachable"
        return SmokeTestFailure("unreachable" if is_refused else "no response", where, None, cause)
    advice = _advice(session, exchange.status or 0)
    if advice is None:
        return None
    is_limited = exchange.status == HTTPStatus.TOO_MANY_REQUESTS
    return SmokeTestFailure("limited" if is_limited else "rejected", where, exchange.status, advice)


def _kind_of_stop(
    session: OperationSession, stop: RunStopped
) -> Literal["unreachable", "rejected", "not sent", "not created"]:
    is_not_created = isinstance(stop, TargetNotCreated)
    if stop.intentional and not is_not_created:
        return "not sent"
    last = [creator.exchanges[-1] for creator in session.creators if creator.exchanges]
    refused = any(e.failure is not None and e.failure.kind == "unreachable" for e in last)
    return "unreachable" if refused else "not created" if is_not_created else "rejected"


def _advice(session: OperationSession, status: int) -> str | None:
    """Return what to do about a status that decides nothing; None for others."""
    operation = session.operation
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return rejection_advice(session, status)
    if operation.has_default_causes and status in (404, 429):
        return None if status == 404 else _STATUS_ADVICE[429]  # what lacks is the resource
    if status != 404 or session.creator or not path_parameter_names(operation.path):
        return _STATUS_ADVICE.get(status)
    excluded = [o.id for o in session.contract.excluded if _links_to(o, operation)]
    if excluded:
        return (
            f"the run does not create its resource, because {excluded[0]} is left out: "
            f"pass --operation {excluded[0]} too"
        )
    return _NO_RESOURCE_ADVICE


def _links_to(creator: Operation, operation: Operation) -> bool:
    successes = creator.responses_caused_by("valid-request")
    return any(link.operation == operation.id for success in successes for link in success.links)


def _send_until_accepted(session: OperationSession) -> Exchange:
    case = Case(SMOKE_TEST_PHASE, "a plain valid request", session.base_body())
    exchange = _send(session, case)
    for _ in range(MAX_SMOKE_TEST_TRIES - 1):
        is_limited = exchange.has_status_of("rate-limit-exceeded")
        if exchange.status is not None and (exchange.status < 400 or is_limited):
            break
        exchange = _send(session, case)
    may_lack = {
        status
        for rejection in session.operation.allowed_rejections
        if rejection.get("caller-lacks-permission")
        for status in rejection["statuses"]
    }
    if str(exchange.status) in may_lack and sequences.probe_held_permissions(session):
        exchange = _send(session, case)
    return exchange


def _send(session: OperationSession, case: Case) -> Exchange:
    """Send `case`; return the last try if the budget allows no further one."""
    try:
        return session.send(case)
    except RunStopped as stop:
        tries = [e for e in session.exchanges if e.request.phase == SMOKE_TEST_PHASE]
        if stop.intentional and tries:
            return tries[-1]
        raise


def never_succeeded(session: OperationSession) -> str | None:
    """Return the statuses of an operation that never answered 2xx; None if it did."""
    success = session.operation.statuses_caused_by("valid-request")
    statuses = Counter(exchange.status for exchange in session.exchanges)
    if not statuses or any(s is not None and (s // 100 == 2 or s in success) for s in statuses):
        return None
    named = ", ".join(f"{s or 'no response'} in {count}" for s, count in statuses.most_common())
    total = statuses.total()
    return f"never answered 2xx: {named} of {total} request{'' if total == 1 else 's'}"
