"""Sequences that depend on responses: held permissions, duplicates, rate limit."""

from dataclasses import replace

from contracts.execution.operation_session import OperationSession
from contracts.generators.credentials import forbidden_credentials
from contracts.model.case import (
    CONCURRENT_PHASE,
    DUPLICATE_PHASE,
    RATE_LIMIT_PHASE,
    UNAUTHORIZED_DUPLICATE_PHASE,
    Case,
    constant_value,
)
from contracts.model.exchange import Credential
from contracts.model.settings import PROFILES
from openapi.contract import ResponseSpec
from openapi.json_pointer import get_at
from openapi.runtime_expression import parse_expression

REPETITION_COUNT = 3
CONCURRENT_REQUESTS = 8


def probe_held_permissions(session: OperationSession) -> bool:
    """Find the permissions that the run's credential may grant to others.

    A service may reject other permissions. Return whether any were found; the session then requests
    only those.
    """
    success = session.operation.status_caused_by("valid-request")
    needed = list(session.operation.permissions)
    subsets = [place for place in session.correlators if place.kind == "subset"]
    if success is None or not needed or len(subsets) != 1:
        return False
    place = subsets[0]

    def may_give(permissions: list[str]) -> bool:
        values = {place.request: constant_value(permissions)}
        described, body = "probe of permissions", session.base_body()
        case = Case("probe: held permissions", described, body, values=values)
        return session.send(case).status == success

    if not may_give(needed):
        return False
    held_permissions = [p for p in place.values if p in needed or may_give([*needed, p])]
    narrowed = replace(
        place,
        values=tuple(held_permissions),
        minimum=min(place.minimum, len(held_permissions)),
        maximum=min(place.maximum, len(held_permissions)),
    )
    session.correlators = tuple(
        narrowed if other is place else other for other in session.correlators
    )
    return True


def send_repetitions(session: OperationSession) -> None:
    """Send duplicates of accepted requests: the same `duplicate-values`, other values unique.

    The last one has a credential without the permission.
    """
    response_spec = session.operation.response_caused_by("duplicate-request")
    success = session.operation.status_caused_by("valid-request")
    if response_spec is None or success is None:
        return
    for _ in range(REPETITION_COUNT):
        first = session.send(Case("valid", "before a duplicate", session.base_body()))
        if first.status == success:
            session.send(
                _repetition_case(session, response_spec, first.request.json.value, DUPLICATE_PHASE)
            )
    for credential in _unauthorized_credentials(session):
        body = first.request.json.value
        case = _repetition_case(session, response_spec, body, UNAUTHORIZED_DUPLICATE_PHASE)
        described = f"{case.description}, {credential.label}"
        session.send(replace(case, description=described, credential=credential))


def unauthorized_duplicate_count(session: OperationSession) -> int:
    """Return the number of duplicates whose credential lacks the permission."""
    return len(_unauthorized_credentials(session))


def _unauthorized_credentials(session: OperationSession) -> list[Credential]:
    if session.operation.scheme is None or not PROFILES[session.settings.profile].breadth:
        return []
    return list(forbidden_credentials(session.settings))


def _repetition_case(
    session: OperationSession, response_spec: ResponseSpec, body: object, phase: str
) -> Case:
    places = [
        parse_expression(expression).where for expression in response_spec.cause["duplicate-values"]
    ]
    values = {where: constant_value(get_at(body, where)) for where in places}
    described = f"duplicate of {', '.join(places)}"
    return Case(phase, described, session.base_body(), values=values)


def send_concurrently(session: OperationSession, concurrent_rounds: int) -> None:
    """Send a group of concurrent duplicates, `concurrent_rounds` times."""
    response_spec = session.operation.response_caused_by("duplicate-request")
    if response_spec is None:
        return
    for _ in range(concurrent_rounds):
        model = session.request(Case("template", "", session.base_body()))
        case = replace(
            _repetition_case(session, response_spec, model.json.value, CONCURRENT_PHASE),
            description=f"one of {CONCURRENT_REQUESTS} concurrent duplicates",
            concurrent_group=model.number,
        )
        session.send_together([case] * CONCURRENT_REQUESTS)


def send_burst(session: OperationSession) -> str | None:
    """Send 1.5 times the rate limit; return a sentence if the contract has no limit."""
    limit = session.operation.rate_limit
    rejected = session.operation.status_caused_by("rate-limit-exceeded")
    if limit is None or rejected is None:
        return "the contract states no rate limit to exceed"
    for _ in range(int(limit["requests"] * 1.5) + 1):
        case = Case(RATE_LIMIT_PHASE, "one of a burst", session.base_body())
        if session.send_once(case).status == rejected:
            return None
    return None
