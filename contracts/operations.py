"""Operations of a run in turn: smoke test and phases of each, and which stay untested.

If the plain valid request of an operation fails, only this operation is undecided. The run ends if
no further operation can be tested.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from contracts.execution.budget import Budget
from contracts.execution.operation_session import OperationSession
from contracts.execution.phases import Phase, run_phases
from contracts.execution.smoke_test import SmokeTestFailure, never_succeeded, run_smoke_test
from contracts.generators.access.tokens import token_expiry
from contracts.live_run import LiveRun
from contracts.model.errors import CouldNotJudge
from contracts.model.own_targets import ALLOW_DESTRUCTIVE_HINT
from contracts.model.selection import IncompleteOperation, IncompleteStatus

MAX_SILENT_OPERATIONS = 3
"""Number of consecutive operations without a response, or with 429 only, that ends a run."""
MAX_REASONS = 3
"""Maximum number of reasons why nothing could be judged."""
SMOKE_TEST_WEBHOOK_TIMEOUT_S = 1.0
_FIRST_SERVER_ERROR = 500


def run_operations(
    live_run: LiveRun,
    sessions: Sequence[OperationSession],
    phases_of: Callable[[OperationSession], Sequence[Phase]],
    budget: Budget,
    announce: Callable[[], None],
) -> bool:
    """Run each of `sessions` with its share of `budget`.

    `announce` is called once, when the service has accepted a request. Return whether the service
    can get further requests. Raise `CouldNotJudge` if no operation can be judged.
    """
    return _OperationRuns(live_run, sessions, phases_of, budget, announce).run()


class _OperationRuns:
    """Runs of the operations, and the failures of their smoke tests."""

    def __init__(
        self,
        live_run: LiveRun,
        sessions: Sequence[OperationSession],
        phases_of: Callable[[OperationSession], Sequence[Phase]],
        budget: Budget,
        announce: Callable[[], None],
    ) -> None:
        self._live_run = live_run
        self._sessions = sessions
        self._phases_of = phases_of
        self._budget = budget
        self._announce = announce
        self._is_announced = live_run.settings.exit_first
        self._failures: dict[str, SmokeTestFailure] = {}
        """Failure of each undecided operation, by id."""
        self._silent = 0
        """Number of consecutive operations that got no response, or 429 only."""

    def run(self) -> bool:
        """Run all operations; return whether none of them ended the run."""
        needs = [session.needed_requests for session in self._sessions]
        reachable = self._budget.reachable(needs)
        operations = len(reachable)
        total_need = sum(needs[index] for index in reachable)
        end: str | None = None
        for index, session in enumerate(self._sessions):
            if end is None and index not in reachable:
                most = self._live_run.settings.max_requests
                reason = f"{most} requests are too few to reach it (--max-requests)"
                _mark(session, "not exercised", reason)
            elif end is None:
                self._budget.share(needs[index], operations, total_need)
                operations, total_need = operations - 1, total_need - needs[index]
                self._show_progress(index)
                end = self._run_session(session)
            else:
                _mark(session, "not exercised", end)
        self._conclude()
        return end is None

    def _show_progress(self, index: int) -> None:
        if len(self._sessions) > 1:
            session = self._sessions[index]
            place = f"operation {index + 1} of {len(self._sessions)}"
            session.progress(f"{place}, {session.operation.id} ...")

    def _run_session(self, session: OperationSession) -> str | None:
        """Run one operation; return why the run ends with it, or None."""
        lacking = session.lacking_request
        if lacking is not None:
            reason = lacking.reason_without_request or ""
            hint = ""
            if lacking is not session:
                reason = f"it needs a resource of {lacking.operation.id}: {reason}"
                hint = _other_way(session)
            _mark(session, "not exercised", reason, judged=False, hint=hint)
            return None
        creator = session.creator
        is_needed = session.linked_resource is None or not session.linked_resource.is_optional
        is_creator_undecided = (
            creator is not None
            and creator.incomplete is not None
            and creator.incomplete.status == "undecided"
        )
        if creator is not None and is_creator_undecided and is_needed:
            reason = f"it needs a resource of {creator.operation.id}, which is undecided"
            hint = _other_way(session)
            kind: IncompleteStatus = "not exercised" if hint else "undecided"
            _mark(session, kind, reason, judged=False, hint=hint)
            return None
        failure = run_smoke_test(session)
        if failure is not None:
            return self._note_failure(session, failure)
        self._silent = 0
        status = session.exchanges[-1].status
        if status is not None and status >= _FIRST_SERVER_ERROR:
            # Other cases decide nothing as long as a plain valid request fails.
            _mark(session, "undecided", never_succeeded(session) or f"got {status}")
        else:
            if not self._is_announced:
                # Only now, because a run that cannot judge needs no generated cases.
                self._is_announced = True
                self._announce()
            self._run_phases(session)
        self._live_run.receive_deliveries()  # so that the end need not judge all of them
        return self._end_of_exit_first(session)

    def _run_phases(self, session: OperationSession) -> None:
        live_run = self._live_run
        if live_run.settings.exit_first and live_run.sink is not None:
            live_run.sink.wait(after=0, timeout=SMOKE_TEST_WEBHOOK_TIMEOUT_S)
        if not live_run.has_enough():
            phases = self._phases_of(session)
            live_run.undecided += run_phases(session, phases, live_run.has_enough)
        ends = token_expiry(session.credentials.token)
        last = session.exchanges[-1]
        if ends is not None and last.started <= ends <= last.ended:
            raise CouldNotJudge("the token expired during the run: pass one that lasts longer")

    def _end_of_exit_first(self, session: OperationSession) -> str | None:
        if not self._live_run.settings.exit_first or session is self._sessions[-1]:
            return None
        if self._live_run.stopped or self._live_run.has_enough():
            return "the run stopped at the first violation (--exit-first)"
        return None

    def _note_failure(self, session: OperationSession, failure: SmokeTestFailure) -> str | None:
        """Mark an operation whose smoke test failed; return why the run ends, or None."""
        self._failures[session.operation.id] = failure
        if failure.kind == "not sent":
            _mark(session, "not exercised", failure.cause)
            return None
        if failure.kind == "not created":
            hint = ALLOW_DESTRUCTIVE_HINT
            _mark(session, "not exercised", failure.cause, judged=False, hint=hint)
            return None
        never = never_succeeded(session)
        cause = failure.cause.removeprefix(f"{session.operation.id} ")
        # An operation that created a resource before is judged: its events have arrived.
        judged = never is None and bool(session.exchanges)
        _mark(session, "undecided", f"{never}: {cause}" if never else cause, judged=judged)
        self._silent = self._silent + 1 if failure.kind in ("no response", "limited") else 0
        if failure.kind != "unreachable" and self._silent < MAX_SILENT_OPERATIONS:
            return None
        if not self._is_answered():
            raise CouldNotJudge(failure.sentence)
        session.stop_reason = failure.sentence
        return f"the run ended before it: {failure.sentence}"

    def _is_answered(self) -> bool:
        """Return whether any request got a response."""
        return any(e.status is not None for session in self._sessions for e in session.exchanges)

    def _conclude(self) -> None:
        """Add the sentences about incomplete operations; raise `CouldNotJudge` if all are."""
        for session in self._sessions:
            failure = self._failures.get(session.operation.id)
            marked = session.incomplete
            if failure is None and (never := never_succeeded(session)) and session.is_judged:
                _mark(session, "undecided", never)
            elif marked and failure and failure.kind == "no response" and self._is_answered():
                # The service is up, so that the missing response is a violation.
                session.incomplete = replace(marked, judged=True)
        if not any(session.is_judged and session.exchanges for session in self._sessions):
            raise CouldNotJudge(self._reason())
        self._live_run.undecided += self._sentences()

    def _reason(self) -> str:
        """Return why no operation could be judged: the first reason of each kind."""
        groups: dict[tuple[int | None, str], list[SmokeTestFailure]] = {}
        for failure in self._failures.values():
            groups.setdefault((failure.status, failure.cause), []).append(failure)
        reasons = [
            _with_others(failures[0].sentence, len(failures) - 1) for failures in groups.values()
        ]
        marked = (session.incomplete for session in self._sessions)
        unsent = [*filter(None, marked), *self._live_run.incomplete]
        reasons += [one.sentence for one in unsent if one.id not in self._failures]
        more = len(reasons) - MAX_REASONS
        rest = [f"and {more} other reasons"] if more > 0 else []
        no_operation = "the contract documents no response to a valid request"
        return "; ".join([*reasons[:MAX_REASONS], *rest]) or no_operation

    def _sentences(self) -> list[str]:
        total = len(self._sessions)
        marked = [s.incomplete for s in self._sessions if s.incomplete is not None]
        undecided = [one.sentence for one in marked if one.status == "undecided"]
        missed = Counter(
            one.reason for one in marked if one.status == "not exercised" and one.judged
        )
        cut = Counter(one.reason for one in marked if one.status == "cut short")
        if total == 1:
            return [*undecided, *(f"the run was cut short: {reason}" for reason in cut)]
        return [
            *undecided,
            *(f"{n} of {total} operations were cut short: {why}" for why, n in cut.items()),
            *(f"{n} of {total} operations were not tested: {why}" for why, n in missed.items()),
        ]


def _with_others(sentence: str, count: int) -> str:
    more = f"{count} more operation{'' if count == 1 else 's'}"
    return f"{sentence} (and {more})" if count else sentence


def _other_way(session: OperationSession) -> str:
    """Return the option with which the operation can do without its resource; empty if none."""
    made = session.contract.find_creator(session.operation)
    return ALLOW_DESTRUCTIVE_HINT if made and made[1].is_inferred else ""


def _mark(
    session: OperationSession,
    status: IncompleteStatus,
    reason: str,
    *,
    judged: bool = True,
    hint: str = "",
) -> None:
    session.incomplete = IncompleteOperation(session.operation.id, status, reason, judged, hint)
