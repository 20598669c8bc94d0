"""The report of a run: plain data, the verdict and the exit code. Pure; the roof writes it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from contracts.checks import CHECKS
from contracts.checks.judgement import Found
from contracts.checks.secrets import known_secrets
from contracts.ledger.ledger import Books
from contracts.model.case import APART, KEPT
from contracts.model.correlators import ANY_MARK
from contracts.model.exchange import Exchange
from contracts.model.settings import Settings
from contracts.model.unique_values import PREFIX
from contracts.outcome import Outcome
from contracts.reporting.constraint_status import Standing, sentence, standings, why_not_seen
from contracts.reporting.evidence import because, evidence
from contracts.reporting.webhook_summary import deliveries, webhooks
from openapi.contract import Contract, Json
from openapi.redaction import Redaction

SCHEMA_VERSION = 2
CONFORMS, DEVIATES, NOT_JUDGED = 0, 1, 2
VERDICTS = {CONFORMS: "conforms", DEVIATES: "deviates", NOT_JUDGED: "not-judged"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d", re.ASCII)


def report(settings: Settings, outcome: Outcome, started: float, seconds: float) -> dict[str, Json]:
    """Return the report as JSON data, without any secret.

    The run began at `started` (Unix seconds) and took `seconds`.
    """
    books = None if outcome.not_judged is not None else outcome.books
    mask = Redaction(known_secrets(books) if books else settings.secrets)
    rules = {name: (check.__doc__ or "").strip() for name, check in CHECKS.items()}
    told = standings(books, outcome.judgements) if books else []
    findings = outcome.findings if books else []
    undecided = _undecided(books, told) if books else []
    code = exit_code(settings, books, findings, undecided)
    return {
        "schema_version": SCHEMA_VERSION,
        "verdict": VERDICTS[code],
        "exit_code": code,
        "seed": settings.seed,
        "run_id": settings.run_id,
        "profile": settings.profile,
        "url": settings.url,
        "contract": _contract(settings, books),
        "started": _utc(started),
        "seconds": round(seconds, 3),
        "reason": mask(_reason(outcome, books, code)) or None,
        "requests": len(books.exchanges) if books else 0,
        "cases": {"digest": digest(books) if books else "", "replayed": _replayed(books)},
        "created": _created(books, mask),
        "findings": [evidence(books, found, rules, mask) for found in findings] if books else [],
        "constraints": [constraint(books.contract, standing) for standing in told] if books else [],
        "statuses": statuses(books) if books else {},
        "undecided": undecided,
        "webhooks": webhooks(settings, books),
        "deliveries": deliveries(books, findings, mask),
        "known": {"file": None, "listed": 0, "gone": []},
    }


def _reason(outcome: Outcome, books: Books | None, code: int) -> str:
    """Return why there is no verdict; empty where there is one, or where it was asked for so."""
    if outcome.not_judged is not None:
        return outcome.not_judged
    cut = books.cut_short if books is not None and code == NOT_JUDGED else None
    return f"the run was cut short: {cut}" if cut else ""


def exit_code(
    settings: Settings, books: Books | None, findings: Sequence[Found], undecided: Sequence[str]
) -> int:
    """Return 0, 1 or 2: the service conforms, deviates, or was not judged."""
    if books is None:
        return NOT_JUDGED
    if any(found.finding.severity == "violation" or settings.strict for found in findings):
        return DEVIATES
    if books.cut_short or (settings.require_decided and undecided):
        return NOT_JUDGED
    return CONFORMS


def _undecided(books: Books, told: Sequence[Standing]) -> list[str]:
    """Return a sentence for each part that whoever runs this could have decided."""
    curable = [sentence(s.reason or "", s.cure) for s in told if s.cure is not None]
    return list(dict.fromkeys([*books.undecided, *curable]))


def _contract(settings: Settings, books: Books | None) -> dict[str, Json]:
    info = books.contract.document["info"] if books else {"title": "", "version": ""}
    file = settings.contract.name if settings.contract else "personal-access-tokens.yaml"
    return {"title": info["title"], "version": info["version"], "file": file}


def _utc(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def digest(books: Books) -> str:
    """Return what is equal for equal cases, whatever their names, instants and answers."""
    hashed = hashlib.sha256()
    for tries in books.cases.values():
        request = tries[0].request
        if request.block in APART:
            continue  # They depend on answers, of this run or an earlier one.
        body = request.body.decode("utf-8", errors="backslashreplace")
        body = _MOMENT.sub("instant", ANY_MARK.sub("mark", body))
        parts = (request.operation.id, request.method, request.block, request.description)
        text = "\n".join((*parts, request.credential.kind, str(request.media_type), body))
        hashed.update(text.encode())
    return hashed.hexdigest()[:16]


def _replayed(books: Books | None) -> int:
    return sum(e.request.block == KEPT for e in books.exchanges) if books else 0


def _created(books: Books | None, mask: Redaction) -> dict[str, Json]:
    """Return how much was created and is left behind, and the names that lack the run's mark."""
    created = [e.request for e in books.exchanges if _has_created(e)] if books else []
    marked = f"{PREFIX}{books.settings.run_id}-".encode() if books else b""
    unmarked = [r for r in created if marked not in r.body]
    names = [r.correlators.get(p.request) for r in unmarked for p in r.places if p.kind == "mark"]
    return {"count": len(created), "unmarked": [mask(str(name)) for name in names if name]}


def _has_created(exchange: Exchange) -> bool:
    success = exchange.request.operation.answer_to("valid-request")
    made = success is not None and str(exchange.status) == success.status
    return made and exchange.request.operation.may_create


def constraint(contract: Contract, standing: Standing) -> dict[str, Json]:
    """Return the standing of a constraint as data."""
    known = standing.constraint.provenance
    return {
        "pointer": standing.constraint.pointer,
        "detail": standing.constraint.detail,
        "keyword": standing.constraint.keyword,
        "kind": standing.constraint.kind,
        "provenance": known.level,
        "source": known.source,
        "because": because(contract, known),
        "state": standing.state,
        "cases": standing.cases,
        "reason": standing.reason,
        "cure": standing.cure,
    }


def statuses(books: Books) -> Mapping[str, Mapping[str, Json]]:
    """Return how often each documented status was seen, and why not if never."""
    several = len(books.contract.operations) > 1
    result: dict[str, Mapping[str, Json]] = {}
    for operation in books.contract.operations:
        for status, response in operation.responses.items():
            seen = sum(
                1
                for exchange, came in books.answered
                if str(came) == status and exchange.request.operation is operation
            )
            reason = None if seen else sentence(*why_not_seen(books.settings, response))
            name = f"{operation.id} {status}" if several else status
            result[name] = {"seen": seen, "reason": reason}
    return result
