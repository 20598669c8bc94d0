"""Summary of the webhooks: counts, and deliveries with their requests. Pure."""

from collections.abc import Sequence

from contracts.checks.judgement import GroupedFinding
from contracts.ledger.ledger import Ledger, triggered_event
from contracts.model.settings import Settings
from contracts.reporting.evidence import redacted_text
from openapi.contract import Json
from openapi.redaction import Redaction

MAX_LISTED_DELIVERIES = 200
_MAX_TEXT_CHARACTERS = 400


def webhook_counts(settings: Settings, ledger: Ledger | None) -> dict[str, Json]:
    """Return the numbers of expected, delivered, verified and unexpected webhooks."""
    if ledger is None or not settings.webhooks or not ledger.contract.events:
        return {"judged": False, "expected": 0, "delivered": 0, "verified": 0, "unexpected": 0}
    called = [
        (e, event)
        for e, event in ledger.reconciliation.pairs
        if triggered_event(ledger.contract, e)
    ]
    served = {exchange.request.number for exchange, _ in called}
    verified = {
        exchange.request.number
        for exchange, event in called
        if event.first.verdict.signature in ("valid", "unchecked")
    }
    uncalled = [
        exchange
        for exchange, _ in ledger.reconciliation.pairs
        if exchange.response is not None and not triggered_event(ledger.contract, exchange)
    ]
    return {
        "judged": True,
        "expected": len(served) + len(ledger.reconciliation.without_event),
        "delivered": len(served),
        "verified": len(verified),
        "unexpected": len(uncalled) + len(ledger.reconciliation.unmatched_events),
    }


def delivery_pairs(
    ledger: Ledger | None, findings: Sequence[GroupedFinding], redact: Redaction
) -> list[dict[str, Json]]:
    """Return deliveries with their requests; those in findings come first."""
    if ledger is None:
        return []
    shown = {
        found.judgement.judged_delivery.delivery.id
        for found in findings
        if found.judgement.judged_delivery
    }
    pairs = [(e, item) for e, event in ledger.reconciliation.pairs for item in event.attempts]
    pairs.sort(key=lambda pair: (pair[1].delivery.id not in shown, pair[1].delivery.id))
    return [
        {
            "id": item.delivery.id,
            "event": item.verdict.event.name if item.verdict.event else None,
            "request": exchange.request.number,
            "verdict": redact(item.verdict.summary),
            "request_body": redacted_text(exchange.request.body, redact, _MAX_TEXT_CHARACTERS),
            "delivery_body": redacted_text(item.delivery.body, redact, _MAX_TEXT_CHARACTERS),
        }
        for exchange, item in pairs[:MAX_LISTED_DELIVERIES]
    ]
