"""Checks that every request gets a response, and no 5xx."""

from collections.abc import Iterator

from contracts.checks.failure_causes import FailureCauses
from contracts.expectations.allowed_rejections import rejections_by_bytes
from contracts.judgement import Judgement, failed, passed
from contracts.ledger.ledger import Ledger
from contracts.model.exchange import Exchange
from openapi.json_pointer import join_pointer

MAX_RACE_LOSSES = 2
MAX_FAILED_SHARE = 0.8
"""Above this share of failed requests, all failures with one status are one finding."""


def _failure_pointer(exchange: Exchange) -> str:
    operation = exchange.request.operation
    response_spec = operation.response_caused_by("server-error")
    if exchange.has_status_of("server-error"):
        response_spec = exchange.documented_response
    return (
        join_pointer(response_spec.pointer, "x-hookproof-cause")
        if response_spec
        else join_pointer(operation.pointer, "responses")
    )


def no_response(ledger: Ledger) -> Iterator[Judgement]:
    """Every request gets a complete HTTP response before the timeout."""
    # A lost connection may be a race (the server closes as the client sends), but not often.
    lost = sum(1 for exchange in ledger.exchanges if exchange.retried)
    for exchange in ledger.exchanges:
        pointer = _failure_pointer(exchange)
        by_a_race = exchange.retried and lost <= MAX_RACE_LOSSES
        if exchange.failure is None or by_a_race or _is_rejected_unread(exchange):
            yield passed(pointer, exchange.request.number)
            continue
        failure = exchange.failure
        message = f"{exchange.request.label()} got no response: {failure.message}"
        yield failed(
            ledger,
            pointer,
            exchange,
            message,
            apart=failure.kind,
            expected="a response",
            received=failure.message,
        )


def _is_rejected_unread(exchange: Exchange) -> bool:
    """Return whether the service rejected a body that it need not read, and closed the connection.

    The client may then lose the response that came before the close (RFC 9112, section 9.6). A
    service need not read a too large body, and not a body in a form that it rejects.
    """
    failure, request = exchange.failure, exchange.request
    is_lost = failure is not None and (failure.kind, failure.status) == ("lost", None)
    is_too_large = (
        "larger-than-bytes" in f["body"] for _, f in rejections_by_bytes(request, request.json)
    )
    may_reject_form = request.form.needs_body and bool(request.form.tolerated)
    return is_lost and (may_reject_form or any(is_too_large))


def _is_unpredictable(exchange: Exchange) -> bool:
    """Return whether RFC 8259, section 8.2, foresees a failure, and no document excludes it."""
    request = exchange.request
    return request.operation.has_default_causes and request.json.has_lone_surrogates


def server_error(ledger: Ledger) -> Iterator[Judgement]:
    """No request gets a 5xx response, whatever it contains."""
    failed_exchanges: list[tuple[Exchange, int]] = []
    for exchange, status in ledger.answered_exchanges:
        # 501 is the status for an unknown method (RFC 9110, section 15.6.2).
        other_method = exchange.request.method != exchange.request.operation.method
        if status < 500 or (status == 501 and other_method):
            yield passed(_failure_pointer(exchange), exchange.request.number)
        else:
            failed_exchanges.append((exchange, status))
    # Several causes are several faults, unless nearly every request fails: the service is down.
    answered = sum(1 for _ in ledger.answered_exchanges)
    is_down = len(failed_exchanges) > MAX_FAILED_SHARE * answered
    nothing_else = "; every other request got a 5xx too: read the service's log first"
    causes = FailureCauses(ledger, [exchange for exchange, _ in failed_exchanges])
    for exchange, status in failed_exchanges:
        cause = "" if is_down else causes.find(exchange)
        described = causes.describe(cause) if cause else ""
        yield failed(
            ledger,
            _failure_pointer(exchange),
            exchange,
            f"{exchange.request.label()} got {status}"
            f"{f'; the failures have {described}' if described else ''}"
            f"{nothing_else if len(failed_exchanges) == answered else ''}",
            apart=f"{status} {cause}".rstrip(),
            severity="warning" if _is_unpredictable(exchange) else None,
            expected="no 5xx",
            received=f"status {status}",
        )
