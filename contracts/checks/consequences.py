"""Consequences of accepted invalid requests: their findings are no more severe than the acceptance.

A service that accepts a request which it should reject often sends no event for it, or an event
with the invalid value. If the contract only assumes the violated constraint, the acceptance is a
warning, and so is what follows from it.
"""

from collections.abc import Sequence
from dataclasses import replace

from contracts.expectations.expectation import expected_response
from contracts.judgement import Judgement
from contracts.ledger.ledger import Ledger
from contracts.model.exchange import Exchange

LIMITED_CHECKS = frozenset(
    [
        "response-schema",
        "webhook-sent",
        "webhook-single-event",
        "webhook-late",
        "webhook-json",
        "webhook-event-name",
        "webhook-schema",
        "webhook-echo",
        "webhook-equal",
        "webhook-unique",
        "webhook-time",
    ]
)
"""Checks of what follows from an acceptance: the response body, the event and its payload."""


def limit_severity(
    check: str, judgements: Sequence[Judgement], ledger: Ledger
) -> Sequence[Judgement]:
    """Return `judgements` with warnings instead of violations that follow from a warning.

    A fault that another request shows too does not follow from the acceptance.
    """
    violations = [j for j in judgements if j.finding and j.finding.severity == "violation"]
    if check not in LIMITED_CHECKS or not violations:
        return judgements
    following = {id(j) for j in violations if _follows_from_warning(ledger, j)}
    independent = {j.fault for j in violations if id(j) not in following}
    return [
        judgement.changed(replace(judgement.finding, severity="warning"), "")
        if judgement.finding and id(judgement) in following and judgement.fault not in independent
        else judgement
        for judgement in judgements
    ]


def _follows_from_warning(ledger: Ledger, judgement: Judgement) -> bool:
    exchange = judgement.exchange
    if exchange is None and judgement.judged_delivery is not None:
        exchange = ledger.triggering_exchanges.get(judgement.judged_delivery.delivery.id)
    return exchange is not None and _acceptance_severity(ledger, exchange) == "warning"


def _acceptance_severity(ledger: Ledger, exchange: Exchange) -> str | None:
    """Return the severity of the acceptance of a request; None if it is right or a rejection."""
    expected = expected_response(ledger.contract, exchange.request, exchange.started)
    is_wrong = expected.kind in ("invalid", "refused", "forbidden", "unknown")
    if not is_wrong or not exchange.has_status_of("valid-request"):
        return None
    pointer, detail = expected.pointer, exchange.request.credential.kind
    if expected.kind == "invalid":
        # The finding about the acceptance is about the first violation.
        detail = "*"
        for violation in expected.violations[:1]:
            pointer, detail = violation.pointer, violation.detail
    return ledger.contract.provenance(pointer, detail).severity
