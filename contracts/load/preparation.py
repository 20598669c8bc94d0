"""Preparation of a load: the operations that accept a valid request, and their bodies."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from contracts.execution.operation_session import OperationSession
from contracts.execution.smoke_test import run_smoke_test
from contracts.execution.target import Target
from contracts.expectations.expectation import expected_response
from contracts.generators.generated_bodies import generated_cases
from contracts.model.case import SMOKE_TEST_PHASE, Case
from contracts.model.correlators import expiry_bounds
from contracts.model.errors import RunStopped
from contracts.model.own_targets import OwnTargets
from contracts.model.settings import PROFILES, Settings
from contracts.model.unique_values import UniqueValues
from contracts.run import connect_linked_resources
from openapi.contract import Contract, Json


@dataclass(frozen=True, slots=True)
class Preparation:
    """Result of the preparation of a load."""

    operations: tuple[str, ...]
    """Ids of the operations that get load."""
    bodies: Mapping[str, tuple[Json, ...]]
    """Id of an operation -> valid bodies that a service may not reject."""
    left_out: Mapping[str, str]
    """Id of each other operation, and why it gets no load."""
    marks: tuple[str, ...]
    """Marks of the requests that were sent: their events may arrive during the load."""


def prepare(
    contract: Contract, settings: Settings, target: Target, progress: Callable[[str], None]
) -> Preparation:
    """Send a plain valid request to each operation, and generate the bodies of the load."""
    values = UniqueValues(
        settings.run_id,
        settings.seed,
        datetime.now(UTC),
        expiry_bounds(contract) if settings.gentle else None,
    )
    own = OwnTargets(contract, allow_destructive=settings.allow_destructive)
    left_out = {one.id: one.sentence for one in own.refused()}
    sessions = []
    for operation in contract.operations:
        if not operation.accepts_valid_requests:
            left_out[operation.id] = "it documents no response to a valid request"
        elif operation.id not in left_out:
            sessions.append(
                OperationSession(contract, operation, settings, target, values, progress)
            )
    connect_linked_resources(sessions, own)
    for session in sessions:
        progress(f"{session.operation.method} {session.operation.path} ...")
        reason = _reason_without_load(session)
        if reason is not None:
            left_out[session.operation.id] = reason
    ready = [one for one in sessions if one.operation.id not in left_out]
    bodies = {
        one.operation.id: valid_bodies(one, settings)
        for one in ready
        if one.operation.body is not None
    }
    sent = [exchange.request.mark for one in sessions for exchange in one.exchanges]
    return Preparation(tuple(one.operation.id for one in ready), bodies, left_out, tuple(sent))


def _reason_without_load(session: OperationSession) -> str | None:
    """Return why the operation gets no load; None also for a wrong response, which load shows."""
    lacking = session.lacking_request
    if lacking is not None:
        return lacking.reason_without_request
    failure = run_smoke_test(session)
    return None if failure is None else failure.sentence


def valid_bodies(session: OperationSession, settings: Settings) -> tuple[Json, ...]:
    """Return bodies that the contract calls valid, and that no service may reject."""
    count = PROFILES[settings.profile].valid_bodies
    cases = generated_cases(
        session.contract, session.operation, settings.seed, count, 0, settings.cache_dir
    )
    found = [session.base_body()]
    for case in cases:
        if not isinstance(case.body, bytes) and _is_plain(case.body):
            try:
                request = session.request(Case(SMOKE_TEST_PHASE, "a valid request", case.body))
            except RunStopped:
                break
            expected = expected_response(session.contract, request, datetime.now(UTC).timestamp())
            if expected.kind == "valid" and not expected.allowed_rejections:
                found.append(case.body)
    return tuple(found)


def _is_plain(body: object) -> bool:
    """Return whether a body survives the way to another process as JSON."""
    try:
        return bool(json.loads(json.dumps(body)) == body)
    except (TypeError, ValueError):
        return False


def open_target(settings: Settings) -> Target:
    """Return the target of the plain requests; close it after use."""
    return Target(
        settings.url,
        headers=settings.headers,
        timeout=settings.request_timeout,
        verify=settings.tls_verify,
    )
