"""Phase `retry`: rejects one delivery on purpose and checks the retry of the service."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from support.parcels import parcels_contract
from support.processes import WEBHOOK_SECRET
from support.reference_runs import known_permissions, service, token

from contracts.checks import CHECKS
from contracts.execution.delivery_intake import DeliveryIntake
from contracts.execution.operation_session import OperationSession
from contracts.execution.smoke_test import run_smoke_test
from contracts.execution.target import Target
from contracts.execution.webhook_retry import (
    DeliveryRejector,
    PlannedReply,
    try_webhook_retry,
)
from contracts.execution.webhook_source import open_webhook_source
from contracts.judgement import group_findings
from contracts.ledger.ledger import Ledger
from contracts.live_run import LiveRun, await_webhooks
from contracts.model.settings import Settings
from contracts.model.unique_values import UniqueValues
from openapi.contract import Contract
from openapi.finding import Finding
from openapi.http.free_port import free_port
from openapi.loading.loader import load_contract
from webhook_sink.delivery import Delivery
from webhook_sink.replies.steps import parse_reply_step

pytestmark = pytest.mark.integration

CHECKED = ("webhook-retry", "webhook-redelivery", "webhook-single-event", "webhook-signature")


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


def provoked(
    contract: Contract, *options: str, deadline: float = 5.0, profile: str = "quick"
) -> tuple[Ledger, str | None]:
    """Send a request to the reference service, then those of the retry phase."""
    with ExitStack() as stack:
        port = free_port()
        url = stack.enter_context(service(port, *options))
        settings = Settings(
            url,
            "abcdef",
            1,
            token=token(known_permissions()),
            webhook_secret=WEBHOOK_SECRET,
            webhook_port=port,
            webhook_deadline=deadline,
            extra_phases=frozenset({"retry"}),
            profile=profile,
        )
        intake = DeliveryIntake(settings, contract)
        refusal = DeliveryRejector(contract, settings.run_id, intake.is_own)
        sink = open_webhook_source(stack, settings, contract, lambda _: None, refusal, intake)
        assert sink is not None
        target = stack.enter_context(Target(url))
        unique_values = UniqueValues("abcdef", 1, datetime.now(UTC))
        operation = contract.operations[0]
        session = OperationSession(
            contract, operation, settings, target, unique_values, lambda _: None
        )
        run = LiveRun(settings, contract, sink, [session])
        assert run_smoke_test(session) is None
        reason = try_webhook_retry(session, sink, refusal, run.ledger)
        return await_webhooks(run), reason


def findings(ledger: Ledger) -> Iterator[Finding]:
    for check in CHECKED:
        yield from (found.finding for found in group_findings(check, CHECKS[check](ledger)))


def test_a_rejected_delivery_is_retried_without_a_finding(contract: Contract) -> None:
    ledger, reason = provoked(contract)
    assert reason is None
    assert list(findings(ledger)) == []
    by_label = {e.request.description: o for e, o in ledger.reconciliation.pairs}
    statuses = {label: [i.delivery.status for i in o.attempts] for label, o in by_label.items()}
    assert statuses == {
        "a plain valid request": [200],
        "its delivery gets 500": [500, 200],
        "created while a delivery gets 500": [202],
        "created after failed deliveries": [200],
    }


def test_the_default_profile_fails_deliveries_in_many_ways(contract: Contract) -> None:
    ledger, reason = provoked(contract, profile="default")
    assert reason is None
    assert list(findings(ledger)) == []
    attempts = [
        [item.delivery.status for item in event.attempts]
        for exchange, event in ledger.reconciliation.pairs
        if exchange.request.description.startswith("its delivery")
    ]
    assert sorted(attempts) == [[0, 200], [0, 200], [400, 200], [429, 200], [500, 200], [503, 200]]
    taken = {i.delivery.status for _, o in ledger.reconciliation.pairs for i in o.attempts}
    assert {202, 204} <= taken
    assert len(ledger.exchanges) == 1 + 13


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


def delivery(body: bytes) -> Delivery:
    return Delivery(0, 0.0, "POST", "/", (), body, False, "", 0)


def test_rejects_the_first_delivery_of_one_request_and_of_nobody_else(contract: Contract) -> None:
    (event,) = contract.events
    own = b"hp-abcdef-0007"
    refusal = DeliveryRejector(contract, "abcdef", lambda one: b"forged" not in one.body)
    planned = PlannedReply(parse_reply_step("503"), event, 7)
    assert refusal(delivery(own)) is None
    refusal.plan(planned)
    refusal.limit(planned, 8)
    for other in (b"hp-abcdef-0006", b"hp-abcdef-0009", b"hp-zzzzzz-0007", own + b" forged"):
        assert refusal(delivery(other)) is None
    step = refusal(delivery(own))
    assert step is not None
    assert step.status == 503
    assert refusal(delivery(own)) is None
    refusal.plan(planned)
    refusal.clear()
    assert refusal(delivery(own)) is None


def test_rejects_no_event_of_a_prerequisite() -> None:
    parcels = parcels_contract()
    recalled = next(event for event in parcels.events if event.name == "parcel.recalled")
    refusal = DeliveryRejector(parcels, "abcdef", lambda _: True)
    refusal.plan(PlannedReply(parse_reply_step("503"), recalled, None))
    booked = b'{"tidings": "parcel.booked", "parcel": {"addressee": {"label": "hp-abcdef-0007"}}}'
    assert refusal(delivery(booked)) is None
    assert refusal(delivery(b'{"topic": "parcel.recalled"}')) is not None
