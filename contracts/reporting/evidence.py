"""What a finding is shown with: the smallest request, what came, and how to see it again. Pure.

Everything here is text without secrets, cut to what can be read.
"""

import json
from collections.abc import Mapping

from contracts.checks.judgement import Found
from contracts.echoes.comparison import beside, owners
from contracts.ledger.ledger import Books, Received
from contracts.model.exchange import Answer, Exchange, Request
from contracts.reporting.curl import curl
from openapi.contract import Contract, Json, Provenance
from openapi.json_pointer import MISSING, get
from openapi.redaction import Redaction
from openapi.schema_validation import brief

LONGEST = 2000
"""Characters of a body that are shown."""


def evidence(
    books: Books, found: Found, checks: Mapping[str, str], mask: Redaction
) -> dict[str, Json]:
    """Return the finding as data, with all that shows it; `checks` holds the rule of each check."""
    told, case = found.finding, found.case
    known = books.contract.provenance(told.pointer, told.detail)
    exchange = case.exchange or _that_brought_about(books, case.received)
    return {
        "id": found.id,
        "check": told.check,
        "severity": told.severity,
        "provenance": told.provenance,
        "source": known.source,
        "because": because(books.contract, known),
        "pointer": told.pointer,
        "detail": told.detail,
        "instance": told.instance,
        "message": mask(told.message),
        "expected": mask(case.expected or _stated(books.contract, told.pointer, told.detail)
                         or checks[told.check]),
        "came": mask(case.came),
        "count": told.count,
        "tried": told.tried,
        "request": _request(exchange.request, mask) if exchange else None,
        "answer": _answer(exchange.answer, mask) if exchange and exchange.answer else None,
        "delivery": _delivery(case.received, mask) if case.received else None,
        "fields": _fields(books, exchange, case.received, mask),
        "curl": curl(books.settings.url, exchange.request, mask) if exchange else None,
        "known": None,
    }  # fmt: skip


def _that_brought_about(books: Books, received: Received | None) -> Exchange | None:
    pairs = ((e, occurrence) for e, occurrence in books.balance.pairs)
    return next((e for e, occurrence in pairs if received in occurrence.attempts), None)


def _fields(
    books: Books, exchange: Exchange | None, received: Received | None, mask: Redaction
) -> list[dict[str, Json]]:
    """Return what the payload says beside what the request said, echo by echo."""
    event = received.verdict.event if received else None
    if exchange is None or received is None or event is None:
        return []
    told = beside(event, exchange, received.verdict.payload, owners(event, books.exchanges))
    return [
        {
            "pointer": field.pointer,
            "sent": _shown(field.sent, mask),
            "came": _shown(field.came, mask),
            "note": mask(field.note),
        }
        for field in told
    ]


def _shown(value: Json, mask: Redaction) -> Json:
    """Return a value without secrets, and cut if it is long."""
    if isinstance(value, str):
        masked = mask(value)
        return masked if len(masked) <= LONGEST else f"{masked[:LONGEST]}..."
    text = mask(brief(value, LONGEST))
    try:
        return json.loads(text)
    except ValueError:
        return text


def _stated(contract: Contract, pointer: str, detail: str) -> str:
    """Return the keyword at `pointer` and its value, where that says it all."""
    keyword = pointer.rpartition("/")[2]
    value = get(contract.document, pointer)
    if keyword == "required" and detail != "*":
        return f"{detail} is required"
    if isinstance(value, dict):
        plain = not any(isinstance(part, dict | list) for part in value.values())
        said = {k: v for k, v in value.items() if v != "" and k != "source"} if plain else {}
        return ", ".join(f"{name} {part}" for name, part in said.items())
    return "" if value is MISSING else f"{keyword}: {brief(value)}"


def because(contract: Contract, known: Provenance) -> str:
    """Return the reason for a constraint; where it is documented, what documents it."""
    title: str = contract.document["x-sources"][known.source]["title"]
    return known.reason or title


def text_of(raw: bytes, mask: Redaction, limit: int = LONGEST) -> str:
    """Return `raw` as text without secrets, cut to `limit` characters."""
    text = raw.decode("utf-8", errors="backslashreplace")
    # The rest is cut off anyway; a secret that begins before the cut is told by its beginning.
    masked = mask(text[: 2 * limit])
    return masked if len(masked) <= limit else f"{masked[:limit]}... ({len(text)} characters)"


def _request(request: Request, mask: Redaction) -> dict[str, Json]:
    return {
        "number": request.number,
        "description": request.description,
        "method": request.method,
        "target": mask(request.target),
        "media_type": request.media_type,
        "credential": request.credential.kind,
        "body": text_of(request.body, mask),
        "bytes": len(request.body),
    }


def _answer(answer: Answer, mask: Redaction) -> dict[str, Json]:
    media_type = answer.header("content-type")
    return {
        "status": answer.status,
        "media_type": None if media_type is None else mask(media_type),
        "body": text_of(answer.body, mask),
    }


def _delivery(received: Received, mask: Redaction) -> dict[str, Json]:
    delivery = received.delivery
    return {
        "id": delivery.id,
        "method": delivery.method,
        "target": mask(delivery.target),
        "headers": [
            [mask(name.decode("latin-1")), mask(value.decode("latin-1"))]
            for name, value in delivery.headers
        ],
        "body": text_of(delivery.body, mask),
    }
