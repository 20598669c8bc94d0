"""Deliveries and verdicts as plain JSON data: the shapes that the API documents."""

import base64
from dataclasses import asdict

from webhook_sink.delivery import Delivery, Head, Headers, Passed
from webhook_sink.verdicts.index import Judged, Relation
from webhook_sink.verdicts.verdict import Verdict, words

MOST_FINDINGS = 500
"""How many findings of one delivery are told; `findings_total` counts them all."""


def summary(
    head: Head, judged: Judged, relation: Relation, forwarded: str | None
) -> dict[str, object]:
    """Return what a list shows of a delivery; `forwarded` is what came of passing it on."""
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
        **judgement(judged),
        "repeats": relation.repeats,
        "attempt": relation.attempt,
        "late_after": relation.late_after,
        "forwarded": forwarded,
    }


def judgement(judged: Judged) -> dict[str, object]:
    """Return what a summary says of the verdict."""
    return {
        "event": judged.event,
        "signature": judged.signature,
        "violations": judged.violations,
        "warnings": judged.warnings,
        "verdict": words(judged.violations, judged.warnings, judged.signature),
        "verdict_kind": judged.kind,
    }


def details(delivery: Delivery, verdict: Verdict) -> dict[str, object]:
    """Return what a summary does not have; `text` is null for what is not UTF-8."""
    return {
        "began_at": delivery.began_at,
        "version": delivery.version,
        "headers": pairs(delivery.headers),
        "body": body(delivery.body),
        "findings": [asdict(found) for found in verdict.findings[:MOST_FINDINGS]],
        "findings_total": len(verdict.findings),
    }


def passed_on(passed: Passed) -> dict[str, object]:
    """Return an attempt to pass a delivery on, with the receiver's answer."""
    return {
        "why": passed.why,
        "url": passed.url,
        "at": passed.at,
        "seconds": passed.seconds,
        "status": passed.status,
        "headers": pairs(passed.headers),
        "body": body(passed.body),
        "truncated": passed.truncated,
        "error": passed.error,
    }


def pairs(headers: Headers) -> list[list[str]]:
    """Return headers as pairs of text, each byte one Latin-1 character."""
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]


def body(content: bytes) -> dict[str, object]:
    """Return bytes as base64, and as text where they are UTF-8."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = None
    return {"text": text, "base64": base64.b64encode(content).decode("ascii")}
