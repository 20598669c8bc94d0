"""Report of a load: the same data as that of `verify`. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.load.preparation import Preparation
from contracts.load.responses import RESPONSE_CHECKS
from contracts.model.selection import Selection
from contracts.model.settings import Settings
from contracts.reporting.run_data import (
    EXIT_CONFORMS,
    EXIT_DEVIATES,
    EXIT_NOT_JUDGED,
    SCHEMA_VERSION,
    VERDICTS,
    contract_data,
    format_utc,
    partial_data,
)
from openapi.contract import Contract, Json
from openapi.redaction import Redaction

EVENT_CHECKS = (
    "webhook-sent",
    "webhook-single-event",
    "webhook-unexpected",
    "webhook-method",
    "webhook-signature",
    "webhook-media-type",
    "webhook-json",
    "webhook-event-name",
    "webhook-schema",
    "webhook-echo",
    "webhook-late",
    "webhook-redelivery",
)
"""Checks of `verify` that a load applies to every event."""


@dataclass
class LoadOutcome:
    """Outcome of a load; the command fills it step by step."""

    contract: Contract | None = None
    preparation: Preparation | None = None
    result: Mapping[str, Json] | None = None
    """Result of the master; None if there is none."""
    not_judged: str | None = None
    """Reason why the load has no verdict, or None."""


def load_report(
    settings: Settings, outcome: LoadOutcome, started: float, seconds: float
) -> dict[str, Json]:
    """Return the result of a load as data, as `report.schema.json` describes it.

    `started` is in Unix seconds. Secrets are redacted.
    """
    redact = Redaction(settings.secrets)
    contract, prepared = outcome.contract, outcome.preparation
    result = {} if outcome.not_judged is not None or outcome.result is None else outcome.result
    answers = Counter({(op, status): count for op, status, count in result.get("answers", ())})
    events = result.get("events", {})
    findings = [_redacted(found, redact) for found in result.get("findings", ())]
    undecided = [redact(sentence) for sentence in result.get("undecided", ())]
    reason = _reason(outcome, answers)
    code = _exit_code(settings, findings, undecided, reason)
    delivered = sum(event["delivered"] for event in events.values())
    cases = {name: sum(answers.values()) for name in RESPONSE_CHECKS}
    cases |= {name: delivered for name in EVENT_CHECKS if settings.webhooks}
    left_out = prepared.left_out if prepared else {}
    return {
        "schema_version": SCHEMA_VERSION,
        "command": "load",
        "verdict": VERDICTS[code],
        "exit_code": code,
        "seed": settings.seed,
        "run_id": settings.run_id,
        "profile": settings.profile,
        "partial": partial_data(Selection(), settings.operations),
        "left_out": [],
        "url": redact(settings.url),
        "contract": contract_data(settings.contract, settings.overlays, contract),
        "started": format_utc(started),
        "seconds": round(seconds, 3),
        "reason": redact(reason) if reason and code == EXIT_NOT_JUDGED else None,
        "requests": sum(answers.values()),
        "operations": {
            "total": len(contract.operations) + len(contract.excluded) if contract else 0,
            "judged": len({operation for operation, _ in answers}),
            "undecided": [{"id": name, "cause": redact(why)} for name, why in left_out.items()],
        },
        "cases": {"digest": "", "replayed": 0},
        "created": {"count": _created(contract, answers), "without_prefix": []},
        "findings": findings,
        "constraints": [],
        "statuses": _statuses(contract, answers),
        "undecided": undecided,
        "checks": {name: {"cases": number, "crash": None} for name, number in cases.items()}
        if result
        else {},
        "webhooks": {
            "judged": settings.webhooks and bool(result),
            "expected": sum(event["expected"] for event in events.values()),
            "delivered": delivered,
            "verified": sum(event["verified"] for event in events.values()),
            "unexpected": result.get("unexpected", 0),
            "unsigned_events": [
                event.name for event in (contract.events if contract else ()) if not event.signature
            ],
            "strangers": {
                "count": result.get("strangers", 0),
                "event_like": 0,
                "elsewhere": 0,
                "dropped": 0,
                "own_dropped": 0,
                "senders": [],
            },
        },
        "deliveries": [],
        "baseline": {"file": None, "entries": 0, "resolved": []},
    }


def _exit_code(
    settings: Settings,
    findings: Sequence[Mapping[str, Json]],
    undecided: Sequence[str],
    reason: str,
) -> int:
    if any(found["severity"] == "violation" or settings.strict for found in findings):
        return EXIT_DEVIATES
    if reason or (settings.require_decided and undecided):
        return EXIT_NOT_JUDGED
    return EXIT_CONFORMS


def _reason(outcome: LoadOutcome, answers: Counter[tuple[str, str]]) -> str:
    """Return why the load says less than it should, or an empty text."""
    reason = early_end_of(outcome)
    if not reason and not answers:
        return "no request was sent: the load ended before its first user started"
    return reason


def early_end_of(outcome: LoadOutcome) -> str:
    """Return why something of the load is not known; empty if nothing was lost."""
    if outcome.not_judged is not None:
        return outcome.not_judged
    result = outcome.result
    if result is None:
        return "Locust ended without a result: its own output says why"
    if result["sink_failure"]:
        return str(result["sink_failure"])
    if result["user_error"]:
        return f"a user of the load stopped: {result['user_error']}; Locust's output says where"
    if result["lost_workers"]:
        count = result["lost_workers"]
        workers = "1 worker" if count == 1 else f"{count} workers"
        return f"{workers} ended without a last report, so that some events are not known"
    return ""


def _created(contract: Contract | None, answers: Counter[tuple[str, str]]) -> int:
    creating = {o.id: o for o in (contract.operations if contract else ()) if o.may_create}
    return sum(
        count
        for (operation, status), count in answers.items()
        if operation in creating
        and status.isdigit()
        and creating[operation].allows_cause("valid-request", int(status))
    )


def _statuses(
    contract: Contract | None, answers: Counter[tuple[str, str]]
) -> dict[str, dict[str, Json]]:
    several = contract is not None and len(contract.operations) > 1
    return {
        f"{operation} {status}" if several else status: {"seen": count, "reason": None}
        for (operation, status), count in sorted(answers.items())
    }


def _redacted(value: Json, redact: Redaction) -> Json:
    """Return JSON data with every text redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(item, redact) for item in value]
    if isinstance(value, dict):
        return {name: _redacted(item, redact) for name, item in value.items()}
    return value
