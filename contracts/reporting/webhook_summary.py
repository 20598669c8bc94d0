"""Summary of the webhooks: counts, and deliveries with their requests. Pure."""

from collections.abc import Sequence

from contracts.judgement import GroupedFinding
from contracts.ledger.ledger import Ledger
from contracts.ledger.strangers import SenderCounter, is_event_like
from contracts.model.settings import Settings
from contracts.reporting.evidence import redacted_text
from openapi.contract import Json
from openapi.redaction import Redaction

MAX_LISTED_DELIVERIES = 200
_MAX_TEXT_CHARACTERS = 400


def webhook_counts(settings: Settings, ledger: Ledger | None, redact: Redaction) -> dict[str, Json]:
    """Return the numbers of expected, delivered, verified and unexpected webhooks, and strangers.

    A verdict on an event without a signature cannot exclude strangers: `unsigned_events` has them.
    """
    if ledger is None or not settings.webhooks or not ledger.contract.events:
        numbers = dict.fromkeys(("expected", "delivered", "verified", "unexpected"), 0)
        return {"judged": False, **numbers, "unsigned_events": [], "strangers": _NO_STRANGERS}
    called = [
        (exchange.request.number, received)
        for exchange, received in ledger.reconciliation.pairs
        if received.event is not None
    ]
    served = {(number, received.event) for number, received in called}
    verified = {
        (number, event.event)
        for number, event in called
        if event.first.verdict.signature in ("valid", "unchecked")
    }
    uncalled = [
        exchange
        for exchange, received in ledger.reconciliation.pairs
        if exchange.response is not None and received.event is None
    ]
    return {
        "judged": True,
        "expected": len(served) + len(ledger.reconciliation.without_event),
        "delivered": len(served),
        "verified": len(verified),
        "unexpected": len(uncalled) + len(ledger.reconciliation.unmatched_events),
        "unsigned_events": [e.name for e in ledger.contract.events if e.signature is None],
        "strangers": _stranger_counts(ledger, redact),
    }


_NO_STRANGERS: dict[str, Json] = {
    "count": 0,
    "event_like": 0,
    "elsewhere": 0,
    "dropped": 0,
    "own_dropped": 0,
    "senders": [],
}


def _stranger_counts(ledger: Ledger, redact: Redaction) -> dict[str, Json]:
    """Return the deliveries that match no request and are not proven, by path and sender."""
    counter = SenderCounter()
    for one in ledger.dropped.senders:
        counter.add(one.path, one.sender, one.count, one.event_like)
    for event in ledger.reconciliation.strangers:
        for item in event.attempts:
            like = is_event_like(item.delivery, item.verdict, ledger.contract)
            counter.add_delivery(item.delivery, event_like=like)
    senders = counter.counts()
    return {
        "count": sum(one.count for one in senders),
        "event_like": sum(one.event_like for one in senders),
        "elsewhere": ledger.dropped.elsewhere,
        "dropped": ledger.dropped.beyond_limits,
        "own_dropped": ledger.dropped.own,
        "senders": [
            {
                "path": redact(one.path),
                "sender": one.sender,
                "count": one.count,
                "event_like": one.event_like,
            }
            for one in senders
        ],
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
