"""Phase `retry`: rejects one delivery on purpose and checks the retry of the service."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from support.processes import WEBHOOK_SECRET
from support.reference_runs import known_permissions, service, token

from contracts.checks import CHECKS
from contracts.checks.judgement import group_findings
from contracts.execution.operation_session import OperationSession
from contracts.execution.phases import run_smoke_test
from contracts.execution.target import Target
from contracts.execution.webhook_retry import DeliveryRejector, try_webhook_retry
from contracts.ledger.ledger import Ledger
from contracts.live_run import LiveRun
from contracts.model.case import RETRY_PHASE
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from openapi.contract import Contract
from openapi.finding import Finding
from openapi.loading.loader import load_contract
from webhook_sink.delivery import Delivery
from webhook_sink.server import Sink

pytestmark = pytest.mark.integration

CHECKED = ("webhook-retry", "webhook-redelivery", "webhook-single-event", "webhook-signature")


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


def provoked(contract: Contract, *options: str, deadline: float = 5.0) -> tuple[Ledger, str | None]:
    """Send two requests to the reference service; reject the second event once."""
    refusal = DeliveryRejector()
    with ExitStack() as stack:
        sink = stack.enter_context(Sink(contract, WEBHOOK_SECRET, reply=refusal))
        url = stack.enter_context(service(sink.port, *options))
        settings = Settings(
            url,
            "abcdef",
            1,
            token=token(known_permissions()),
            webhook_secret=WEBHOOK_SECRET,
            webhook_deadline=deadline,
            extra_phases=frozenset({"retry"}),
        )
        target = stack.enter_context(Target(url))
        unique_values = UniqueValues("abcdef", 1, datetime.now(UTC))
        operation = contract.operations[0]
        session = OperationSession(
            contract, operation, settings, target, unique_values, lambda _: None
        )
        run = LiveRun(settings, contract, sink, [session])
        assert run_smoke_test(session) is None
        reason = try_webhook_retry(session, sink, refusal, run.ledger)
        return run.ledger(), reason


def findings(ledger: Ledger) -> Iterator[Finding]:
    for check in CHECKED:
        yield from (found.finding for found in group_findings(check, CHECKS[check](ledger)))


def test_a_rejected_delivery_is_retried_without_a_finding(contract: Contract) -> None:
    ledger, reason = provoked(contract)
    assert reason is None
    assert list(findings(ledger)) == []
    (last,) = (o for e, o in ledger.reconciliation.pairs if e.request.phase == RETRY_PHASE)
    assert [item.delivery.status for item in last.attempts] == [500, 200]
    others = [o for e, o in ledger.reconciliation.pairs if e.request.phase != RETRY_PHASE]
    assert [item.delivery.status for o in others for item in o.attempts] == [200]


@pytest.mark.parametrize(
    ("options", "severity", "told"),
    [
        (
            ("--legal", "webhooks-documented-retries"),
            "warning",
            "got 500 and was not retried within 1 s",
        ),
        (
            ("--deviate", "webhook-retry-keeps-signature"),
            "violation",
            "has another body but the signature of the first attempt",
        ),
        (("--deviate", "webhook-retry-other-id"), "violation", "at /data/id, expected"),
        (
            ("--deviate", "webhook-retry-other-state"),
            "violation",
            "has [] at /data/scopes, expected",
        ),
        (
            ("--deviate", "webhook-retry-unsigned"),
            "violation",
            "is not signed like the first: there is no Webhook-Signature header",
        ),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_a_wrong_retry_is_one_finding(
    options: tuple[str, ...], severity: str, told: str, contract: Contract
) -> None:
    waits = severity == "warning"
    ledger, reason = provoked(contract, *options, deadline=1.0 if waits else 3.0)
    assert reason is None
    (found,) = findings(ledger)
    assert (found.check, found.severity) == ("webhook-retry", severity)
    assert told in found.message
    assert (found.count, found.tried) == (1, 1)


def test_events_without_a_correlator_leave_the_retry_undecided(contract: Contract) -> None:
    ledger, reason = provoked(contract, "--deviate", "payload-name-missing", deadline=1.0)
    assert reason is not None
    assert reason.startswith("no delivery was rejected: none could be matched to request 2")
    assert all(item.delivery.status == 200 for item in ledger.deliveries)


def test_rejects_one_delivery_and_only_when_armed() -> None:
    refusal = DeliveryRejector()
    one, other = (Delivery(0, 0.0, "POST", "/", (), body, False, "", 0) for body in (b"1", b"2"))
    assert refusal(one) is None
    refusal.arm(lambda delivery: delivery.body == b"2")
    assert [refusal(one), refusal(other), refusal(other)] == [None, 500, None]
    refusal.arm(lambda delivery: True)
    refusal.arm(None)
    assert refusal(one) is None
