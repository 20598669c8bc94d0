"""Test of a receiver, from the first delivery to the outcome."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from contracts.model.errors import CouldNotJudge, RunStopped
from contracts.receivers.probe import probe
from contracts.receivers.properties import PROPERTIES
from contracts.receivers.properties.disclosure import DISCLOSURE
from contracts.receivers.properties.transport import TIME_AND_REDIRECTS
from contracts.receivers.trials.client import ReceiverClient
from contracts.receivers.trials.observation import Observation
from contracts.receivers.trials.sender import Sender
from contracts.receivers.trials.settings import ReceiverSettings
from contracts.receivers.trials.trial import Case, NextProperty, Property, Trial
from openapi.contract import Contract, Event

_LATE_MARGIN_S = 1.0
"""Seconds after the deadline in which a response is still awaited, to tell late from lost."""
_AFTER_ALL = (*TIME_AND_REDIRECTS, *DISCLOSURE)
"""Properties that look at what the others sent."""


@dataclass
class ReceiverOutcome:
    """Outcome of a test so far."""

    trial: Trial | None = None
    not_judged: str | None = None
    """Reason if nothing was judged."""
    stop_reason: str = ""
    """Reason if the run ended early; empty if it is complete."""
    cases: list[Case] = field(default_factory=list)


def run_trial(
    settings: ReceiverSettings,
    contract: Contract,
    outcome: ReceiverOutcome,
    progress: Callable[[str], None],
) -> None:
    """Send all deliveries and fill `outcome`; `progress` gets a line for each property."""
    events = [event for event in contract.events if event.callback is None] or contract.events
    if not events:
        raise CouldNotJudge("the contract has no webhook")
    events = sorted(events, key=lambda event: event.signature is None)
    settings_deadline = settings.deadline + _LATE_MARGIN_S
    client = ReceiverClient(settings.url, settings_deadline, settings.tls_verify)
    observation = None
    if settings.observe is not None:
        observation = Observation(settings.observe, settings.effect_wait)
        observation.begin()
    numbers = count(1)
    senders = [_sender(settings, contract, event, numbers) for event in events]
    trial = Trial(settings, contract, senders, client, observation, progress)
    outcome.trial, outcome.cases = trial, trial.cases
    try:
        _try_all(trial, progress)
    except RunStopped as stop:
        outcome.stop_reason = str(stop)
        _mark_untried(trial, str(stop))
        _try_each(trial, _AFTER_ALL, progress)


def _sender(
    settings: ReceiverSettings, contract: Contract, event: Event, numbers: Iterator[int]
) -> Sender:
    return Sender(
        contract,
        event,
        url=settings.url,
        secret=settings.secret,
        run_id=settings.run_id,
        seed=settings.seed,
        numbers=numbers,
        headers=settings.headers,
    )


def _try_all(trial: Trial, progress: Callable[[str], None]) -> None:
    chosen = [row for row in PROPERTIES.values() if trial.settings.selection.judges(row.name)]
    trial.row = PROPERTIES["receiver-conforming"]
    is_accepted = False
    with suppress(NextProperty):
        is_accepted = probe(trial)
    if not is_accepted:
        rest = tuple(row for row in chosen if row in _AFTER_ALL)
        _mark_untried(trial, "the receiver accepts no conforming delivery", rest)
        _try_each(trial, rest, progress)
        return
    if trial.observation is not None:
        trial.observation.measure()
    _try_each(trial, tuple(chosen), progress)


def _try_each(trial: Trial, rows: tuple[Property, ...], progress: Callable[[str], None]) -> None:
    for row in rows:
        if not trial.settings.selection.judges(row.name):
            continue
        trial.row = row
        lacking = lacking_need(trial, row)
        if lacking is not None:
            reason, hint = lacking
            if hint:
                trial.undecided(reason, hint)
            else:
                trial.not_exercised(reason)
            continue
        progress(f"{row.name} ...")
        with suppress(NextProperty):
            row.run(trial)
        if trial.settings.exit_first and _has_violation(trial):
            raise RunStopped("at the first violation (--exit-first)", intentional=True)


def _has_violation(trial: Trial) -> bool:
    return any(c.status == "failed" and c.severity == "violation" for c in trial.cases)


def lacking_need(trial: Trial, row: Property) -> tuple[str, str] | None:
    """Return why a property cannot be tried, and what the user can do about it; None if it can."""
    sender = trial.sender
    scheme = sender.scheme
    name = scheme.name if scheme else ""
    lacking = {
        "scheme": ("the contract does not sign its webhooks", "")
        if sender.event.signature is None
        else ("the run has no webhook secret", "pass --webhook-secret")
        if scheme is None
        else None,
        "timestamp": None
        if scheme and scheme.has_timestamp
        else (f"the scheme {name} signs no timestamp", ""),
        "id": None if scheme and scheme.has_id else (f"the scheme {name} signs no id", ""),
        "several-signatures": None
        if scheme and scheme.has_several_signatures
        else (f"the scheme {name} has one signature", ""),
        "json": None
        if sender.is_json
        else (f"the payload is {sender.event.media_type}, not JSON", ""),
        "observe": None
        if trial.observation
        else ("side effects are not observed", "pass --observe with a command or URL"),
    }
    return next((lacking[need] for need in row.needs if lacking[need]), None)


def _mark_untried(trial: Trial, reason: str, kept: tuple[Property, ...] = _AFTER_ALL) -> None:
    """Record that the properties without a case are undecided."""
    known = {case.property.name for case in trial.cases} | {row.name for row in kept}
    for row in PROPERTIES.values():
        if row.name not in known and trial.settings.selection.judges(row.name):
            trial.row = row
            trial.undecided(reason)
