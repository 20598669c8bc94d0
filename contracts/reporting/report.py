"""Report data of a run, verdict and exit code. Pure; the command writes the report."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from contracts.checks import CHECKS
from contracts.checks.secrets import redaction
from contracts.judgement import GroupedFinding, Judgement
from contracts.ledger.ledger import Ledger
from contracts.model.case import RESPONSE_DEPENDENT_PHASES, SAVED_PHASE
from contracts.model.correlators import MARK_PATTERN
from contracts.model.exchange import Exchange
from contracts.model.selection import LeftOut, left_out
from contracts.model.settings import Settings
from contracts.model.unique_values import DIGITS_PATTERN, MARK_PREFIX
from contracts.outcome import RunOutcome
from contracts.reporting.causes import find_roots
from contracts.reporting.constraint_status import (
    ConstraintStatus,
    constraint_statuses,
    reason_sentence,
    unseen_reason,
)
from contracts.reporting.evidence import evidence, provenance_reason
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
from contracts.reporting.webhook_summary import delivery_pairs, webhook_counts
from openapi.contract import Contract, Json, Operation, ResponseSpec
from openapi.redaction import Redaction

MAX_UNREAD_REASONS = 5
_DATETIME = re.compile(
    r'\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d|(?<=")\d{1,4}(?:-[\d:Tt-]*)?\Z', re.ASCII
)
"""Instants, also one that the end of a truncated body has cut."""
_ASCII_ESCAPE = re.compile(r"\\u00([2-7][0-9a-fA-F])")


def report(
    settings: Settings, outcome: RunOutcome, started: float, seconds: float
) -> dict[str, Json]:
    """Return the report as redacted JSON data.

    The run began at `started` (Unix seconds) and took `seconds`.
    """
    ledger = None if outcome.not_judged is not None else outcome.ledger
    redact = redaction(ledger) if ledger else Redaction(settings.secrets)
    rules = {name: (check.__doc__ or "").strip() for name, check in CHECKS.items()}
    crashes = outcome.crashes if ledger else {}
    statuses = constraint_statuses(ledger, outcome.judgements, crashes) if ledger else []
    findings = outcome.findings if ledger else []
    roots = find_roots(ledger, findings) if ledger else {}
    undecided = _undecided_sentences(ledger, statuses, outcome.judgements) if ledger else []
    undecided = list(dict.fromkeys([*crashes.values(), *undecided]))
    code = exit_code(settings, ledger, findings, undecided, crashed=bool(crashes))
    return {
        "schema_version": SCHEMA_VERSION,
        "command": "verify",
        "verdict": VERDICTS[code],
        "exit_code": code,
        "seed": settings.seed,
        "run_id": settings.run_id,
        "profile": settings.profile,
        "partial": partial_data(settings.selection, settings.operations),
        "left_out": [_left_out_data(part, redact) for part in _left_out(settings, ledger)],
        "url": settings.url,
        "contract": contract_data(
            settings.contract, settings.overlays, ledger.contract if ledger else None
        ),
        "started": format_utc(started),
        "seconds": round(seconds, 3),
        "reason": redact(_no_verdict_reason(outcome, ledger, code)) or None,
        "requests": len(ledger.exchanges) + ledger.unjudged_requests if ledger else 0,
        "operations": _operations_data(ledger, redact),
        "cases": {
            "digest": case_digest(ledger) if ledger else "",
            "replayed": _replayed_count(ledger),
        },
        "created": _created_data(ledger, redact),
        "findings": [
            evidence(ledger, found, rules, redact, roots.get(found.id)) for found in findings
        ]
        if ledger
        else [],
        "constraints": [constraint_data(ledger.contract, status, redact) for status in statuses]
        if ledger
        else [],
        "statuses": status_counts(ledger) if ledger else {},
        "undecided": [redact(sentence) for sentence in undecided],
        "checks": {
            name: {"cases": result.cases, "crash": result.crash}
            for name, result in outcome.results.items()
            if settings.selection.judges(name)
        }
        if ledger
        else {},
        "webhooks": webhook_counts(settings, ledger, redact),
        "deliveries": delivery_pairs(ledger, findings, redact),
        "baseline": {"file": None, "entries": 0, "resolved": []},
    }


def _left_out(settings: Settings, ledger: Ledger | None) -> Iterator[LeftOut]:
    yield from left_out(settings.selection, settings.profile, settings.extra_phases, CHECKS)
    if ledger is None:
        return
    for operation in ledger.contract.excluded:
        yield LeftOut(operation.id, "operation", "not selected")
    for operation in ledger.contract.operations:
        if not operation.accepts_valid_requests:
            yield LeftOut(operation.id, "operation", "it documents no response to a valid request")
    for one in ledger.incomplete:
        if one.status == "not exercised":
            reason = f"{one.reason}: {one.hint}" if one.hint else one.reason
            yield LeftOut(one.id, "operation", reason)
    received = {item.verdict.event for item in ledger.deliveries}
    for event in ledger.contract.events:
        if not event.operation:
            reason = "no x-hookproof-trigger says when it is sent"
            if event in received:
                reason += "; only the content of its deliveries is judged"
            yield LeftOut(event.name, "webhook", reason)
    for complaint in ledger.contract.complaints:
        if complaint.rule == "callback":
            yield LeftOut(complaint.pointer, "callback", complaint.message)


def _left_out_data(part: LeftOut, redact: Redaction) -> dict[str, Json]:
    return {"name": part.name, "kind": part.kind, "reason": redact(part.reason)}


def _operations_data(ledger: Ledger | None, redact: Redaction) -> dict[str, Json]:
    """Return the number of operations, and each one that is undecided, with its cause."""
    if ledger is None:
        return {"total": 0, "judged": 0, "undecided": []}
    contract = ledger.contract
    judged = {exchange.request.operation.id for exchange in ledger.exchanges}
    judged -= {one.id for one in ledger.incomplete if one.status != "cut short"}
    return {
        "total": len(contract.operations) + len(contract.excluded),
        "judged": len(judged),
        "undecided": [
            {"id": one.id, "cause": redact(f"{one.reason}: {one.hint}" if one.hint else one.reason)}
            for one in ledger.incomplete
            if one.status == "undecided"
        ],
    }


def _no_verdict_reason(outcome: RunOutcome, ledger: Ledger | None, code: int) -> str:
    """Return why the run has no verdict; empty if it has one or the user limited the run."""
    if outcome.not_judged is not None:
        return outcome.not_judged
    if ledger is None or code != EXIT_NOT_JUDGED:
        return ""
    return "; ".join(filter(None, [*outcome.crashes.values(), early_end_of(ledger)]))


def early_end_of(ledger: Ledger | None) -> str:
    """Return why the run ended before it had sent everything; empty if the user wanted it to."""
    if ledger is None or not ledger.stop_reason:
        return ""
    return f"the run was cut short: {ledger.stop_reason}"


def exit_code(
    settings: Settings,
    ledger: Ledger | None,
    findings: Sequence[GroupedFinding],
    undecided: Sequence[str],
    *,
    crashed: bool = False,
) -> int:
    """Return 0 (conforms), 1 (deviates) or 2 (not judged); `crashed`: a check did."""
    if ledger is None:
        return EXIT_NOT_JUDGED
    if any(found.finding.severity == "violation" or settings.strict for found in findings):
        return EXIT_DEVIATES
    if crashed or ledger.stop_reason or (settings.require_decided and undecided):
        return EXIT_NOT_JUDGED
    return EXIT_CONFORMS


def _undecided_sentences(
    ledger: Ledger, statuses: Sequence[ConstraintStatus], judgements: Sequence[Judgement]
) -> list[str]:
    """Return one sentence for each undecided part that the user can change.

    A judgement about a constraint that the contract does not state says what to state.
    """
    listed = {status.constraint.key for status in statuses}
    unstated = [j.undecided_reason for j in judgements if j.constraint not in listed]
    actionable = [reason_sentence(s.reason or "", s.hint) for s in statuses if _is_actionable(s)]
    unread = Counter(
        exchange.response.not_judged
        for exchange in ledger.exchanges
        if exchange.response is not None and exchange.response.not_judged is not None
    )
    bodies = [
        f"the body of {count} response{'' if count == 1 else 's'} was not judged: {reason}"
        for reason, count in unread.most_common(MAX_UNREAD_REASONS)
    ]
    return list(dict.fromkeys([*ledger.undecided, *bodies, *filter(None, unstated), *actionable]))


def _is_actionable(status: ConstraintStatus) -> bool:
    """Return whether the user should do what the hint says.

    To change what others own is for the user to decide, so that the run lacks nothing without it.
    """
    return status.hint is not None and status.status == "undecided"


def case_digest(ledger: Ledger) -> str:
    """Return a digest of the cases that ignores unique values and responses."""
    hashed = hashlib.sha256()
    for tries in ledger.exchanges_by_case.values():
        request = tries[0].request
        if request.phase in RESPONSE_DEPENDENT_PHASES:
            continue  # These cases depend on responses of this or an earlier run.
        body = request.body.decode("utf-8", errors="backslashreplace")
        body = _ASCII_ESCAPE.sub(lambda match: chr(int(match[1], 16)), body)
        body = _DATETIME.sub("instant", MARK_PATTERN.sub("mark", body))
        body = DIGITS_PATTERN.sub("digits", body)
        parts = (request.operation.id, request.method, request.phase, request.description)
        text = "\n".join((*parts, request.credential.kind, str(request.media_type), body))
        hashed.update(text.encode())
    return hashed.hexdigest()[:16]


def _replayed_count(ledger: Ledger | None) -> int:
    return sum(e.request.phase == SAVED_PHASE for e in ledger.exchanges) if ledger else 0


def _created_data(ledger: Ledger | None, redact: Redaction) -> dict[str, Json]:
    """Return the number of created resources, and the names without the run's prefix."""
    created = [e.request for e in ledger.exchanges if _is_creation(e)] if ledger else []
    prefix = f"{MARK_PREFIX}{ledger.settings.run_id}-" if ledger else ""
    names = [
        str(r.correlator_values.get(p.request) or "")
        for r in created
        if prefix.encode() not in r.body
        for p in r.correlators
        if p.kind == "unique-string"
    ]
    without_prefix = [redact(name) for name in names if name and prefix not in name]
    return {"count": len(created), "without_prefix": without_prefix}


def _is_creation(exchange: Exchange) -> bool:
    return exchange.has_status_of("valid-request") and exchange.request.operation.may_create


def constraint_data(
    contract: Contract, status: ConstraintStatus, redact: Redaction
) -> dict[str, Json]:
    """Return the status of a constraint as data."""
    known = status.constraint.provenance
    return {
        "pointer": status.constraint.pointer,
        "detail": status.constraint.detail,
        "keyword": status.constraint.keyword,
        "kind": status.constraint.kind,
        "provenance": known.level,
        "source": known.source,
        "rationale": provenance_reason(contract, known),
        "status": status.status,
        "cases": status.cases,
        "reason": None if status.reason is None else redact(status.reason),
        "hint": status.hint,
    }


def status_counts(ledger: Ledger) -> Mapping[str, Mapping[str, Json]]:
    """Return the number of responses with each documented status, and a reason if none."""
    several = len(ledger.contract.operations) > 1
    received = Counter(
        (exchange.request.operation.id, stated.status)
        for exchange, _ in ledger.answered_exchanges
        if (stated := exchange.documented_response) is not None
    )
    result: dict[str, Mapping[str, Json]] = {}
    for operation in ledger.contract.operations:
        for status, response in operation.responses.items():
            seen = received[operation.id, status]
            reason = None if seen else _unseen_sentence(ledger, operation, response)
            name = f"{operation.id} {status}" if several else status
            result[name] = {"seen": seen, "reason": reason}
    return result


def _unseen_sentence(ledger: Ledger, operation: Operation, response: ResponseSpec) -> str:
    marked = next((one for one in ledger.incomplete if one.id == operation.id), None)
    if marked is not None and not marked.judged:
        return marked.sentence
    return reason_sentence(*unseen_reason(ledger.settings, operation, response))
