"""Observed run: another program sends the requests, hookproof receives and judges the webhooks.

The program asks for a mark before each request, and records each exchange. From any thread.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlsplit

from contracts.checks import CHECKS
from contracts.checks.application import CheckResult, apply_check
from contracts.execution.delivery_intake import DeliveryIntake
from contracts.execution.webhook_source import open_webhook_source
from contracts.generators.marked_bodies import marked_body
from contracts.judgement import GroupedFinding
from contracts.ledger.ledger import Ledger, triggered_events
from contracts.live_run import LiveRun, await_webhooks
from contracts.model.case import REPEATED_PHASE
from contracts.model.correlators import Correlator, find_correlators
from contracts.model.exchange import (
    Credential,
    Exchange,
    Failure,
    ReceivedResponse,
    Request,
    body_readings,
)
from contracts.model.items import item_views
from contracts.model.selection import IncompleteOperation
from contracts.model.settings import Settings
from contracts.model.unique_values import RequestValues, UniqueValues
from openapi.contract import Contract, Operation
from openapi.json_pointer import MISSING, get_at
from openapi.parameters import match_path, path_parameter_names, read_parameters, received_texts
from openapi.resources.derivation import idempotency_key

OBSERVED_CHECKS = tuple(
    name for name in CHECKS if name.startswith("webhook-") and name != "webhook-retry"
)
"""Checks of an observed run: those of webhooks, but the one that must reject deliveries."""
_PHASE = "observed"


@dataclass(frozen=True, slots=True)
class SentRequest:
    """Request as another program has sent it."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    description: str
    """Name of the case in messages."""


@dataclass
class ObservedOperation:
    """Exchanges with one operation that triggers events."""

    operation: Operation
    correlators: tuple[Correlator, ...]
    exchanges: list[Exchange] = field(default_factory=list)
    is_judged: bool = True
    stop_reason: str | None = None
    incomplete: IncompleteOperation | None = None
    texts: set[str] = field(default_factory=set)
    """Texts that were sent at the places of correlators."""
    idempotency_key: str | None = None
    """Key of the parameter with the idempotency key, or None."""


@dataclass(frozen=True, slots=True)
class ObservedOutcome:
    """Outcome of an observed run."""

    ledger: Ledger
    results: Mapping[str, CheckResult]
    """Result of each check that was applied."""
    triggers: int
    """Number of exchanges whose response triggers an event."""

    @property
    def events(self) -> int:
        """Number of events that belong to a request of the run."""
        return len(self.ledger.reconciliation.pairs)

    @property
    def findings(self) -> tuple[GroupedFinding, ...]:
        """All findings, in the order of the checks."""
        return tuple(found for result in self.results.values() for found in result.findings)

    @property
    def crashes(self) -> tuple[str, ...]:
        """One sentence for each check that crashed."""
        return tuple(result.crash for result in self.results.values() if result.crash is not None)

    def exchange_of(self, found: GroupedFinding) -> Exchange | None:
        """Return the exchange that shows a finding, or None if it belongs to no request."""
        judgement = found.judgement
        if judgement.exchange is not None or judgement.judged_delivery is None:
            return judgement.exchange
        return self.ledger.triggering_exchanges.get(judgement.judged_delivery.delivery.id)


class ObservedRun:
    """Run whose requests another program sends: `with ObservedRun(...) as run:` listens."""

    def __init__(
        self, contract: Contract, settings: Settings, progress: Callable[[str], None]
    ) -> None:
        """Take the settings of the webhooks; `progress` gets the sentence that says where to send.

        Entering the block raises `CouldNotJudge` if the webhooks cannot be received.
        """
        self._contract = contract
        self._settings = settings
        self._progress = progress
        self._unique_values = UniqueValues(settings.run_id, settings.seed, datetime.now(UTC))
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._records = {
            (operation.method, operation.path): _record_of(contract, operation)
            for operation in contract.operations
            if any(event.operation == operation.id for event in contract.triggered_events)
        }
        self._live_run = LiveRun(settings, contract, None, [*self._records.values()])

    def __enter__(self) -> Self:
        """Listen for webhooks, or connect to the sink."""
        intake = DeliveryIntake(self._settings, self._contract)
        source = open_webhook_source(
            self._stack, self._settings, self._contract, self._progress, lambda _: None, intake
        )
        self._live_run = replace(self._live_run, sink=source, intake=intake)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._stack.close()

    def triggering(self, method: str, path: str) -> ObservedOperation | None:
        """Return the record of the operation, or None if it triggers no event.

        `path` is the one of the document.
        """
        return self._records.get((method.upper(), path))

    def next_values(self) -> RequestValues:
        """Return the unique values of the next request."""
        with self._lock:
            return self._unique_values.next()

    def marked(
        self, record: ObservedOperation, media_type: str, body: object, values: RequestValues
    ) -> object:
        """Return the body to send: a marked copy of `body`, or `body` itself.

        Bodies beside an idempotency key are not marked: requests with one key must be equal.
        """
        if record.idempotency_key is not None:
            return body
        correlators = record.correlators
        with self._lock:
            marked = marked_body(
                self._contract,
                record.operation,
                correlators,
                media_type,
                body,
                values,
                record.texts,
            )
            places = (pointer for place in correlators for pointer in place.pointers(marked))
            found = (get_at(marked, pointer) for pointer in places)
            record.texts.update(text for text in found if isinstance(text, str))
        return marked

    def record(
        self,
        record: ObservedOperation,
        values: RequestValues,
        sent: SentRequest,
        result: ReceivedResponse | Failure,
        started: float,
        ended: float | None = None,
    ) -> Request:
        """Record an exchange, whose request had `values`; return its request."""
        request = _request(self._settings.url, record, values, sent)
        response = result if isinstance(result, ReceivedResponse) else None
        failure = result if isinstance(result, Failure) else None
        ended = time.time() if ended is None else ended
        with self._lock:
            record.exchanges.append(Exchange(request, response, failure, started, ended))
        return request

    def outcome(self) -> ObservedOutcome:
        """Wait for the webhooks and judge them; raise `CouldNotJudge` if the sink is lost."""
        for record in self._records.values():
            record.exchanges = _with_repetitions(record)
        ledger = await_webhooks(self._live_run)
        # Their values are credentials, which no message shows.
        sent = {exchange.request.credential.value for exchange in ledger.exchanges}
        headers = tuple(("Authorization", value) for value in sorted(filter(None, sent)))
        ledger = replace(ledger, settings=replace(ledger.settings, headers=headers))
        results = {
            name: apply_check(name, CHECKS[name], ledger)
            for name in OBSERVED_CHECKS
            if ledger.settings.selection.judges(name)
        }
        triggers = sum(
            any(triggered_events(self._contract, view) for view in views)
            for views in (item_views(self._contract, exchange) for exchange in ledger.exchanges)
        )
        return ObservedOutcome(ledger, results, triggers)


def _record_of(contract: Contract, operation: Operation) -> ObservedOperation:
    key = idempotency_key(contract, operation)
    correlators = find_correlators(contract, operation)
    return ObservedOperation(
        operation, correlators, idempotency_key=None if key is None else key.key
    )


def _with_repetitions(record: ObservedOperation) -> list[Exchange]:
    """Return the exchanges in the order of the requests; repetitions have the phase for them.

    A request on a resource that was sent before in the same form, and one with the idempotency key
    and the body of an earlier one, need not do anything again.
    """
    is_on_resource = bool(path_parameter_names(record.operation.path))
    done: set[tuple[object, ...]] = set()
    result = []
    for exchange in sorted(record.exchanges, key=lambda exchange: exchange.request.number):
        request = exchange.request
        key = request.parameters.get(record.idempotency_key or "")
        form = (request.target, key, request.body)
        is_unique = request.mark.encode() in request.body
        is_repeated = (is_on_resource or key is not None) and not is_unique and form in done
        if exchange.status is None or 200 <= exchange.status < 300:
            done.add(form)
        phase = REPEATED_PHASE if is_repeated else request.phase
        result.append(replace(exchange, request=replace(request, phase=phase)))
    return result


def _request(
    base_url: str, record: ObservedOperation, values: RequestValues, sent: SentRequest
) -> Request:
    operation = record.operation
    headers = {name.lower(): value for name, value in sent.headers}
    media_type = headers.get("content-type")
    url = urlsplit(sent.url)
    path = url.path.removeprefix(urlsplit(base_url).path.rstrip("/"))
    texts = received_texts(
        operation.parameters, match_path(operation.path, path) or {}, url.query, sent.headers
    )
    data = body_readings(operation, media_type, sent.body).values[0] if sent.body else MISSING
    places = [pointer for place in record.correlators for pointer in place.pointers(data)]
    found = {pointer: get_at(data, pointer) for pointer in places}
    return Request(
        number=values.number,
        case_id=values.number,
        operation=operation,
        method=sent.method.upper(),
        phase=_PHASE,
        description=sent.description,
        credential=Credential("valid", "any", headers.get("authorization")),
        media_type=media_type,
        body=sent.body,
        correlator_values={p: value for p, value in found.items() if value is not MISSING},
        mark=values.mark,
        correlators=record.correlators,
        target=f"{path}?{url.query}" if url.query else path,
        parameter_readings=read_parameters(operation.parameters, texts),
    )
