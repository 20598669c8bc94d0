"""Checks of duplicate requests (sequential and concurrent) and of the rate limit."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from contracts.judgement import Judgement, failed, passed, undecided
from contracts.ledger.ledger import Ledger
from contracts.model.case import CONCURRENT_PHASE, DUPLICATE_PHASE, RATE_LIMIT_PHASE
from contracts.model.exchange import Exchange
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.schemas.validation import abbreviate

MIN_EARLY_LIMITS = 3
"""Number of early responses of the rate limit that show a lower limit."""
_DUPLICATE_CAUSES = ("duplicate-request", "valid-request", "rate-limit-exceeded")
"""Causes whose statuses a duplicate request may get."""


def duplicate_request(ledger: Ledger) -> Iterator[Judgement]:
    """A duplicate request gets the conflict status or the success status, and no other."""
    for exchange, status in ledger.answered_exchanges:
        operation = exchange.request.operation
        response_spec = operation.response_caused_by("duplicate-request")
        if exchange.request.phase != DUPLICATE_PHASE or response_spec is None or status >= 500:
            continue
        if exchange.has_status_of("duplicate-request"):
            response_spec = operation.response_for(status) or response_spec
        pointer = join_pointer(response_spec.pointer, "x-hookproof-cause")
        if any(map(exchange.has_status_of, _DUPLICATE_CAUSES)):
            yield passed(pointer, exchange.request.case_id)
        else:
            places = ", ".join(operation.duplicate_values)
            wanted = " or ".join(map(operation.status_text, _DUPLICATE_CAUSES[:2]))
            message = (
                f"{exchange.request.label()} repeats {places} of an accepted request and got "
                f"{status}, expected {wanted}"
            )
            yield failed(
                ledger,
                pointer,
                exchange,
                message,
                apart=str(status),
                expected=wanted,
                received=f"status {status}",
            )


def concurrent_duplicates(ledger: Ledger) -> Iterator[Judgement]:
    """A service that rejects duplicates accepts exactly one of several concurrent duplicates."""
    groups: dict[int, list[Exchange]] = {}
    for exchange in ledger.exchanges:
        if exchange.request.phase == CONCURRENT_PHASE:
            groups.setdefault(exchange.request.concurrent_group, []).append(exchange)
    for number, group in groups.items():
        for response_spec in group[0].request.operation.responses_caused_by("duplicate-request"):
            pointer = join_pointer(response_spec.pointer, "x-hookproof-cause", "concurrent")
            if get_at(ledger.contract.document, pointer) is not MISSING:
                yield _judge_concurrent(ledger, pointer, number, group)


def _judge_concurrent(
    ledger: Ledger, pointer: str, number: int, group: list[Exchange]
) -> Judgement:
    operation = group[0].request.operation
    success, conflict = map(operation.status_text, ("valid-request", "duplicate-request"))
    accepted = [exchange for exchange in group if exchange.has_status_of("valid-request")]
    rejected = [exchange for exchange in group if exchange.has_status_of("duplicate-request")]
    if not _rejects_repetition(ledger):
        return undecided(pointer, number, "the service allows duplicate requests")
    if len(accepted) + len(rejected) < len(group):
        return undecided(pointer, number, "a request got another status or no response")
    if len(accepted) == 1:
        return passed(pointer, number)
    what = ", ".join(operation.duplicate_values)
    message = (
        f"{len(group)} concurrent requests, from {group[0].request.label()} on, had the same "
        f"{what}: {len(accepted)} got {success}; the service rejects sequential duplicates"
    )
    shown = accepted[-1] if accepted else group[0]
    return failed(
        ledger,
        pointer,
        shown,
        message,
        case_id=number,
        expected=f"one {success}, {conflict} for the others",
        received=f"{success} for {len(accepted)} of {len(group)}",
    )


def _rejects_repetition(ledger: Ledger) -> bool:
    repeated = [e for e in ledger.exchanges if e.request.phase == DUPLICATE_PHASE]
    return bool(repeated) and all(e.has_status_of("duplicate-request") for e in repeated)


def rate_limit(ledger: Ledger) -> Iterator[Judgement]:
    """A burst above the rate limit gets a 429 (only with that extra phase), far fewer get none."""
    yield from _judge_early_limit(ledger)
    burst = [
        e for e in ledger.exchanges if e.request.phase == RATE_LIMIT_PHASE and e.status is not None
    ]
    if not burst:
        return
    operation = burst[0].request.operation
    limited = operation.status_text("rate-limit-exceeded")
    if not limited or operation.rate_limit is None:
        return
    pointer = join_pointer(operation.pointer, "x-hookproof-rate-limit")
    if any(exchange.has_status_of("rate-limit-exceeded") for exchange in burst):
        yield passed(pointer, burst[0].request.case_id)
        return
    requests, seconds = operation.rate_limit["requests"], operation.rate_limit["seconds"]
    limit = f"{requests} requests in {seconds} s"
    if not _exceeds_rate(burst, requests, seconds):
        why = f"the burst was too slow to exceed {limit}"
        yield undecided(pointer, burst[0].request.case_id, why)
        return
    message = (
        f"{len(burst)} requests in {burst[-1].ended - burst[0].started:.1f} s got no "
        f"{limited}; the limit is {limit}; received statuses: "
        f"{abbreviate(sorted({e.status for e in burst if e.status}))}"
    )
    yield failed(
        ledger,
        pointer,
        burst[0],
        message,
        expected=f"a {limited} above {limit}",
        received=f"none in {len(burst)} requests",
    )


def _judge_early_limit(ledger: Ledger) -> Iterator[Judgement]:
    """Yield a finding for each response of the rate limit to far fewer requests than it allows.

    The run counts all its requests, also rejected ones, of all operations: the limit is per client
    address. It says nothing of few such responses, of the first period, because the service may
    still count an earlier run, and after invalid credentials, which may have another limit.
    """
    exchanges = sorted(ledger.exchanges, key=lambda exchange: exchange.started)
    sent = [exchange.started for exchange in exchanges]
    found: dict[str, list[tuple[Exchange, int]]] = {}
    only_valid, was_limited = True, False
    for exchange in exchanges:
        is_limited = exchange.has_status_of("rate-limit-exceeded")
        if was_limited and not is_limited:
            only_valid = True
        was_limited = is_limited
        only_valid = only_valid and exchange.request.credential.expected_outcome in (
            "accepted",
            "forbidden",
        )
        limit = exchange.request.operation.rate_limit
        if limit is None or not is_limited or exchange.status is None or not only_valid:
            continue
        since = exchange.started - limit["seconds"]
        count = bisect_right(sent, exchange.started) - bisect_left(sent, since)
        if since > sent[0] and count < limit["requests"] / 2:
            found.setdefault(exchange.request.operation.id, []).append((exchange, count))
    for early in found.values():
        if len(early) >= MIN_EARLY_LIMITS:
            yield from (_early_limit(ledger, exchange, count) for exchange, count in early)


def _early_limit(ledger: Ledger, exchange: Exchange, count: int) -> Judgement:
    limit = exchange.request.operation.rate_limit
    assert limit is not None, "only an operation with a rate limit is judged"
    stated = f"{limit['requests']} requests in {limit['seconds']} s"
    message = (
        f"{exchange.request.label()} got {exchange.status} after {count} requests in "
        f"{limit['seconds']} s; the limit is {stated}. Other clients at this address count too"
    )
    return failed(
        ledger,
        join_pointer(exchange.request.operation.pointer, "x-hookproof-rate-limit"),
        exchange,
        message,
        apart="early",
        expected=f"no {exchange.status} below {stated}",
        received=f"status {exchange.status} after {count} requests",
    )


def _exceeds_rate(burst: list[Exchange], requests: int, seconds: float) -> bool:
    """Return whether more requests than the limit began and ended within its period."""
    pairs = zip(burst, burst[requests:], strict=False)
    return any(last.ended - first.started <= seconds for first, last in pairs)
