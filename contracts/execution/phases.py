"""Phases of one operation."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from contracts.execution import issued_tokens, phase_cases, saved_cases, sequences
from contracts.execution.operation_session import OperationSession
from contracts.execution.retry_ambiguous import AmbiguousCaseRetrier
from contracts.generators import (
    body_values,
    edge_cases,
    invalid_bodies,
    parameters,
)
from contracts.generators.generated_bodies import generated_cases
from contracts.model.case import FUZZING_PHASE, Case
from contracts.model.errors import RunStopped
from contracts.model.selection import IncompleteOperation
from contracts.model.settings import PROFILES
from openapi.contract import Json

FUZZING_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Phase:
    """Group of cases with one purpose, sent in sequence."""

    name: str
    make_cases: Callable[[], Iterable[Case]]
    stride: int = 1
    """Step through the cases: 3 sends every third case."""

    @cached_property
    def cases(self) -> Sequence[Case]:
        """Cases of the phase, generated on first access."""
        return tuple(self.make_cases())[:: self.stride]


def run_phases(
    session: OperationSession, phases: Iterable[Phase], should_stop: Callable[[], bool]
) -> list[str]:
    """Send the cases of every phase; return one sentence for each part left undecided.

    `should_stop` is called after each phase; the run ends when it returns true.
    """
    undecided: list[str] = []
    doubts = AmbiguousCaseRetrier(session)
    started = time.monotonic()
    try:
        for phase in phases:
            if phase.cases:
                session.progress(f"{phase.name} ...")
            for case in phase.cases:
                if not session.has_target(case):
                    continue
                # Limit fuzzing on a slow service: it is the least productive phase for its time.
                if case.phase == FUZZING_PHASE and time.monotonic() - started > FUZZING_TIMEOUT_S:
                    session.progress("the service is slow: no further fuzzing ...")
                    break
                doubts.send(case)
            if should_stop():
                return undecided
        for name, send_sequence in sequences_of(session).items():
            session.progress(f"{name} ...")
            undecided.append(send_sequence() or "")
            if should_stop():
                break
    except RunStopped as stop:
        if stop.intentional:
            session.incomplete = IncompleteOperation(
                session.operation.id, "cut short", str(stop), judged=True
            )
        else:
            undecided.append(f"the run was cut short: {stop}")
            session.stop_reason = str(stop)
    return [reason for reason in undecided if reason]


def build_phases(session: OperationSession, earlier: Sequence[Mapping[str, Json]]) -> list[Phase]:
    """Return the phases whose cases do not depend on responses.

    `earlier` has the saved cases of an earlier run.
    """
    contract, operation, settings = session.contract, session.operation, session.settings
    profile = PROFILES[settings.profile]
    base_body = session.base_body

    def fuzzing() -> Iterable[Case]:
        # A dry run counts random bodies, and draws none: that takes most of the time of a run.
        valid, invalid = (
            (0, 0) if settings.dry_run else (profile.valid_bodies, profile.invalid_bodies)
        )
        return generated_cases(
            contract, operation, settings.seed, valid, invalid, settings.cache_dir
        )

    plain = Case("valid", "a plain valid request", base_body())
    repeated = replace(plain, description="a plain valid request, repeated")
    phases = [
        Phase("saved cases", lambda: saved_cases.replayed_cases(session, earlier)),
        Phase("credentials", lambda: phase_cases.credential_cases(session)),
        Phase("parameters", lambda: phase_cases.valid_parameter_cases(session, plain)),
        Phase("invalid parameters", lambda: phase_cases.invalid_parameter_cases(session, plain)),
        Phase(
            "unknown resources",
            lambda: parameters.unknown_resource_cases(contract, operation, plain),
        ),
        Phase(
            "undocumented methods",
            lambda: edge_cases.other_method_cases(contract, operation, base_body()),
        ),
        Phase("request forms", lambda: phase_cases.form_cases(session, plain)),
        Phase("repeated identical requests", lambda: [repeated] * profile.repetitions),
    ]
    if operation.body is not None:
        phases[-1:] = [*_phases_of_body(session, fuzzing), phases[-1]]
    return [
        replace(phase, make_cases=_allowed(session, phase.make_cases))
        for phase in phases
        if settings.selection.sends(phase.name)
    ]


def _allowed(
    session: OperationSession, make_cases: Callable[[], Iterable[Case]]
) -> Callable[[], Iterable[Case]]:
    """Return a function that makes the cases which change nothing that others own."""
    return lambda: filter(session.may_send, make_cases())


def _phases_of_body(
    session: OperationSession, fuzzing: Callable[[], Iterable[Case]]
) -> list[Phase]:
    """Return the phases for the kind of the operation's body."""
    contract, operation = session.contract, session.operation
    is_object = isinstance(session.base_body(), dict)
    if operation.has_json_body:
        phases = _object_phases(session, fuzzing) if is_object else _json_phases(session, fuzzing)
    else:
        phases = _form_phases(session) if is_object else _content_phases(session)
    others = Phase("media types", lambda: body_values.media_type_cases(contract, operation))
    return [*phases, others]


def _json_phases(session: OperationSession, fuzzing: Callable[[], Iterable[Case]]) -> list[Phase]:
    """Return the phases of a JSON body that is no object."""
    return [
        Phase("type confusion", lambda: phase_cases.invalid_value_cases(session)),
        Phase("malformed JSON", lambda: invalid_bodies.broken_json_cases(session.base_body())),
        Phase("fuzzing", fuzzing),
        Phase("lookalike values", lambda: phase_cases.lookalike_cases(session)),
    ]


def _form_phases(session: OperationSession) -> list[Phase]:
    """Return the phases of a form, whose fields are texts and files."""
    contract, operation, base_body = session.contract, session.operation, session.base_body
    stride = PROFILES[session.settings.profile].stride
    return [
        Phase(
            "boundary values",
            lambda: edge_cases.length_boundary_cases(contract, operation, base_body(), stride),
        ),
        Phase(
            "near misses",
            lambda: invalid_bodies.near_miss_cases(contract, operation, base_body()),
            stride,
        ),
        Phase(
            "misspelled property names",
            lambda: invalid_bodies.misspelt_name_cases(base_body(), is_form=True),
        ),
        Phase(
            "unusual strings",
            lambda: edge_cases.unusual_text_cases(contract, operation, base_body()),
            stride,
        ),
        Phase("formats", lambda: edge_cases.format_cases(contract, operation, base_body()), stride),
        Phase("invalid values", lambda: phase_cases.invalid_value_cases(session)),
        Phase("form fields", lambda: phase_cases.form_field_cases(session)),
    ]


def _content_phases(session: OperationSession) -> list[Phase]:
    """Return the phases of a text, or of bytes."""
    contract, operation, base_body = session.contract, session.operation, session.base_body
    return [
        Phase(
            "boundary values",
            lambda: body_values.valid_content_cases(contract, operation, base_body()),
        ),
        Phase("invalid values", lambda: phase_cases.invalid_value_cases(session)),
    ]


def _object_phases(session: OperationSession, fuzzing: Callable[[], Iterable[Case]]) -> list[Phase]:
    """Return the phases of a JSON object."""
    contract, operation, base_body = session.contract, session.operation, session.base_body
    stride = PROFILES[session.settings.profile].stride
    return [
        Phase(
            "boundary values",
            lambda: edge_cases.length_boundary_cases(contract, operation, base_body(), stride),
        ),
        Phase(
            "type confusion",
            lambda: invalid_bodies.wrong_type_cases(contract, operation, base_body()),
        ),
        Phase(
            "near misses",
            lambda: invalid_bodies.near_miss_cases(contract, operation, base_body()),
            stride,
        ),
        Phase("misspelled property names", lambda: invalid_bodies.misspelt_name_cases(base_body())),
        Phase(
            "unusual strings",
            lambda: edge_cases.unusual_text_cases(contract, operation, base_body()),
            stride,
        ),
        Phase("formats", lambda: edge_cases.format_cases(contract, operation, base_body()), stride),
        Phase("malformed JSON", lambda: invalid_bodies.malformed_json_cases(base_body())),
        Phase("fuzzing", fuzzing),
        Phase(
            "allowed rejections",
            lambda: edge_cases.allowed_rejection_cases(operation, base_body()),
            stride,
        ),
        Phase("lookalike values", lambda: phase_cases.lookalike_cases(session)),
        Phase("invalid values", lambda: phase_cases.invalid_value_cases(session)),
        Phase("long arrays", lambda: edge_cases.long_array_cases(contract, operation, base_body())),
        Phase("invalid encodings", lambda: edge_cases.raw_body_cases(operation, base_body())),
    ]


def sequences_of(session: OperationSession) -> dict[str, Callable[[], str | None]]:
    """Return the phases whose requests depend on responses; each returns what it left undecided."""
    profile = PROFILES[session.settings.profile]
    steps: dict[str, Callable[[], str | None]] = {
        "issued credentials": lambda: issued_tokens.try_each_kind(session),
        "credentials of other requests": lambda: issued_tokens.try_from_other_requests(session),
        "duplicate requests": lambda: sequences.send_repetitions(session),
    }
    if "concurrency" in session.settings.extra_phases:
        steps["concurrently issued credentials"] = lambda: issued_tokens.try_concurrently(session)
        steps["concurrent duplicates"] = lambda: sequences.send_concurrently(
            session, profile.concurrent_rounds
        )
        steps["credentials at once"] = lambda: sequences.send_mixed_credentials(
            session, profile.mixed_rounds
        )
    if "rate-limit" in session.settings.extra_phases:
        steps["rate limit"] = lambda: sequences.send_burst(session)
    sends = session.settings.selection.sends
    return {name: step for name, step in steps.items() if sends(name)}
