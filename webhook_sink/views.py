"""Deliveries and verdicts as plain JSON data: the shapes that the API documents."""

import base64
from dataclasses import asdict

from webhook_sink.delivery import Delivery
from webhook_sink.verdict import Verdict

MOST_FINDINGS = 500
"""How many findings of one delivery are told; `findings_total` counts them all."""


def summary(delivery: Delivery, verdict: Verdict) -> dict[str, object]:
    """Return what a list shows of a delivery."""
    return {
        "id": delivery.id,
        "received_at": delivery.received_at,
        "method": delivery.method,
        "target": delivery.target,
        "remote": delivery.remote,
        "size": len(delivery.body),
        "truncated": delivery.truncated,
        "status": delivery.status,
        "event": verdict.event.name if verdict.event else None,
        "signature": verdict.signature,
        "violations": verdict.violations,
        "warnings": len(verdict.findings) - verdict.violations,
        "verdict": verdict.words,
    }


def full(delivery: Delivery, verdict: Verdict) -> dict[str, object]:
    """Return everything that is known of a delivery; `text` is null for what is not UTF-8."""
    try:
        text = delivery.body.decode()
    except UnicodeDecodeError:
        text = None
    return summary(delivery, verdict) | {
        "headers": [[n.decode("latin-1"), v.decode("latin-1")] for n, v in delivery.headers],
        "body": {"text": text, "base64": base64.b64encode(delivery.body).decode("ascii")},
        "findings": [asdict(found) for found in verdict.findings[:MOST_FINDINGS]],
        "findings_total": len(verdict.findings),
    }
