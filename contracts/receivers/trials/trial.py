"""Trial of a receiver: it sends the deliveries of each property, and records what they show."""

import hashlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from contracts.model.errors import RunStopped
from contracts.receivers.trials.client import Attempt, ReceiverClient, Response
from contracts.receivers.trials.observation import Observation
from contracts.receivers.trials.sender import NewEvent, Sender
from contracts.receivers.trials.settings import ReceiverSettings
from openapi.contract import Contract

Severity = Literal["violation", "warning"]
_MAX_PATIENCE_S, _MAX_WAITING_S = 10.0, 60.0
"""Maximum seconds of one `Retry-After`, and of all in a run, after which a delivery comes again."""
_MAX_REPETITIONS = 4
_USUAL_WAIT_S = 1.0
"""Seconds to wait after a 429 that has no `Retry-After`."""
_TOO_MANY_REQUESTS = 429
_GONE_TRIES, _GONE_PAUSE_S = 5, 0.2


class NextProperty(Exception):
    """The property is decided: the rest of its deliveries would only take time."""


@dataclass(frozen=True, slots=True)
class Property:
    """Property of a receiver: a table row, and the function that tries it."""

    name: str
    """Name of the check."""
    requirement: str
    """Behaviour of a right receiver, in one sentence."""
    admissible: str
    """Responses that satisfy it."""
    source: str
    """Document that asks for it."""
    grade: Severity
    """Severity of a finding; single cases may be warnings."""
    about: Literal["signature", "webhook"]
    """Part of the contract to which it belongs."""
    run: Callable[["Trial"], None]
    needs: tuple[str, ...] = ()
    """Needs: `scheme`, `timestamp`, `id`, `several-signatures`, `json`, `observe`."""


@dataclass(frozen=True, slots=True)
class SentDelivery:
    """Delivery that was sent, and its response."""

    number: int
    property: str
    description: str
    attempt: Attempt
    response: Response
    signature: str = ""
    """Signature that would be right for a forged delivery; empty for others."""


@dataclass(frozen=True, slots=True)
class Case:
    """Outcome of one case of a property."""

    property: Property
    status: Literal["passed", "failed", "undecided", "not exercised"]
    message: str = ""
    """Sentence about a failure, or the reason of another status."""
    severity: Severity = "violation"
    expected: str = ""
    sent: SentDelivery | None = None
    hint: str = ""
    """Step of the user that decides it."""


@dataclass
class Trial:
    """Trial of one receiver."""

    settings: ReceiverSettings
    contract: Contract
    senders: Sequence[Sender]
    """Sender of each event; the first is that of most properties."""
    client: ReceiverClient
    observation: Observation | None
    progress: Callable[[str], None]
    cases: list[Case] = field(default_factory=list)
    deliveries: list[SentDelivery] = field(default_factory=list)
    row: Property | None = None
    """Property that is tried."""
    waited: float = 0.0
    """Seconds that the run waited because of `Retry-After`."""
    began: float = field(default_factory=time.monotonic)
    failed_valid: list[tuple[NewEvent, SentDelivery]] = field(default_factory=list)
    """Conforming events that the receiver answered with 5xx."""
    burst: tuple[int, int] | None = None
    """Side effects before the burst, and the number of its events; None without an observation."""

    _settled: tuple[int, int] | None = None
    """Number of deliveries, and of their side effects, when they were last awaited."""

    @property
    def sender(self) -> Sender:
        """Sender of most properties."""
        return self.senders[0]

    def send(self, attempt: Attempt, description: str, signature: str = "") -> SentDelivery:
        """Send a delivery; again after a response that asks to wait (429, 503 with Retry-After).

        Raise `NextProperty` if the receiver still asks to wait, and `RunStopped` at the limits of
        the run and when the receiver is gone.
        """
        sent, _ = self.send_patiently(attempt, description, signature)
        if sent.response.asks_to_wait:
            self.limited()
            raise NextProperty
        if sent.response.is_refused and len(self.deliveries) > 1:
            self._check_alive(sent)
        return sent

    def send_patiently(
        self, attempt: Attempt, description: str, signature: str = ""
    ) -> tuple[SentDelivery, bool]:
        """Send a delivery as above, but return the last response to it, whatever it is.

        The second value says whether the run waited as often as it ever does, so that the receiver
        had the time that it asked for.
        """
        sent = self._send_once(attempt, description, signature)
        for _ in range(_MAX_REPETITIONS):
            if not self._waits_for(sent):
                return sent, False
            sent = self._send_once(attempt, description, signature)
        return sent, True

    def _waits_for(self, sent: SentDelivery) -> bool:
        """Wait as the receiver asks; return whether it asked and the run still has the time."""
        response = sent.response
        wait = response.retry_after_s
        if wait is None and response.status == _TOO_MANY_REQUESTS:
            wait = _USUAL_WAIT_S
        if wait is None or not response.is_limited or wait > self._patience():
            return False
        self.waited += wait
        time.sleep(wait + 0.01)
        return True

    def _patience(self) -> float:
        """Return the seconds of `Retry-After` that the run still waits for."""
        return min(_MAX_PATIENCE_S, _MAX_WAITING_S - self.waited)

    def _send_once(self, attempt: Attempt, description: str, signature: str) -> SentDelivery:
        self._check_limits(1)
        response = self.client.send(attempt)
        return self._record(attempt, description, response, signature)

    def _record(
        self, attempt: Attempt, description: str, response: Response, signature: str = ""
    ) -> SentDelivery:
        name = self.row.name if self.row else ""
        number = len(self.deliveries) + 1
        sent = SentDelivery(number, name, description, attempt, response, signature)
        self.deliveries.append(sent)
        return sent

    def send_at_once(self, attempts: Sequence[Attempt], description: str) -> list[SentDelivery]:
        """Send several deliveries at the same time; none is sent again."""
        self._check_limits(len(attempts))
        with ThreadPoolExecutor(len(attempts)) as pool:
            responses = list(pool.map(self.client.send, attempts))
        pairs = zip(attempts, responses, strict=True)
        return [self._record(attempt, description, response) for attempt, response in pairs]

    def send_on_one_connection(
        self, attempts: Sequence[Attempt], descriptions: Sequence[str]
    ) -> list[SentDelivery]:
        """Send deliveries on one connection until the receiver closes it; none is sent again."""
        self._check_limits(len(attempts))
        responses = self.client.send_on_one_connection(attempts)
        found = zip(attempts, descriptions, responses, strict=False)
        return [self._record(attempt, words, response) for attempt, words, response in found]

    def _check_limits(self, count: int) -> None:
        settings = self.settings
        if len(self.deliveries) + count > settings.max_deliveries:
            reason = f"after {settings.max_deliveries} deliveries (--max-deliveries)"
            raise RunStopped(reason, intentional=True)
        if settings.max_time is not None and time.monotonic() - self.began > settings.max_time:
            raise RunStopped(f"after {settings.max_time:g} s (--max-time)", intentional=True)

    def _check_alive(self, sent: SentDelivery) -> None:
        """Raise `RunStopped` if the receiver accepts no connection for a while."""
        for _ in range(_GONE_TRIES):
            time.sleep(_GONE_PAUSE_S)
            if not self.client.send(sent.attempt).is_refused:
                return
        self.fail("the receiver accepts no connection any more", sent)
        raise RunStopped("the receiver accepts no connection any more")

    def accept(
        self,
        event: NewEvent,
        attempt: Attempt,
        description: str,
        *,
        severity: Severity | None = None,
        hint: str = "",
    ) -> SentDelivery:
        """Send a conforming delivery, which must get 2xx; record the case."""
        sent = self.send(attempt, description)
        self.judge_accepted(event, sent, severity=severity, hint=hint)
        return sent

    def judge_accepted(
        self,
        event: NewEvent,
        sent: SentDelivery,
        *,
        severity: Severity | None = None,
        hint: str = "",
    ) -> None:
        """Record whether a conforming delivery got 2xx."""
        if sent.response.is_success:
            self.passed(sent)
            return
        if sent.response.is_error:
            self.failed_valid.append((event, sent))
        text = f"{sent.description} got {sent.response.text}{hint}"
        self.fail(text, sent, severity=severity, expected="2xx")

    def refuse(
        self,
        attempt: Attempt,
        description: str,
        signature: str = "",
        *,
        accepted: Severity | None = None,
    ) -> SentDelivery:
        """Send a forged delivery, which must get 4xx; record the case.

        `accepted` is the severity of a 2xx, if it is not the grade of the property.
        """
        sent = self.send(attempt, description, signature)
        self.judge_refused(sent, accepted=accepted)
        return sent

    def judge_refused(self, sent: SentDelivery, *, accepted: Severity | None = None) -> None:
        """Record whether a forged delivery got 4xx; `accepted` as in `refuse`."""
        if sent.response.is_limited:
            self.limited()  # the limit refused it, not the check of the signature
        elif sent.response.is_refusal:
            self.passed(sent)
        else:
            is_accepted = sent.response.is_success
            verb = "was accepted with" if is_accepted else "got"
            message = f"{sent.description} {verb} {sent.response.text}"
            severity = accepted if is_accepted else None
            self.fail(message, sent, severity=severity, expected="4xx")

    def survive(self, attempt: Attempt, description: str) -> SentDelivery:
        """Send a delivery that the receiver may accept or refuse; record the case."""
        sent = self.send(attempt, description)
        if sent.response.is_success or sent.response.is_refusal:
            self.passed(sent)
        else:
            message = f"{description} got {sent.response.text}"
            self.fail(message, sent, expected="2xx or 4xx")
        return sent

    def settled_effects(self) -> int:
        """Return the number of side effects as soon as those of all deliveries so far are there."""
        assert self.observation is not None
        if self._settled is None or self._settled[0] != len(self.deliveries):
            self._settled = len(self.deliveries), self.observation.settled()
        return self._settled[1]

    def passed(self, sent: SentDelivery | None = None) -> None:
        """Record that a case shows the property."""
        assert self.row is not None
        self.cases.append(Case(self.row, "passed", sent=sent))

    def fail(
        self,
        message: str,
        sent: SentDelivery | None,
        *,
        severity: Severity | None = None,
        expected: str = "",
    ) -> None:
        """Record that a case violates the property.

        Raise `NextProperty` after a timeout: more of them show nothing new.
        """
        assert self.row is not None
        grade = severity or self.row.grade
        self.cases.append(Case(self.row, "failed", message, grade, expected, sent))
        if sent is not None and sent.response.is_timeout:
            raise NextProperty

    def undecided(self, reason: str, hint: str = "") -> None:
        """Record that a case decides nothing."""
        assert self.row is not None
        self.cases.append(Case(self.row, "undecided", reason, hint=hint))

    def limited(self) -> None:
        """Record that a case decides nothing, because the receiver limits the rate."""
        reason = "the receiver limits the rate of deliveries, and answers 429 or 503"
        self.undecided(reason, "raise its limit for the test")

    def not_exercised(self, reason: str) -> None:
        """Record that the contract or the run has nothing to try."""
        assert self.row is not None
        self.cases.append(Case(self.row, "not exercised", reason))

    def has_failed(self, name: str) -> bool:
        """Return whether a case of the property called `name` failed."""
        return any(c.status == "failed" and c.property.name == name for c in self.cases)


def finding_id(prop: str, pointer: str) -> str:
    """Return the id of a finding, the same in every run."""
    return hashlib.sha256(f"receiver {prop} {pointer}".encode()).hexdigest()[:8]
