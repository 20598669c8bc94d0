"""Worker of a load: it judges each response, and collects what the master has to know."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from datetime import UTC, datetime
from typing import Final

from contracts.execution.operation_session import OperationSession
from contracts.execution.target import RequestSender
from contracts.load.expected_events import ExpectedEvent, expected_events
from contracts.load.responses import ResponseJudge
from contracts.load.settings import LoadSettings
from contracts.model.case import Case
from contracts.model.correlators import expiry_bounds
from contracts.model.errors import RunStopped
from contracts.model.exchange import Exchange
from contracts.model.own_targets import OwnTargets
from contracts.model.unique_values import UniqueValues, new_run_id
from contracts.run import connect_linked_resources
from openapi.contract import Contract, Json

LOAD_PHASE: Final = "load"


class LoadWorker:
    """Worker of one process; its users share it."""

    def __init__(self, contract: Contract, settings: LoadSettings) -> None:
        """Begin a run, whose marks differ from those of other workers."""
        self.run_id = new_run_id()
        self.contract = contract
        self.settings = settings
        self.run_settings = settings.run_settings(self.run_id)
        bounds = expiry_bounds(contract) if settings.gentle else None
        now = datetime.now(UTC)
        self.unique_values = UniqueValues(self.run_id, settings.seed, now, bounds)
        self._judge = ResponseJudge(contract, self.run_settings)
        self._expected: list[ExpectedEvent] = []
        self._excused: list[str] = list(settings.excused)
        self._findings: dict[str, dict[str, Json]] = {}
        self._lost: dict[str, dict[str, Json]] = {}
        """Findings of lost connections, of which a few are no fault."""
        self._answers: Counter[tuple[str, str]] = Counter()
        self._last_answer = 0.0
        self._error = ""

    def stop_for(self, error: Exception) -> None:
        """Say why a user could not go on: it is no fault of the service, and ends no load."""
        self._error = self._error or f"{type(error).__name__}: {error}"

    def record(self, exchange: Exchange) -> str:
        """Judge an exchange, and expect its events; return what is wrong in one line, or ''."""
        request = exchange.request
        self._answers[request.operation.id, str(exchange.status or "no response")] += 1
        self._last_answer = max(self._last_answer, exchange.ended)
        if exchange.response is None:
            self.excuse(request.mark)
        else:
            self._expected += expected_events(self.contract, exchange)
        if exchange.has_status_of("rate-limit-exceeded"):
            return f"rate limited: {exchange.status}"
        complaint = ""
        failure = exchange.failure
        # Lost before the response began: it may be a race over an idle connection.
        is_lost = failure is not None and (failure.kind, failure.status) == ("lost", None)
        kept = self._lost if is_lost else self._findings
        for found in self._judge.findings(exchange):
            known = kept.setdefault(found["id"], {**found, "count": 0})
            known["count"] += 1
            complaint = complaint or f"{found['check']}: {_without_request(found)}"
        return complaint

    def excuse(self, mark: str) -> None:
        """Expect nothing of a request that got no response: its event may come, or not."""
        self._excused.append(mark)

    def take_report(self) -> str:
        """Return what happened since the last report, as JSON."""
        report = {
            "run_id": self.run_id,
            "expected": [astuple(one) for one in self._expected],
            "excused": self._excused,
            "findings": list(self._findings.values()),
            "lost": list(self._lost.values()),
            "answers": [[*key, count] for key, count in self._answers.items()],
            "last_answer": self._last_answer,
            "error": self._error,
        }
        self._expected, self._excused = [], []
        self._findings, self._lost, self._answers = {}, {}, Counter()
        return json.dumps(report)


def _without_request(found: Mapping[str, Json]) -> str:
    """Return what was received: Locust counts equal texts, so that none may name a request."""
    received, expected = found["received"], found["expected"]
    return f"{received or found['pointer']}, expected {expected}"[:200]


class UserSessions:
    """Sessions of one user: it creates what its other requests need."""

    def __init__(self, worker: LoadWorker, target: RequestSender) -> None:
        """`target` sends the requests."""
        self._worker = worker
        self._target = target
        self._sessions = self._open()

    def send(self, operation_id: str, choose: Callable[[Sequence[Json]], Json]) -> None:
        """Send a valid request to the operation; `choose` selects one of its bodies."""
        session = self._sessions[operation_id]
        bodies = self._worker.settings.bodies.get(operation_id, ())
        body = choose(bodies) if bodies else session.base_body()
        try:
            session.send_once(Case(LOAD_PHASE, "a valid request", body))
        except RunStopped:
            self._sessions = self._open()  # what was recorded says why
        for one in self._sessions.values():
            one.exchanges.clear()

    def _open(self) -> dict[str, OperationSession]:
        worker, settings = self._worker, self._worker.run_settings
        contract = worker.contract
        sessions = [
            OperationSession(
                contract, operation, settings, self._target, worker.unique_values, _say_nothing
            )
            for operation in contract.operations
        ]
        own = OwnTargets(contract, allow_destructive=settings.allow_destructive)
        connect_linked_resources(sessions, own)
        return {session.operation.id: session for session in sessions}


def _say_nothing(_: str) -> None:
    """Ignore the progress of a session."""
