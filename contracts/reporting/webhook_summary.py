"""The webhooks of a run as data for the report: counted, and beside their requests. Pure."""

from collections.abc import Sequence

from contracts.checks.judgement import Found
from contracts.ledger.ledger import Books, triggered
from contracts.model.settings import Settings
from contracts.reporting.evidence import text_of
from openapi.contract import Json
from openapi.redaction import Redaction

MOST_DELIVERIES = 200
_TEXT = 400
"""Characters of a request and a payload that stand beside one another."""


def webhooks(settings: Settings, books: Books | None) -> dict[str, Json]:
    """Return how many webhooks were due, came, and were what they should be."""
    if books is None or not settings.webhooks or not books.contract.events:
        return {"judged": False, "expected": 0, "delivered": 0, "verified": 0, "unexpected": 0}
    called = [(e, event) for e, event in books.balance.pairs if triggered(books.contract, e)]
    served = {exchange.request.number for exchange, _ in called}
    verified = {
        exchange.request.number
        for exchange, event in called
        if event.first.verdict.signature in ("valid", "unchecked")
    }
    uncalled = [
        exchange
        for exchange, _ in books.balance.pairs
        if exchange.answer is not None and not triggered(books.contract, exchange)
    ]
    return {
        "judged": True,
        "expected": len(served) + len(books.balance.missing),
        "delivered": len(served),
        "verified": len(verified),
        "unexpected": len(uncalled) + len(books.balance.foreign),
    }


def deliveries(
    books: Books | None, findings: Sequence[Found], mask: Redaction
) -> list[dict[str, Json]]:
    """Return deliveries beside their requests, those that a finding shows first."""
    if books is None:
        return []
    shown = {found.case.received.delivery.id for found in findings if found.case.received}
    pairs = [(e, item) for e, event in books.balance.pairs for item in event.attempts]
    pairs.sort(key=lambda pair: (pair[1].delivery.id not in shown, pair[1].delivery.id))
    return [
        {
            "delivery": item.delivery.id,
            "event": item.verdict.event.name if item.verdict.event else None,
            "request": exchange.request.number,
            "verdict": item.verdict.words,
            "sent": text_of(exchange.request.body, mask, _TEXT),
            "came": text_of(item.delivery.body, mask, _TEXT),
        }
        for exchange, item in pairs[:MOST_DELIVERIES]
    ]
