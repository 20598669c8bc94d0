"""Evidence of a finding: the simplest case, expected and received, a curl command. Pure.

All texts are redacted and truncated.
"""

import json
from collections.abc import Mapping

from contracts.echoes.comparison import compare_echoes, value_owners
from contracts.judgement import GroupedFinding
from contracts.ledger.ledger import JudgedDelivery, Ledger
from contracts.model.exchange import Exchange, ReceivedResponse, Request
from contracts.reporting.curl import curl_command
from openapi.contract import Contract, Json, Provenance
from openapi.finding import Finding
from openapi.json_pointer import MISSING, get_at
from openapi.redaction import Redaction
from openapi.schemas.validation import abbreviate

MAX_SHOWN_CHARACTERS = 2000
MAX_VALUE_CHARACTERS = 300
_MAX_SEARCHED_CHARACTERS = 64 * 1024
"""Characters in which secrets are searched, because a cut secret may not be recognised."""


def evidence(
    ledger: Ledger,
    found: GroupedFinding,
    checks: Mapping[str, str],
    redact: Redaction,
    root: str | None = None,
) -> dict[str, Json]:
    """Return the finding with its evidence as data; `checks` has the rule of each check.

    `root` is the id of the finding that this one follows from.
    """
    finding, case = found.finding, found.judgement
    known = ledger.contract.provenance(finding.pointer, finding.detail)
    stated = _stated_constraint(ledger.contract, finding.pointer, finding.detail)
    exchange = case.exchange or _triggering_exchange(ledger, case.judged_delivery)
    response = exchange.response if exchange else None
    return {
        "id": found.id,
        "check": finding.check,
        "severity": finding.severity,
        "provenance": finding.provenance,
        "source": known.source,
        "rationale": provenance_reason(ledger.contract, known),
        "pointer": finding.pointer,
        "place": None,
        "detail": finding.detail,
        "instance": None if finding.instance is None else redact(finding.instance),
        "message": redact(finding.located_message),
        "expected": redact(case.expected or stated or checks[finding.check]),
        "received": _received_text(ledger, found, redact),
        "count": finding.count,
        "tried": finding.tried,
        "request": _request_data(exchange.request, redact) if exchange else None,
        "response": _response_data(response, redact) if response else None,
        "delivery": _delivery_data(case.judged_delivery, redact) if case.judged_delivery else None,
        "fields": _echoed_values(ledger, exchange, case.judged_delivery, redact),
        "curl": curl_command(ledger.settings.url, exchange.request, redact) if exchange else None,
        "follows_from": root,
        "baseline_reason": None,
    }


def _received_text(ledger: Ledger, found: GroupedFinding, redact: Redaction) -> str:
    """Return what the service sent at the place of the finding, redacted before it is cut."""
    case, finding = found.judgement, found.finding
    text = case.received
    if not text and case.judged_delivery is not None:
        text = _received_in_delivery(ledger, finding, case.judged_delivery)
    elif finding.check == "response-schema" and case.exchange and finding.instance is not None:
        response = case.exchange.response
        value = get_at(response.json.value, finding.instance) if response else MISSING
        text = text if value is MISSING else _value_text(value, finding.pointer)
    masked = redact(text)
    return masked if len(masked) <= MAX_VALUE_CHARACTERS else f"{masked[:MAX_VALUE_CHARACTERS]}..."


def _received_in_delivery(ledger: Ledger, finding: Finding, item: JudgedDelivery) -> str:
    """Return the part of the delivery that the check of the finding compares."""
    delivery = item.delivery
    if finding.instance is not None:
        value = get_at(item.verdict.payload, finding.instance)
        return "no value there" if value is MISSING else _value_text(value, finding.pointer)
    event = item.verdict.event or ledger.contract.events[0]
    name = {
        "webhook-signature": event.signature.header if event.signature else None,
        "webhook-media-type": "Content-Type",
    }.get(finding.check)
    if name is not None:
        values = [value.decode("latin-1") for value in delivery.header_values(name)]
        return f"{name}: {', '.join(values)}" if values else f"no {name} header"
    if finding.check == "webhook-method":
        return delivery.method
    body = delivery.body.decode(errors="backslashreplace")
    return body if finding.check == "webhook-json" else ""


def _value_text(value: object, pointer: str) -> str:
    """Return a value as JSON; an object that lacks a property as the list of its properties."""
    if pointer.endswith("/required") and isinstance(value, dict):
        return f"only the properties {', '.join(value)}" if value else "no property"
    return abbreviate(value, 10**6)


def _triggering_exchange(ledger: Ledger, judged_delivery: JudgedDelivery | None) -> Exchange | None:
    pairs = ((e, received_event) for e, received_event in ledger.reconciliation.pairs)
    return next(
        (e for e, received_event in pairs if judged_delivery in received_event.attempts), None
    )


def _echoed_values(
    ledger: Ledger,
    exchange: Exchange | None,
    judged_delivery: JudgedDelivery | None,
    redact: Redaction,
) -> list[dict[str, Json]]:
    """Return the sent and the received value of each echo."""
    event = judged_delivery.verdict.event if judged_delivery else None
    if exchange is None or judged_delivery is None or event is None:
        return []
    fields = compare_echoes(
        event,
        exchange,
        judged_delivery.verdict.payload,
        value_owners(ledger.contract, event, ledger.exchanges),
    )
    return [
        {
            "pointer": field.pointer,
            "sent": _redacted_value(field.sent, redact),
            "received": _redacted_value(field.received, redact),
            "note": redact(field.note),
        }
        for field in fields
    ]


def _redacted_value(value: Json, redact: Redaction) -> Json:
    """Return a value redacted, and truncated if it is long."""
    if isinstance(value, str):
        masked = redact(value)
        return (
            masked if len(masked) <= MAX_SHOWN_CHARACTERS else f"{masked[:MAX_SHOWN_CHARACTERS]}..."
        )
    text = redact(abbreviate(value, _MAX_SEARCHED_CHARACTERS))
    if len(text) > MAX_SHOWN_CHARACTERS:
        return f"{text[:MAX_SHOWN_CHARACTERS]}..."
    try:
        return json.loads(text)
    except ValueError:
        return text


def _stated_constraint(contract: Contract, pointer: str, detail: str) -> str:
    """Return keyword and value of the constraint at `pointer`; empty if that is not enough."""
    keyword = pointer.rpartition("/")[2]
    value = get_at(contract.document, pointer)
    if keyword == "required" and detail != "*":
        return f"{detail} is required"
    if isinstance(value, dict):
        plain = not any(isinstance(part, dict | list) for part in value.values())
        said = {k: v for k, v in value.items() if v != "" and k != "source"} if plain else {}
        return ", ".join(f"{name} {part}" for name, part in said.items())
    return "" if value is MISSING else f"{keyword}: {abbreviate(value)}"


def provenance_reason(contract: Contract, known: Provenance) -> str:
    """Return the reason for a constraint, or the title of its source."""
    title: str = contract.document["x-hookproof-sources"][known.source]["title"]
    return known.reason or title


def redacted_text(raw: bytes, redact: Redaction, limit: int = MAX_SHOWN_CHARACTERS) -> str:
    """Return `raw` as redacted text, truncated to `limit` characters."""
    text = raw.decode("utf-8", errors="backslashreplace")
    masked = redact(text[:_MAX_SEARCHED_CHARACTERS])
    return masked if len(masked) <= limit else f"{masked[:limit]}... ({len(text)} characters)"


def _request_data(request: Request, redact: Redaction) -> dict[str, Json]:
    return {
        "number": request.number,
        "description": redact(request.description),
        "method": request.method,
        "target": redact(request.target),
        "media_type": None if request.media_type is None else redact(request.media_type),
        "credential": request.credential.kind,
        "body": redacted_text(request.body, redact),
        "bytes": len(request.body),
    }


def _response_data(response: ReceivedResponse, redact: Redaction) -> dict[str, Json]:
    media_type = response.header("content-type")
    unread = response.not_judged
    shown = f"({len(response.body)} bytes, not judged: {unread})"
    return {
        "status": response.status,
        "media_type": None if media_type is None else redact(media_type),
        "body": redacted_text(response.body, redact) if unread is None else redact(shown),
    }


def _delivery_data(judged_delivery: JudgedDelivery, redact: Redaction) -> dict[str, Json]:
    delivery = judged_delivery.delivery
    return {
        "id": delivery.id,
        "method": redact(delivery.method),
        "target": redact(delivery.target),
        "headers": [
            [redact(name.decode("latin-1")), redact(value.decode("latin-1"))]
            for name, value in delivery.headers
        ],
        "body": redacted_text(delivery.body, redact),
    }
