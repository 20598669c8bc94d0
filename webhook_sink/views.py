"""JSON views of deliveries and verdicts, as docs/sink-api.md documents them. Pure."""

import base64
from dataclasses import asdict

from webhook_sink.delivery import Delivery, DeliveryMetadata, ForwardAttempt, Headers
from webhook_sink.verdicts.index import DeliveryRelation, IndexEntry
from webhook_sink.verdicts.verdict import Verdict, format_verdict

MAX_FINDINGS = 500
"""Maximum of listed findings; `findings_total` counts all."""
MAX_LISTED_FINDINGS = 20
"""Maximum for each of many deliveries."""


def summary_json(
    head: DeliveryMetadata, entry: IndexEntry, relation: DeliveryRelation, forwarded: str | None
) -> dict[str, object]:
    """Return the summary of a delivery; `forwarded` is its last forward outcome."""
    return {
        "id": head.id,
        "received_at": head.received_at,
        "method": head.method,
        "target": head.target,
        "remote": head.remote,
        "size": head.size,
        "truncated": head.truncated,
        "status": head.status,
        "reply": head.reply,
        **verdict_json(entry),
        "first_attempt": relation.first_attempt,
        "attempt": relation.attempt,
        "late_after": relation.late_after,
        "forwarded": forwarded,
    }


def verdict_json(entry: IndexEntry) -> dict[str, object]:
    """Return the verdict in a summary."""
    return {
        "event": entry.event,
        "signature": entry.signature,
        "violations": entry.violations,
        "warnings": entry.warnings,
        "verdict": format_verdict(entry.violations, entry.warnings, entry.signature),
        "verdict_kind": entry.kind,
    }


def details_json(delivery: Delivery, verdict: Verdict) -> dict[str, object]:
    """Return the fields of a delivery that its summary lacks."""
    return {
        "head_received_at": delivery.head_received_at,
        "version": delivery.version,
        "headers": header_pairs(delivery.headers),
        "body": body_json(delivery.body),
        "findings": [asdict(found) for found in verdict.findings[:MAX_FINDINGS]],
        "findings_total": len(verdict.findings),
    }


def judged_json(delivery: Delivery, verdict: Verdict) -> dict[str, object]:
    """Return what a program needs that reads many deliveries: the body as text alone."""
    return {
        "id": delivery.id,
        "received_at": delivery.received_at,
        "target": delivery.target,
        "size": len(delivery.body),
        "status": delivery.status,
        "body": delivery.body.decode(errors="replace"),
        "findings": [asdict(found) for found in verdict.findings[:MAX_LISTED_FINDINGS]],
    }


def forward_attempt_json(forward_attempt: ForwardAttempt) -> dict[str, object]:
    """Return a forward attempt with the receiver's response."""
    return {
        "action": forward_attempt.action,
        "url": forward_attempt.url,
        "at": forward_attempt.at,
        "seconds": forward_attempt.seconds,
        "status": forward_attempt.status,
        "headers": header_pairs(forward_attempt.headers),
        "body": body_json(forward_attempt.body),
        "truncated": forward_attempt.truncated,
        "error": forward_attempt.error,
    }


def header_pairs(headers: Headers) -> list[list[str]]:
    """Return headers as pairs of strings; each byte is one Latin-1 character."""
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]


def body_json(content: bytes) -> dict[str, object]:
    """Return bytes as base64, and as text if they are UTF-8."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = None
    return {"text": text, "base64": base64.b64encode(content).decode("ascii")}
