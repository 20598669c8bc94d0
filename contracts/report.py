"""The report of a run: plain data, the verdict and the exit code. Pure; the roof writes it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from contracts.books import Books
from contracts.settings import Settings
from openapi.document import Contract, Json, Response
from openapi.finding import Finding

SCHEMA_VERSION = 1
CONFORMS, DEVIATES, NOT_JUDGED = 0, 1, 2

_NOT_SEEN = {
    "valid-request": "no valid request was answered so",
    "invalid-request": "no invalid request was answered so",
    "refused-credential": "no bad credential was answered so",
    "credential-without-permission": (
        "no token without the permission was given: pass --token-without-permission"
    ),
    "repeated-request": "no repeated request was answered so: the service allows repetition",
    "burst": "the rate limit was not exceeded: pass --provoke 429",
    "failure-only": "a failure of the service, which is never asked for",
}


def exit_code(settings: Settings, books: Books | None, findings: Sequence[Finding]) -> int:
    """Return 0, 1 or 2: the service conforms, deviates, or was not judged."""
    if books is None:
        return NOT_JUDGED
    if any(f.severity == "violation" or settings.strict for f in findings):
        return DEVIATES
    if settings.require_decided and undecided(settings, books):
        return NOT_JUDGED
    return CONFORMS


def undecided(settings: Settings, books: Books) -> list[str]:
    """Return a sentence for each part of the contract that the run could not decide."""
    # What the contract never asks for, or leaves to the service, needs no decision.
    reasons = [
        str(state["reason"])
        for status, state in statuses(books).items()
        if state["reason"] and _response(books.contract, status) in ("burst", "refused-credential")
    ]
    if not settings.webhooks and books.contract.events:
        reasons.append("the webhooks were left out: drop --no-webhooks")
    return [*dict.fromkeys([*books.undecided, *reasons])]


def report(
    settings: Settings,
    books: Books | None,
    findings: Sequence[Finding],
    not_judged: str | None,
) -> dict[str, Json]:
    """Return the report as JSON data, without any secret."""
    code = exit_code(settings, books, findings)
    verdict = {CONFORMS: "conforms", DEVIATES: "deviates", NOT_JUDGED: "not-judged"}[code]
    return {
        "schema_version": SCHEMA_VERSION,
        "verdict": verdict,
        "exit_code": code,
        "seed": settings.seed,
        "run_id": settings.run_id,
        "url": settings.url,
        "reason": not_judged,
        "requests": len(books.exchanges) if books else 0,
        "findings": [asdict(finding) for finding in findings],
        "statuses": statuses(books) if books else {},
        "undecided": undecided(settings, books) if books else [],
        "webhooks": _webhooks(settings, books),
    }


def statuses(books: Books) -> dict[str, dict[str, Json]]:
    """Return how often each documented status was seen, and why not if never."""
    result: dict[str, dict[str, Json]] = {}
    for status, response in _responses(books.contract):
        seen = sum(1 for _, came in books.answered if str(came) == status)
        by = response.provoke.get("by", "")
        reason = None if seen else _NOT_SEEN.get(by, "nothing is known that brings it about")
        result[status] = {"seen": seen, "reason": reason}
    return result


def _responses(contract: Contract) -> Iterator[tuple[str, Response]]:
    for operation in contract.operations:
        yield from operation.responses.items()


def _response(contract: Contract, status: str) -> str:
    return next(str(r.provoke.get("by")) for s, r in _responses(contract) if s == status)


def _webhooks(settings: Settings, books: Books | None) -> dict[str, Json]:
    if books is None or not settings.webhooks or not books.contract.events:
        return {"judged": False, "expected": 0, "delivered": 0, "verified": 0, "unexpected": 0}
    uncalled = [
        occurrence
        for exchange, occurrence in books.balance.pairs
        if exchange.answer is not None and not _expected(books, exchange.request.number)
    ]
    paired = [e.request.number for e, _ in books.balance.pairs]
    served = {number for number in paired if _expected(books, number)}
    verified = {
        exchange.request.number
        for exchange, occurrence in books.balance.pairs
        if exchange.request.number in served
        and occurrence.first.verdict.signature in ("valid", "unchecked")
    }
    return {
        "judged": True,
        "expected": len(served) + len(books.balance.missing),
        "delivered": len(served),
        "verified": len(verified),
        "unexpected": len(uncalled) + len(books.balance.foreign),
    }


def _expected(books: Books, number: int) -> bool:
    exchange = next(e for e in books.exchanges if e.request.number == number)
    status = exchange.status
    return (
        status is not None
        and books.contract.triggered_by(exchange.request.operation.id, status) is not None
    )
