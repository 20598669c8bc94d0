"""Saved cases: failing cases in a file without secrets, replayed with new unique values."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from contracts.execution.operation_session import OperationSession
from contracts.judgement import GroupedFinding
from contracts.model.case import (
    CONCURRENT_PHASE,
    DIGITS_PLACEHOLDER,
    DUPLICATE_PHASE,
    INSTANT_PLACEHOLDER,
    INTERMEDIATE_PHASE,
    ISSUED_PHASE,
    MARK_PLACEHOLDER,
    RATE_LIMIT_PHASE,
    SAVED_PHASE,
    UNAUTHORIZED_DUPLICATE_PHASE,
    UNKNOWN_RESOURCE_PHASE,
    Case,
)
from contracts.model.exchange import Credential, Request
from contracts.model.request_form import FORMS_BY_NAME, PLAIN_FORM
from contracts.model.settings import Settings
from contracts.model.unique_values import mark_digits
from openapi.contract import Contract, Json
from openapi.files.atomic_file import write_atomically
from openapi.redaction import Redaction
from openapi.serialization.text_values import EncodedText

CASES_FILE_NAME = "cases.json"
MAX_SAVED_CASES = 50
FORMAT_VERSION = 2
_DEPENDENT_PHASES = (
    ISSUED_PHASE,
    DUPLICATE_PHASE,
    CONCURRENT_PHASE,
    RATE_LIMIT_PHASE,
    INTERMEDIATE_PHASE,
    UNAUTHORIZED_DUPLICATE_PHASE,
    UNKNOWN_RESOURCE_PHASE,
)
"""Phases whose requests cannot be replayed alone."""
_MAX_BODY_BYTES = 64 * 1024


class UnreadableCases(Exception):
    """Error: the file of saved cases is unreadable. The message states the remedy."""


def load_cases(settings: Settings) -> list[Mapping[str, Json]]:
    """Return the saved cases, empty without a file; raise `UnreadableCases`."""
    if settings.cases_dir is None:
        return []
    path = settings.cases_dir / CASES_FILE_NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        cases = data["cases"] if data["version"] == FORMAT_VERSION else []
        for saved in cases:
            base64.b64decode(saved["body"], validate=True)
            str(saved["operation"]), str(saved["credential"]), str(saved["description"])
            dict(saved["parameters"])
            [int(status) for status in dict(saved.get("tolerated", {}))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, LookupError, TypeError, binascii.Error):
        raise UnreadableCases(f"{path} has no readable saved cases: delete the file") from None
    return list(cases)


def fitting_cases(
    contract: Contract, cases: Iterable[Mapping[str, Json]]
) -> tuple[list[Mapping[str, Json]], list[str]]:
    """Return the cases that the contract still allows, and why it does not allow the others.

    Only cases of another version of the contract are looked at. The expected response needs no such
    check: it follows from the bytes and the current schemas.
    """
    fitting, reasons = [], []
    for saved in cases:
        reason = None if saved.get("contract") == contract.digest else _misfit(contract, saved)
        if reason is None:
            fitting.append(saved)
        else:
            reasons.append(reason)
    return fitting, list(dict.fromkeys(reasons))


def _misfit(contract: Contract, saved: Mapping[str, Json]) -> str | None:
    """Return why the contract does not allow a saved case, or None."""
    name, method = str(saved["operation"]), saved["method"]
    every = (*contract.operations, *contract.excluded)
    operation = next((o for o in every if o.id == name), None)
    if operation is None:
        return f"there is no operation {name}"
    known = {parameter.key for parameter in operation.parameters}
    for key in saved["parameters"]:
        if key not in known:
            return f"{name} has no parameter {key}"
    if any(o.path == operation.path and o.method == method for o in every if o is not operation):
        return f"{method} {operation.path} is another operation"
    if saved["body"] and not operation.content:
        return f"{name} has no request body"
    return None


def replayed_cases(
    session: OperationSession, cases: Iterable[Mapping[str, Json]]
) -> Iterator[Case]:
    """Yield the saved cases of one operation."""
    for saved in cases:
        if saved["operation"] != session.operation.id:
            continue
        case = Case(
            SAVED_PHASE,
            saved["description"],
            base64.b64decode(saved["body"]),
            saved["media_type"],
            method=saved["method"],
            parameters={k: _parameter_value(stated) for k, stated in saved["parameters"].items()},
            form=FORMS_BY_NAME.get(saved.get("form", ""), PLAIN_FORM),
            tolerated={
                int(status): severity for status, severity in saved.get("tolerated", {}).items()
            },
        )
        for credential in _credentials_of_kind(session, saved["credential"], case.description):
            yield replace(case, credential=credential)


def _credentials_of_kind(
    session: OperationSession, kind: str, description: str
) -> list[Credential]:
    """Return the credentials of this kind: the form in the description, else those without."""
    known = [
        session.credential,
        *session.credentials.rejected(),
        *session.credentials.unusual(),
        *session.credentials.other_valid(),
        *session.credentials.other_rejected(),
        *session.credentials.forbidden(),
    ]
    same = [credential for credential in known if credential.kind == kind]
    described = [c for c in same if (c.form or c.scheme) and c.label in description]
    return described or [c for c in same if not c.form and not c.scheme]


def save_cases(
    directory: Path,
    found: Iterable[GroupedFinding],
    redact: Redaction,
    earlier: Iterable[Mapping[str, Json]] = (),
    digest: str = "",
) -> None:
    """Write the shown case of each violation to `directory`; raise `OSError`.

    Pass as `earlier` the saved cases that the run did not send, and as `digest` that of the
    contract: without it, the next run looks whether its contract allows the cases.
    """
    cases: dict[str, Mapping[str, Json]] = {str(saved["id"]): saved for saved in earlier}
    for one in found:
        exchange = one.judgement.exchange
        if one.finding.severity == "violation" and exchange is not None:
            saved = _case_data(one.id, digest, exchange.request, redact)
            if saved is not None:
                cases[one.id] = saved
    path = directory / CASES_FILE_NAME
    if not cases and not path.exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
    (directory / ".gitignore").write_text("*\n", encoding="utf-8")
    text = json.dumps(
        {"version": FORMAT_VERSION, "cases": list(cases.values())[-MAX_SAVED_CASES:]}, indent=2
    )
    write_atomically(path, text + "\n")


def _case_data(
    name: str, digest: str, request: Request, redact: Redaction
) -> Mapping[str, Json] | None:
    """Return the case of `request` as data; None if it cannot be replayed alone or has a secret."""
    text = request.body.decode("latin-1")
    overrides = json.dumps(dict(request.parameter_overrides))
    has_secret = any(redact(one) != one for one in (text, overrides, request.description))
    if request.phase in _DEPENDENT_PHASES or len(text) > _MAX_BODY_BYTES or has_secret:
        return None
    return {
        "id": name,
        "contract": digest,
        "operation": request.operation.id,
        "description": request.description,
        "method": request.method,
        "media_type": request.media_type,
        "credential": request.credential.kind,
        "parameters": {
            key: _saved_parameter(value) for key, value in request.parameter_overrides.items()
        },
        "form": request.form.name,
        "tolerated": {str(status): severity for status, severity in request.tolerated.items()},
        "body": base64.b64encode(_body_template(request)).decode("ascii"),
    }


def _saved_parameter(value: object) -> Json:
    """Return a parameter as data: a text is as it is, and an object says what its value is."""
    if isinstance(value, EncodedText):
        return {"encoded": str(value)}
    return value if value is None or isinstance(value, str) else {"value": value}


def _parameter_value(stated: Json) -> object:
    if not isinstance(stated, dict):
        return stated
    return EncodedText(stated["encoded"]) if "encoded" in stated else stated.get("value")


def _body_template(request: Request) -> bytes:
    """Return the body with placeholders for the unique values."""
    body = request.body.replace(request.mark.encode(), MARK_PLACEHOLDER)
    body = body.replace(mark_digits(request.mark).encode(), DIGITS_PLACEHOLDER)
    for place in request.correlators:
        value = request.correlator_values.get(place.request)
        if place.kind == "instant" and isinstance(value, str) and _DATETIME.match(value):
            body = body.replace(value[:19].encode(), INSTANT_PLACEHOLDER)
    return body


_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
