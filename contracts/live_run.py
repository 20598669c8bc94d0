"""Live run: its ledger can be read during the run and is closed at the end."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Protocol

from contracts.checks import CHECKS
from contracts.checks.application import apply_check
from contracts.execution.delivery_intake import DeliveryIntake
from contracts.execution.webhook_source import WebhookSource
from contracts.judgement import GroupedFinding
from contracts.ledger.facts import MatchFacts
from contracts.ledger.ledger import (
    JudgedDelivery,
    Ledger,
    Reconciliation,
    group_deliveries,
    owed_events,
)
from contracts.ledger.matching import reconcile
from contracts.model.correlators import Correlator
from contracts.model.exchange import Exchange
from contracts.model.items import item_views
from contracts.model.selection import IncompleteOperation
from contracts.model.settings import PROFILES, Settings
from openapi.contract import Contract, Event, Operation
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.verdict import Verdict

END_OF_RUN_CHECKS = ("webhook-sent", "webhook-late")
"""Checks that are valid only after the last deadline."""
MAX_EXPLAINED_SIGNATURES = 50
"""Maximum number of unproven deliveries whose wrong signature is explained."""
MAX_UNPROVEN_FINDINGS = 20
"""Maximum number of findings of an unproven delivery."""


class OperationRecord(Protocol):
    """Exchanges with one operation: a session of the run, or what another program has sent."""

    @property
    def operation(self) -> Operation:
        """Operation of all exchanges."""
        ...

    @property
    def correlators(self) -> tuple[Correlator, ...]:
        """Correlators of the operation."""
        ...

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """Exchanges so far, in the order of the requests."""
        ...

    @property
    def is_judged(self) -> bool:
        """Whether the checks judge the exchanges."""
        ...

    @property
    def stop_reason(self) -> str | None:
        """Reason why the record was cut short unintentionally, or None."""
        ...

    @property
    def incomplete(self) -> IncompleteOperation | None:
        """Reason why the operation is not tested as a whole, or None."""
        ...


@dataclass
class LiveRun:
    """State of a run in progress."""

    settings: Settings
    contract: Contract
    sink: WebhookSource | None
    sessions: Sequence[OperationRecord]
    undecided: list[str] = field(default_factory=list)
    incomplete: Sequence[IncompleteOperation] = ()
    """Operations that the run has no credential for."""
    intake: DeliveryIntake | None = None
    """Intake that counts the deliveries which the run does not keep."""
    deliveries: tuple[JudgedDelivery, ...] = ()
    judged_requests: int = 0
    """Number of the last request that `has_enough` judged."""
    judged_deliveries: int = 0
    """Id of the last delivery that `has_enough` judged."""
    whole_size: int = 0
    """Number of exchanges when `has_enough` last judged all of them."""
    stopped: bool = False
    """Whether `has_enough` was true."""
    prepared_exchanges: dict[str, int] = field(default_factory=dict)
    """Number of exchanges with prepared facts, by operation id."""
    explained: int = 0
    """Number of unproven deliveries whose wrong signature was explained."""

    @cached_property
    def correlators(self) -> Mapping[str, tuple[Correlator, ...]]:
        """Correlators by operation id."""
        return {session.operation.id: session.correlators for session in self.sessions}

    @cached_property
    def facts(self) -> MatchFacts:
        """Facts of the exchanges and events so far."""
        return MatchFacts(self.contract, self.correlators)

    def ledger(self) -> Ledger:
        """Return the ledger so far, with all deliveries received by now."""
        # The requests of sequences are judged even if an operation never accepted a plain one.
        exchanges = tuple(
            exchange
            for session in self.sessions
            for exchange in session.exchanges
            if session.is_judged or exchange.request.step is not None
        )
        empty = Reconciliation((), (), (), ())
        cut = next((session.stop_reason for session in self.sessions if session.stop_reason), None)
        undecided = tuple(dict.fromkeys(self.undecided))
        sent = sum(len(session.exchanges) for session in self.sessions)
        ledger = Ledger(
            self.contract,
            self.settings,
            exchanges,
            (),
            empty,
            undecided,
            cut,
            self.correlators,
            incomplete=(
                *self.incomplete,
                *(s.incomplete for s in self.sessions if s.incomplete is not None),
            ),
            unjudged_requests=sent - len(exchanges),
        )
        if self.sink is None:
            return ledger
        self.receive_deliveries()
        events = group_deliveries(self.deliveries, tuple(chain(*self.correlators.values())))
        closed = reconcile(
            self.contract, exchanges, events, self.correlators, self.settings.run_id, self.facts
        )
        dropped = self.intake.dropped() if self.intake else ledger.dropped
        if dropped.own:
            sentence = f"{dropped.own} events of this run were more than it keeps: they are lost"
            ledger = replace(ledger, undecided=(*ledger.undecided, sentence))
        return replace(ledger, deliveries=self.deliveries, reconciliation=closed, dropped=dropped)

    def receive_deliveries(self) -> None:
        """Receive and judge the new deliveries; prepare the matching, so that the end is short."""
        if self.sink is None:
            return
        last = self.deliveries[-1].delivery.id if self.deliveries else 0
        new_deliveries = self.sink.deliveries(after=last)
        judged = tuple(JudgedDelivery(d, self._verdict(d)) for d in new_deliveries)
        self.deliveries += judged
        for item in judged:
            for part in item.parts:
                self.facts.of_event(part)
        for session in self.sessions:
            done = self.prepared_exchanges.get(session.operation.id, 0)
            for exchange in session.exchanges[done:]:
                for view in item_views(self.contract, exchange):
                    self.facts.of_exchange(view)
            self.prepared_exchanges[session.operation.id] = len(session.exchanges)

    def _verdict(self, delivery: Delivery) -> Verdict:
        """Return the verdict; a bounded one on a delivery that anybody may have sent."""
        assert self.sink is not None
        if self.intake is None or self.intake.is_own(delivery):
            return self.sink.judge(delivery)
        # The search for the reason of a wrong signature takes milliseconds, findings take memory.
        self.explained += 1
        verdict = self.sink.judge(delivery, with_reason=self.explained <= MAX_EXPLAINED_SIGNATURES)
        return replace(verdict, findings=verdict.findings[:MAX_UNPROVEN_FINDINGS])

    def has_enough(self) -> bool:
        """Return whether the run must stop: `exit_first` is set and there is a violation.

        With `strict`, a warning counts as a violation.
        """
        if self.stopped or not self.settings.exit_first:
            return self.stopped
        ledger = self.ledger()
        recent = ledger.since(self.judged_requests, self.judged_deliveries)
        self.judged_requests = max((e.request.number for e in ledger.exchanges), default=0)
        self.judged_deliveries = max((item.delivery.id for item in ledger.deliveries), default=0)
        # A violation that only two distant exchanges show is found when their number has doubled.
        if len(ledger.exchanges) < 2 * self.whole_size and not self._has_fault(recent):
            return False
        self.whole_size = len(ledger.exchanges)
        self.stopped = self._has_fault(ledger)
        return self.stopped

    def _has_fault(self, ledger: Ledger) -> bool:
        return any(
            found.finding.severity == "violation" or self.settings.strict
            for found in findings_so_far(ledger)
        )


def findings_so_far(ledger: Ledger) -> Iterator[GroupedFinding]:
    """Yield the findings in a ledger that is not closed yet; the end tells of a crash."""
    for name, check in CHECKS.items():
        if name not in END_OF_RUN_CHECKS and ledger.settings.selection.judges(name):
            yield from apply_check(name, check, ledger).findings


def stopped_ledger(live_run: LiveRun) -> Ledger:
    """Return the ledger of a run that stopped early, without the events that may still arrive."""
    ledger, now = live_run.ledger(), time.time()
    overdue = tuple(
        one for one in ledger.reconciliation.without_event if _event_deadline(ledger, *one) < now
    )
    return replace(ledger, reconciliation=replace(ledger.reconciliation, without_event=overdue))


def await_webhooks(live_run: LiveRun) -> Ledger:
    """Wait until every success has its event or its deadline has passed; return the closed ledger.

    To catch unexpected events, also wait until the profile's quiet period has passed since the last
    new event, and 1.5 times the slowest delivery since the last response.
    """
    ledger = live_run.ledger()
    if live_run.sink is None:
        return ledger
    triggering = [
        (exchange, event)
        for exchange in ledger.exchanges
        for view in item_views(ledger.contract, exchange)
        for event in owed_events(ledger.contract, view)
    ]
    expected = sorted(exchange.ended for exchange, _ in triggering)
    min_quiet_s = PROFILES[live_run.settings.profile].quiet_period_s
    last_answer = max((exchange.ended for exchange in ledger.exchanges), default=time.time())
    overdue = max((_event_deadline(ledger, *one) for one in triggering), default=last_answer)
    matching_s = 0.0
    while True:
        arrivals = sorted(first.delivery.received_at for first in _first_deliveries(ledger))
        slowest = max((a - e for a, e in zip(arrivals, expected, strict=False)), default=0.0)
        quiet = max(last_answer + 1.5 * slowest, max(arrivals, default=last_answer) + min_quiet_s)
        now = time.time()
        without_event = max(
            (_event_deadline(ledger, *one) for one in ledger.reconciliation.without_event),
            default=now,
        )
        if now >= quiet and now >= without_event:
            return ledger
        until = quiet if now < quiet else min(without_event, overdue)
        last = live_run.deliveries[-1].delivery.id if live_run.deliveries else 0
        if not live_run.sink.wait(after=last, timeout=max(until - now, 0.01)):
            continue
        # Pause as long as matching takes: deliveries that arrive one by one are matched together.
        time.sleep(min(matching_s, max(until - time.time(), 0)))
        began = time.perf_counter()
        ledger = live_run.ledger()
        matching_s = time.perf_counter() - began


def _first_deliveries(ledger: Ledger) -> list[JudgedDelivery]:
    """Return the first delivery of every event."""
    matched = [received_event for _, received_event in ledger.reconciliation.pairs]
    return [
        event.first
        for event in (
            *matched,
            *ledger.reconciliation.unmatched_events,
            *ledger.reconciliation.earlier_run_events,
        )
    ]


def _event_deadline(ledger: Ledger, exchange: Exchange, event: Event) -> float:
    return exchange.ended + ledger.deadline(event)
