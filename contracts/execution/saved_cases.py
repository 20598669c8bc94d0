"""Failing cases, kept for the next run: written without secrets, sent again with fresh values."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from contracts.checks.judgement import Found
from contracts.execution.operation_session import Conversation
from contracts.generators import credentials
from contracts.model.case import BETWEEN, INSTANT, ISSUED, KEPT, MARK, UNKNOWN, Plan
from contracts.model.exchange import Credential, Request
from contracts.model.settings import Settings
from openapi.contract import Json
from openapi.redaction import Redaction

FILE = "cases.json"
MOST = 50
VERSION = 1
_DEPENDENT = (ISSUED, "repeat", "at once", "one of a burst", BETWEEN, UNKNOWN)
"""Blocks whose requests mean nothing without an earlier answer."""
_BODY_LONGEST = 64 * 1024


class NoCases(Exception):
    """The file of kept cases cannot be used; the sentence says why and what to do."""


def load(settings: Settings) -> list[Mapping[str, Json]]:
    """Return the cases that were kept; none where none are kept. Raises `NoCases`."""
    if settings.cases_dir is None:
        return []
    path = settings.cases_dir / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        cases = data["cases"] if data["version"] == VERSION else []
        for case in cases:
            base64.b64decode(case["body"], validate=True)
            str(case["operation"]), str(case["credential"]), str(case["description"])
            dict(case["parameters"])
    except FileNotFoundError:
        return []
    except (OSError, ValueError, LookupError, TypeError, binascii.Error):
        raise NoCases(f"{path} holds no cases that can be read: remove it") from None
    return list(cases)


def plans(talk: Conversation, cases: Iterable[Mapping[str, Json]]) -> Iterator[Plan]:
    """Yield the requests of the kept cases of one operation."""
    for case in cases:
        if case["operation"] != talk.operation.id:
            continue
        plan = Plan(
            KEPT,
            case["description"],
            base64.b64decode(case["body"]),
            case["media_type"],
            method=case["method"],
            parameters=dict(case["parameters"]),
        )
        for credential in _of_kind(talk, case["credential"]):
            yield replace(plan, credential=credential)


def _of_kind(talk: Conversation, kind: str) -> list[Credential]:
    known = [
        talk.credential,
        *credentials.refused(talk.settings),
        *credentials.forbidden(talk.settings),
    ]
    return [credential for credential in known if credential.kind == kind]


def save(
    directory: Path,
    found: Iterable[Found],
    mask: Redaction,
    earlier: Iterable[Mapping[str, Json]],
) -> None:
    """Write the smallest case of each violation into `directory`, and those of `earlier`.

    What `earlier` holds is kept: pass the cases that were not tried. Raises `OSError`.
    """
    cases: dict[str, Mapping[str, Json]] = {str(case["id"]): case for case in earlier}
    for one in found:
        exchange = one.case.exchange
        if one.finding.severity == "violation" and exchange is not None:
            case = _written(one.id, exchange.request, mask)
            if case is not None:
                cases[one.id] = case
    path = directory / FILE
    if not cases and not path.exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
    (directory / ".gitignore").write_text("*\n", encoding="utf-8")
    text = json.dumps({"version": VERSION, "cases": list(cases.values())[-MOST:]}, indent=2)
    written = path.with_suffix(".new")
    written.write_text(text + "\n", encoding="utf-8")
    written.replace(path)


def _written(name: str, request: Request, mask: Redaction) -> Mapping[str, Json] | None:
    """Return the case of `request` as data; None where it means nothing by itself."""
    text = request.body.decode("latin-1")
    if request.block in _DEPENDENT or len(text) > _BODY_LONGEST or mask(text) != text:
        return None
    return {
        "id": name,
        "operation": request.operation.id,
        "description": request.description,
        "method": request.method,
        "media_type": request.media_type,
        "credential": request.credential.kind,
        "parameters": dict(request.varied),
        "body": base64.b64encode(_template(request)).decode("ascii"),
    }


def _template(request: Request) -> bytes:
    """Return the body with placeholders for what every request has of its own."""
    body = request.body.replace(request.mark.encode(), MARK)
    for place in request.places:
        value = request.correlators.get(place.request)
        if place.kind == "instant" and isinstance(value, str) and _MOMENT.match(value):
            body = body.replace(value[:19].encode(), INSTANT)
    return body


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
