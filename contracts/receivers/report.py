"""Report of a test of a receiver: the same data as that of `verify`. Pure."""

import shlex
from collections import Counter
from collections.abc import Sequence
from typing import Any

from contracts.receivers.properties import PROPERTIES
from contracts.receivers.run import ReceiverOutcome
from contracts.receivers.trials.settings import ReceiverSettings
from contracts.receivers.trials.trial import Case, Property, SentDelivery, Trial, finding_id
from contracts.reporting.evidence import redacted_text
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
from openapi.contract import Event, Json
from openapi.redaction import Redaction

_COUNTED = ("passed", "failed")


def receiver_report(
    settings: ReceiverSettings, outcome: ReceiverOutcome, started: float, seconds: float
) -> dict[str, Json]:
    """Return the result of a test as data, as `report.schema.json` describes it.

    `started` is in Unix seconds. Secrets are redacted.
    """
    redact = Redaction(settings.secrets)
    trial = outcome.trial
    rows = [row for row in PROPERTIES.values() if settings.selection.judges(row.name)]
    by_row = {row.name: [c for c in outcome.cases if c.property is row] for row in rows}
    findings = [
        _finding(trial, settings, row, by_row[row.name], redact)
        for row in rows
        if trial is not None and any(c.status == "failed" for c in by_row[row.name])
    ]
    undecided = _undecided_sentences(outcome)
    code = _exit_code(settings, outcome, findings, undecided)
    contract = trial.contract if trial else None
    deliveries = trial.deliveries if trial else []
    return {
        "schema_version": SCHEMA_VERSION,
        "command": "verify-receiver",
        "verdict": VERDICTS[code],
        "exit_code": code,
        "seed": settings.seed,
        "run_id": settings.run_id,
        "profile": settings.profile,
        "partial": partial_data(settings.selection),
        "left_out": [
            {"name": row.name, "kind": "check", "reason": "not selected"}
            for row in PROPERTIES.values()
            if row not in rows
        ],
        "url": redact(settings.url),
        "contract": contract_data(settings.contract, settings.overlays, contract),
        "started": format_utc(started),
        "seconds": round(seconds, 3),
        "reason": redact(_reason(outcome, code)) or None,
        "requests": len(deliveries),
        "operations": {"total": 0, "judged": 0, "undecided": []},
        "cases": {"digest": "", "replayed": 0},
        "created": {"count": 0, "without_prefix": []},
        "findings": findings,
        "constraints": [_property_data(trial, row, by_row[row.name]) for row in rows if trial],
        "statuses": _status_counts(deliveries),
        "undecided": [redact(sentence) for sentence in undecided],
        "checks": {
            row.name: {"cases": _decided(by_row[row.name]), "crash": None}
            for row in rows
            if trial is not None
        },
        "webhooks": _NO_WEBHOOKS,
        "deliveries": [],
        "baseline": {"file": None, "entries": 0, "resolved": []},
    }


_NO_WEBHOOKS: dict[str, Any] = {
    "judged": False,
    "expected": 0,
    "delivered": 0,
    "verified": 0,
    "unexpected": 0,
    "unsigned_events": [],
    "strangers": {
        "count": 0,
        "event_like": 0,
        "elsewhere": 0,
        "dropped": 0,
        "own_dropped": 0,
        "senders": [],
    },
}


def _exit_code(
    settings: ReceiverSettings,
    outcome: ReceiverOutcome,
    findings: Sequence[dict[str, Json]],
    undecided: Sequence[str],
) -> int:
    if outcome.trial is None or outcome.not_judged is not None:
        return EXIT_NOT_JUDGED
    if any(found["severity"] == "violation" or settings.strict for found in findings):
        return EXIT_DEVIATES
    if not any(case.status in _COUNTED for case in outcome.cases):
        return EXIT_NOT_JUDGED
    if outcome.stop_reason or (settings.require_decided and undecided):
        return EXIT_NOT_JUDGED
    return EXIT_CONFORMS


def _reason(outcome: ReceiverOutcome, code: int) -> str:
    if outcome.not_judged is not None:
        return outcome.not_judged
    if outcome.stop_reason and code == EXIT_NOT_JUDGED:
        return early_end_of(outcome)
    if code == EXIT_NOT_JUDGED and not any(c.status in _COUNTED for c in outcome.cases):
        return "no delivery decided a property"
    return ""


def early_end_of(outcome: ReceiverOutcome) -> str:
    """Return why the run ended before its last delivery; empty if it did not."""
    return f"the run was cut short: {outcome.stop_reason}" if outcome.stop_reason else ""


def _undecided_sentences(outcome: ReceiverOutcome) -> list[str]:
    """Return a sentence for each reason that the user can change, and for an early end."""
    names: dict[tuple[str, str], list[str]] = {}
    for case in outcome.cases:
        if case.status == "undecided" and case.hint:
            names.setdefault((case.message, case.hint), []).append(case.property.name)
    found = [
        f"{', '.join(dict.fromkeys(listed))}: {reason}: {hint}"
        for (reason, hint), listed in names.items()
    ]
    stopped = [f"the run ended {outcome.stop_reason}"] if outcome.stop_reason else []
    return [*stopped, *found]


def _decided(cases: Sequence[Case]) -> int:
    return sum(case.status in _COUNTED for case in cases)


def _place(trial: Trial, row: Property) -> str:
    """Return the pointer of what a property is about: the signature scheme, or the webhook."""
    event: Event = trial.sender.event
    if row.about == "signature" and event.signature is not None and event.signature.pointer:
        return event.signature.pointer
    return event.pointer


def _finding(
    trial: Trial,
    settings: ReceiverSettings,
    row: Property,
    cases: Sequence[Case],
    redact: Redaction,
) -> dict[str, Json]:
    failed = [case for case in cases if case.status == "failed"]
    severe = [case for case in failed if case.severity == "violation"]
    first = (severe or failed)[0]
    pointer, sent = _place(trial, row), first.sent
    others = list(dict.fromkeys(c.message for c in failed if c.message != first.message))
    more = f"; also: {'; '.join(others)}" if others else ""
    return {
        "id": finding_id(row.name, pointer),
        "check": row.name,
        "severity": first.severity,
        "provenance": "implied",
        "source": "receiver",
        "rationale": row.source,
        "pointer": pointer,
        "place": None,
        "detail": "*",
        "instance": None,
        "message": redact(f"{first.message}{more}"),
        "expected": first.expected or row.admissible,
        "received": redact(_received(sent)) if sent else "",
        "count": len(failed),
        "tried": _decided(cases),
        "request": None,
        "response": _response_data(sent, redact) if sent else None,
        "delivery": _delivery_data(settings, sent, redact) if sent else None,
        "fields": [],
        "curl": redact(reproduction_command(settings, row.name)),
        "follows_from": None,
        "baseline_reason": None,
    }


def reproduction_command(settings: ReceiverSettings, check: str) -> str:
    """Return the command that sends the deliveries of a check again."""
    words = ["hookproof", "verify-receiver", settings.url, *settings.stated_options]
    return shlex.join([*words, "--seed", str(settings.seed), "--only", check])


def _received(sent: SentDelivery) -> str:
    response = sent.response
    if response.status is None:
        return response.problem
    return f"{response.status} in {1000 * response.seconds:.0f} ms"


def _response_data(sent: SentDelivery, redact: Redaction) -> dict[str, Json] | None:
    response = sent.response
    if response.status is None:
        return None
    media_type = response.header("Content-Type")
    return {
        "status": response.status,
        "media_type": None if media_type is None else redact(media_type),
        "body": redacted_text(response.body, redact),
    }


def _delivery_data(
    settings: ReceiverSettings, sent: SentDelivery, redact: Redaction
) -> dict[str, Json]:
    return {
        "id": sent.number,
        "method": sent.attempt.method,
        "target": redact(settings.url),
        "headers": [[redact(name), redact(value)] for name, value in sent.attempt.headers],
        "body": redacted_text(sent.attempt.body, redact),
    }


def _property_data(trial: Trial, row: Property, cases: Sequence[Case]) -> dict[str, Json]:
    statuses = {case.status for case in cases}
    open_case = next((c for c in cases if c.status in ("undecided", "not exercised")), None)
    if "failed" in statuses:
        status, open_case = "violated", None
    elif "passed" in statuses:
        status, open_case = "enforced", None
    else:
        status = open_case.status if open_case else "not exercised"
    return {
        "pointer": _place(trial, row),
        "detail": "*",
        "keyword": row.name,
        "kind": "receiver",
        "provenance": "implied",
        "source": row.source,
        "rationale": row.requirement,
        "status": status,
        "cases": _decided(cases),
        "reason": (open_case.message if open_case else None),
        "hint": (open_case.hint or None) if open_case else None,
    }


def _status_counts(deliveries: Sequence[SentDelivery]) -> dict[str, Json]:
    """Return the number of responses with each status; deliveries without one have none."""
    counted = Counter(sent.response.status for sent in deliveries)
    lost = counted.pop(None, 0)
    found = {str(status): counted[status] for status in sorted(s for s in counted if s)}
    named = {**found, **({"no response": lost} if lost else {})}
    return {name: {"seen": number, "reason": None} for name, number in named.items()}
