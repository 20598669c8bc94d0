"""Cases of the phases whose extent depends on the profile."""

from collections.abc import Iterable
from itertools import chain, islice

from contracts.execution.operation_session import OperationSession
from contracts.generators import (
    body_values,
    lax_values,
    lookalike_values,
    parameters,
    request_forms,
    structured_parameters,
)
from contracts.model.case import Case
from contracts.model.credential_kinds import WRONG_VALUE
from contracts.model.request_form import MANY_FORMS, PLAINEST_FORMS, USUAL_FORMS
from contracts.model.settings import PROFILES


def valid_parameter_cases(session: OperationSession, plain: Case) -> Iterable[Case]:
    """Yield valid requests with other parameters."""
    place = session.contract, session.operation
    yield from parameters.valid_parameter_cases(*place, plain)
    yield from structured_parameters.valid_structure_cases(*place, plain)


def invalid_parameter_cases(session: OperationSession, plain: Case) -> Iterable[Case]:
    """Yield requests with an invalid parameter, and with one that OpenAPI leaves open."""
    contract, operation = session.contract, session.operation
    breadth = PROFILES[session.settings.profile].breadth
    yield from parameters.invalid_parameter_cases(contract, operation, plain)
    yield from structured_parameters.invalid_structure_cases(contract, operation, plain, breadth)
    yield from structured_parameters.open_text_cases(contract, operation, plain)


def invalid_value_cases(session: OperationSession) -> Iterable[Case]:
    """Yield bodies with one fault at any depth, few in a quick run, and unknown properties."""
    breadth = PROFILES[session.settings.profile].breadth
    place = session.contract, session.operation, session.base_body()
    if session.operation.has_json_body:
        yield from body_values.invalid_json_cases(*place, breadth)
        yield from body_values.nested_property_cases(*place)
    else:
        yield from body_values.invalid_text_cases(*place, breadth)


def form_field_cases(session: OperationSession) -> Iterable[Case]:
    """Yield valid forms with other fields, and forms that are malformed or open."""
    place = session.contract, session.operation, session.base_body()
    yield from body_values.valid_field_cases(*place)
    yield from body_values.form_probe_cases(*place)


def form_cases(session: OperationSession, plain: Case) -> Iterable[Case]:
    """Return valid requests in other forms; few in a quick run."""
    contract, operation = session.contract, session.operation
    breadth = PROFILES[session.settings.profile].breadth
    forms = (PLAINEST_FORMS, USUAL_FORMS, MANY_FORMS)[: breadth + 1]
    cases = [
        *request_forms.wire_form_cases(contract, operation, plain, tuple(chain(*forms))),
        *request_forms.head_cases(contract, operation, plain),
    ]
    if not operation.has_json_body:
        return cases
    jsons = request_forms.json_form_cases(contract, operation, plain, many=breadth > 1)
    keys = request_forms.odd_key_cases(contract, operation, plain)
    if not breadth:
        return [*cases, *islice(jsons, 2), *islice(keys, 1)]
    wrong = (c for c in session.credentials.rejected() if c.kind in ("malformed", WRONG_VALUE))
    rejected = request_forms.rejected_form_cases(operation, plain, next(wrong, None))
    return [*cases, *jsons, *keys, *rejected]


def lookalike_cases(session: OperationSession) -> Iterable[Case]:
    """Return values that look like something else; few in a quick run.

    A gentle run creates no resource that expires late.
    """
    breadth = PROFILES[session.settings.profile].breadth
    place = session.contract, session.operation, session.base_body()
    texts = (
        lookalike_values.PLAINEST_TEXTS,
        lookalike_values.USUAL_TEXTS,
        lookalike_values.MANY_TEXTS,
    )
    yield from lookalike_values.lookalike_text_cases(*place, tuple(chain(*texts[: breadth + 1])))
    fillers = lookalike_values.GROWING_FILLERS
    yield from lookalike_values.growing_text_cases(*place, fillers if breadth else fillers[:1])
    values = lax_values.PLAINEST_VALUES, lax_values.USUAL_VALUES, lax_values.MANY_VALUES
    for some in values[: breadth + 1]:
        yield from lax_values.lax_type_cases(*place, some)
    ends = lax_values.END_TEXTS, lax_values.MANY_END_TEXTS
    if breadth:
        yield from lax_values.lax_date_cases(*place)
    if not session.settings.gentle:
        chosen = tuple(chain(*ends[:breadth])) or lax_values.END_TEXTS[:1]
        yield from lax_values.calendar_end_cases(*place, chosen)


def credential_cases(session: OperationSession) -> Iterable[Case]:
    """Yield valid and invalid bodies with credentials that must be rejected.

    If several alternatives give access, also yield the valid credential of each other one.
    """
    known, body = session.credentials, session.base_body()
    broken = broken_body(body)
    for credential in known.rejected():
        yield Case("credentials", credential.label, body, credential=credential)
        if session.operation.body is not None:
            label = f"a bad body, {credential.label}"
            yield Case("credentials", label, broken, credential=credential)
    for credential in known.unusual():
        yield Case("credentials", credential.label, body, credential=credential)
    for credential in known.other_valid():
        yield Case("valid", credential.label, body, credential=credential)
    for credential in known.other_rejected():
        yield Case("credentials", credential.label, body, credential=credential)
    for credential in known.forbidden():
        case = Case("credentials", credential.label, body, credential=credential)
        yield from (case, case)
    yield from _unauthorized_shapes(session)


def broken_body(body: object) -> object:
    """Return an object without its first property, or null for another body."""
    return dict(list(body.items())[1:]) if isinstance(body, dict) else None


def _unauthorized_shapes(session: OperationSession) -> Iterable[Case]:
    """Yield bodies of every shape without a credential, and with one that lacks the permission."""
    if not session.operation.has_json_body:
        return
    base_body = session.base_body()
    shapes: list[tuple[int, str, object, str | None]] = [
        (0, "a body that is not JSON", b"{", ""),
        (1, "an invalid body", broken_body(base_body), ""),
        (1, "an array as body", [], ""),
        (1, "an empty body", b"", ""),
        (1, "another media type", base_body, "text/plain"),
        (2, "no media type", base_body, None),
        (2, "a form as body", b"a=b", "application/x-www-form-urlencoded"),
        (2, "null as body", None, ""),
        (2, "a body that is not UTF-8", b'{"a": "\xff"}', ""),
        (2, "a large body", b"[" + b" " * 100_000 + b"]", ""),
    ]
    breadth = PROFILES[session.settings.profile].breadth
    missing = session.credentials.missing()
    for rank, shape, body, media_type in shapes:
        if rank > breadth:
            continue
        for credential in session.credentials.forbidden():
            yield Case("credentials", f"{shape}, {credential.label}", body, media_type, credential)
        if missing is not None and shape.endswith(("JSON", "media type")) and breadth:
            yield Case("credentials", f"{shape}, {missing.label}", body, media_type, missing)
