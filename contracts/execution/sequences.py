"""Sequences that depend on responses: held permissions, duplicates, concurrency, rate limit."""

from collections.abc import Sequence
from dataclasses import replace

from contracts.execution.operation_session import OperationSession
from contracts.generators.parameters import duplicate_parameters
from contracts.model.case import (
    CONCURRENT_PHASE,
    DUPLICATE_PHASE,
    RATE_LIMIT_PHASE,
    UNAUTHORIZED_DUPLICATE_PHASE,
    Case,
    ValueFactory,
    constant_value,
)
from contracts.model.credential_kinds import FORGED_KINDS, WRONG_VALUE
from contracts.model.exchange import Credential, Request
from contracts.model.settings import PROFILES
from openapi.json_pointer import MISSING, get_at
from openapi.runtime_expression import parse_expression
from openapi.serialization.text_values import serialize_value

REPETITION_COUNT = 3
REPETITION_SIZE = 4
"""Number of requests in each repetition."""
CONCURRENT_REQUESTS = 8


def probe_held_permissions(session: OperationSession) -> bool:
    """Find the permissions that the run's credential may grant to others.

    A service may reject other permissions. Return whether any were found; the session then requests
    only those.
    """
    needed = list(session.operation.permissions)
    subsets = [place for place in session.correlators if place.kind == "subset"]
    if not needed or len(subsets) != 1:
        return False
    place = subsets[0]

    def may_give(permissions: list[str]) -> bool:
        values = {place.request: constant_value(permissions)}
        described, body = "probe of permissions", session.base_body()
        case = Case("probe: held permissions", described, body, values=values)
        return session.send(case).has_status_of("valid-request")

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
    """Send duplicates of accepted requests, and after them a valid request of the same length.

    The first duplicate has the same `duplicate-values` and other values unique, the second is equal
    in every byte. A service may confuse what has the same length, or follows a rejection. The last
    duplicate has a credential without the permission.
    """
    if not session.operation.duplicate_values:
        return
    for _ in range(REPETITION_COUNT):
        first = session.send(Case("valid", "before a duplicate", session.base_body()))
        if first.has_status_of("valid-request"):
            session.send(_repetition_case(session, first.request, DUPLICATE_PHASE))
            session.send(_equal_case(session, first.request, DUPLICATE_PHASE))
            session.send(_case_of_same_length(session, first.request.json.value))
    for credential in _unauthorized_credentials(session):
        case = _repetition_case(session, first.request, UNAUTHORIZED_DUPLICATE_PHASE)
        described = f"{case.description}, {credential.label}"
        session.send(replace(case, description=described, credential=credential))


def unauthorized_duplicate_count(session: OperationSession) -> int:
    """Return the number of duplicates whose credential lacks the permission."""
    return len(_unauthorized_credentials(session))


def _unauthorized_credentials(session: OperationSession) -> list[Credential]:
    if not PROFILES[session.settings.profile].breadth:
        return []
    return list(session.credentials.forbidden())


def _repetition_case(session: OperationSession, first: Request, phase: str) -> Case:
    """Return the case that repeats the `duplicate-values` of `first`."""
    sources = [parse_expression(expression) for expression in session.operation.duplicate_values]
    if any(source.in_request_body and not source.where for source in sources):
        return _equal_case(session, first, phase)  # the whole body is among the values
    places = [source.where for source in sources]
    values = _values_at(first.json.value, [s.where for s in sources if s.in_request_body])
    described = f"duplicate of {', '.join(places)}"
    parameters = _duplicate_parameters(first)
    return Case(phase, described, session.base_body(), values=values, parameters=parameters)


def _equal_case(session: OperationSession, first: Request, phase: str) -> Case:
    """Return the case that sends the body of `first` again, equal in every byte."""
    body = first.json.value
    values = _values_at(body, [place.request for place in session.correlators])
    described, parameters = "the same bytes again", _duplicate_parameters(first)
    return Case(phase, described, body, values=values, parameters=parameters)


def _duplicate_parameters(first: Request) -> dict[str, str | None]:
    """Return the texts of the parameters of `first` that are among its `duplicate-values`."""
    keys = [parameter.key for parameter in duplicate_parameters(first.operation)]
    return {
        key: serialize_value(first.parameters[key]) if key in first.parameters else None
        for key in keys
    }


def _case_of_same_length(session: OperationSession, body: object) -> Case:
    """Return a valid case whose body is as long as `body`: unique texts and dates are so long."""
    subsets = [place.request for place in session.correlators if place.kind == "subset"]
    values = _values_at(body, subsets)
    return Case("valid", "as long as the duplicate before it", body, values=values)


def _values_at(body: object, places: Sequence[str]) -> dict[str, ValueFactory]:
    found = {where: get_at(body, where) for where in places}
    return {where: constant_value(value) for where, value in found.items() if value is not MISSING}


def send_concurrently(session: OperationSession, concurrent_rounds: int) -> None:
    """Send a group of concurrent duplicates, `concurrent_rounds` times.

    In every second round the requests are equal in every byte.
    """
    if not session.operation.duplicate_values:
        return
    for index in range(concurrent_rounds):
        model = session.request(Case("template", "", session.base_body()))
        case = (
            _equal_case(session, model, CONCURRENT_PHASE)
            if index % 2
            else _repetition_case(session, model, CONCURRENT_PHASE)
        )
        case = replace(
            case,
            description=f"one of {CONCURRENT_REQUESTS} concurrent duplicates",
            concurrent_group=model.number,
        )
        session.send_together([case] * CONCURRENT_REQUESTS)


def mixed_credentials(session: OperationSession) -> Sequence[Credential]:
    """Return the credentials of one concurrent group: valid ones, each before an invalid one.

    Empty if the operation needs no credential, or uses up a resource that all would share.
    """
    linked = session.linked_resource is not None and not session.operation.is_safe
    if session.operation.allows_anonymous or linked:
        return ()
    invalid = {c.kind: c for c in session.credentials.rejected()}
    others = [invalid[kind] for kind in ("missing", "malformed", WRONG_VALUE) if kind in invalid]
    others += [c for kind, c in invalid.items() if kind in FORGED_KINDS][:1]
    others += list(session.credentials.forbidden())[:1]
    return [one for other in others for one in (session.credential, other)]


def send_mixed_credentials(session: OperationSession, rounds: int) -> None:
    """Send valid requests with valid and invalid credentials at once, `rounds` times.

    The service must not take the caller of one request for that of another.
    """
    for _ in range(rounds):
        given = mixed_credentials(session)
        if given:
            session.send_together([_mixed_case(session, one) for one in given])


def _mixed_case(session: OperationSession, credential: Credential) -> Case:
    valid = credential.expected_outcome == "accepted"
    return Case(
        "valid" if valid else "credentials",
        f"{credential.label}, at once with others",
        session.base_body(),
        credential=credential,
    )


def send_burst(session: OperationSession) -> str | None:
    """Send 1.5 times the rate limit; return a sentence if the contract has no limit."""
    limit = session.operation.rate_limit
    if limit is None or session.operation.response_caused_by("rate-limit-exceeded") is None:
        return "the contract states no rate limit to exceed"
    for _ in range(int(limit["requests"] * 1.5) + 1):
        case = Case(RATE_LIMIT_PHASE, "one of a burst", session.base_body())
        if session.send_once(case).has_status_of("rate-limit-exceeded"):
            return None
    return None
