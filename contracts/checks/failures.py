"""Checks that the service responds to every request, and not with a 5xx."""

from collections.abc import Iterator

from contracts.checks.judgement import Judgement, failed, passed
from contracts.expectations.allowed_rejections import rejections_by_bytes
from contracts.expectations.expectation import expected_response
from contracts.ledger.ledger import Ledger
from contracts.model.exchange import Exchange
from openapi.json_pointer import join_pointer

MAX_RACE_LOSSES = 2
MAX_CAUSES = 5
"""More causes of a failure than these are told as one."""


def _failure_pointer(exchange: Exchange) -> str:
    operation = exchange.request.operation
    response_spec = operation.response_caused_by("server-error")
    return (
        join_pointer(response_spec.pointer, "x-hookproof-cause")
        if response_spec
        else join_pointer(operation.pointer, "responses")
    )


def no_response(ledger: Ledger) -> Iterator[Judgement]:
    """Every request is answered, in HTTP, in time, with a body that ends."""
    # A connection may be lost by a race, which is nobody's fault, and not often.
    lost = sum(1 for exchange in ledger.exchanges if exchange.retried)
    for exchange in ledger.exchanges:
        pointer = _failure_pointer(exchange)
        by_a_race = exchange.retried and lost <= MAX_RACE_LOSSES
        if exchange.failure is None or by_a_race or _is_rejected_unread(exchange):
            yield passed(pointer, exchange.request.number)
            continue
        failure = exchange.failure
        message = f"{exchange.request.label()} got no answer: {failure.message}"
        yield failed(
            ledger,
            pointer,
            exchange,
            message,
            apart=failure.kind,
            expected="an answer",
            received=failure.message,
        )


def _is_rejected_unread(exchange: Exchange) -> bool:
    """Say whether a body over the limit was refused by closing the connection before it was read.

    The answer, sent before the close, is lost on the way then (RFC 9112, section 9.6).
    """
    failure, request = exchange.failure, exchange.request
    return (
        failure is not None
        and (failure.kind, failure.status) == ("lost", None)
        and any(
            "larger-than-bytes" in f["body"] for _, f in rejections_by_bytes(request, request.json)
        )
    )


def server_error(ledger: Ledger) -> Iterator[Judgement]:
    """No request is answered 5xx: that is a failure of the service, whatever was sent."""
    failed_exchanges: list[tuple[Exchange, int, str]] = []
    for exchange, status in ledger.answered_exchanges:
        # 501 is HTTP's own word for a method that is not known (RFC 9110, section 15.6.2).
        other_method = exchange.request.method != exchange.request.operation.method
        if status < 500 or (status == 501 and other_method):
            yield passed(_failure_pointer(exchange), exchange.request.number)
        else:
            failed_exchanges.append((exchange, status, _failure_cause(ledger, exchange)))
    # Several causes are several faults; very many are one service that fails at anything.
    many = len({cause for _, _, cause in failed_exchanges}) > MAX_CAUSES
    answered = sum(1 for _ in ledger.answered_exchanges)
    nothing_else = "; so was every other request: look into the service's log first"
    for exchange, status, cause in failed_exchanges:
        yield failed(
            ledger,
            _failure_pointer(exchange),
            exchange,
            f"{exchange.request.label()} was answered {status}"
            f"{nothing_else if len(failed_exchanges) == answered else ''}",
            apart=f"{status}" if many else f"{status} {cause}",
            expected="no 5xx, whatever is sent",
            received=f"answered {status}",
        )


def _failure_cause(ledger: Ledger, exchange: Exchange) -> str:
    """Say what about the request seems to have brought the failure about, the same in each run."""
    expected = expected_response(ledger.contract, exchange.request, exchange.started)
    if expected.problem is not None:
        return "not JSON"
    if expected.violations:
        return expected.violations[0].pointer
    return expected.allowed_rejections[0].pointer if expected.kind == "free" else expected.kind
