"""Properties about the age of a delivery: what is too old or from the future is refused."""

import time
from collections.abc import Sequence
from dataclasses import replace

from contracts.receivers.properties.forgeries import right_signature
from contracts.receivers.trials.client import Attempt
from contracts.receivers.trials.sender import Sender
from contracts.receivers.trials.trial import Property, SentDelivery, Severity, Trial
from openapi.signatures.generic_hmac import HmacScheme

HOUR_S, DAY_S = 3600.0, 86400.0
_DOUBTFUL = 2.5
"""Multiple of the stated tolerance up to which another tolerance is the receiver's choice."""


def refuses_old(trial: Trial) -> None:
    """Send timestamps of the past, validly signed."""
    _try_window(trial, -1, "old")


def refuses_future(trial: Trial) -> None:
    """Send timestamps of the future, validly signed."""
    _try_window(trial, 1, "in the future")


def _try_window(trial: Trial, sign: int, words: str) -> None:
    """Send deliveries of growing age; the steps around the tolerance give the measured window."""
    tolerance = trial.sender.scheme.tolerance if trial.sender.scheme else None
    stated = tolerance or 300.0
    refused, accepted = _measure(trial, _steps(stated), sign, words)
    if not accepted:
        return
    limit = f"; it refused {_span(refused[0])}" if refused else "; no limit was found"
    widest, sent = accepted[-1]
    is_wide = widest >= max(HOUR_S, 12 * stated)
    severity: Severity = "violation" if is_wide else "warning"
    message = (
        f"a validly signed delivery that is {_span(widest)} {words} got {sent.response.text}"
        f"{limit}; the stated tolerance is {_span(stated)}"
    )
    trial.fail(message, sent, severity=severity, expected="4xx")


def _steps(stated: float) -> Sequence[float]:
    """Return ages in seconds, from the one that is always too old for the stated tolerance."""
    return (_DOUBTFUL * stated + 5, max(HOUR_S, 12 * stated) + 5, DAY_S + 60, 400 * DAY_S)


def _measure(
    trial: Trial, steps: Sequence[float], sign: int, words: str
) -> tuple[list[float], list[tuple[float, SentDelivery]]]:
    """Return the ages that were refused, and those that were accepted with their deliveries."""
    refused: list[float] = []
    accepted: list[tuple[float, SentDelivery]] = []
    for age in steps:
        event = trial.sender.new_event()
        moved = replace(event, at=event.at + sign * age)
        description = f"a validly signed delivery that is {_span(age)} {words}"
        sent = trial.send(trial.sender.attempt(moved), description)
        if sent.response.is_refusal:
            refused.append(age)
            trial.passed(sent)
        elif sent.response.is_success:
            accepted.append((age, sent))
        else:
            trial.fail(f"{description} got {sent.response.text}", sent, expected="4xx")
    return refused, accepted


def accepts_recent(trial: Trial) -> None:
    """Send what is a little old or early, within every usual tolerance."""
    sender = trial.sender
    tolerance = sender.scheme.tolerance if sender.scheme else None
    age = min((tolerance or 300.0) * 0.4, 120.0)
    for sign, words in ((-1, "old"), (1, "in the future")):
        event = sender.new_event()
        moved = replace(event, at=event.at + sign * age)
        description = f"a conforming delivery that is {_span(age)} {words}"
        trial.accept(moved, sender.attempt(moved), description)


def refuses_other_timestamps(trial: Trial) -> None:
    """Sign timestamps that are no number of seconds, so that their age is unknown."""
    sender = trial.sender
    scheme = sender.scheme
    if not isinstance(scheme, HmacScheme):
        trial.not_exercised("the timestamp of the scheme is always a number")
        return
    for words, text in (
        ("a word", "yesterday"),
        ("no characters", ""),
        ("a time with a date", "2026-01-01T00:00:00Z"),
        ("milliseconds", f"{int(sender.new_event().at)}000"),
    ):
        attempt = _with_text(sender, scheme, text)
        trial.refuse(attempt, f"a validly signed delivery whose timestamp is {words}")
    for words, text in (
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("a negative number", f"-{int(sender.new_event().at)}"),
        ("a number of 20 digits", "9" * 20),
    ):
        description = f"a validly signed delivery whose timestamp is {words}"
        sent = trial.send(_with_text(sender, scheme, text), description)
        if sent.response.is_error:
            message = f"{description} got {sent.response.text}"
            trial.fail(message, sent, severity="warning", expected="4xx")
        else:
            trial.judge_refused(sent)


def _with_text(sender: Sender, scheme: HmacScheme, timestamp: str) -> Attempt:
    event = sender.new_event()
    message = sender.message(event)
    signed = scheme.headers_with_timestamp(message, sender.secret, event.identity, timestamp)
    return sender.attempt(event, signed)


def refuses_new_timestamp(trial: Trial) -> None:
    """Write a fresh timestamp over an old delivery or beside its own, and leave its signature."""
    sender = trial.sender
    scheme = sender.scheme
    assert scheme is not None
    for age in (HOUR_S, DAY_S):
        event = sender.new_event()
        old = replace(event, at=event.at - age)
        signed = scheme.with_timestamp(sender.signed_headers(old), event.at)
        right = right_signature(sender, event)
        description = f"a fresh timestamp over the content that was signed {_span(age)} ago"
        trial.refuse(sender.attempt(event, signed), description, right)
    if scheme.timestamp_header is None:
        return
    fresh = (scheme.timestamp_header, str(int(time.time())))
    for words, is_first in (("before", True), ("after", False)):
        event = sender.new_event()
        signed = sender.signed_headers(replace(event, at=event.at - DAY_S))
        twice = (fresh, *signed) if is_first else (*signed, fresh)
        description = f"a second, fresh {scheme.timestamp_header} {words} the one signed a day ago"
        trial.refuse(sender.attempt(event, twice), description)


def _span(seconds: float) -> str:
    """Return a time in words, such as `5 min`."""
    for unit, name in ((DAY_S, "d"), (HOUR_S, "h"), (60.0, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


FRESHNESS = (
    Property(
        "receiver-old",
        "A delivery whose timestamp is older than the tolerance is refused.",
        "4xx; another tolerance than the stated one is a warning up to an hour",
        "Standard Webhooks, replay attacks; Stripe: 5 minutes",
        "violation",
        "signature",
        refuses_old,
        ("scheme", "timestamp"),
    ),
    Property(
        "receiver-future",
        "A delivery whose timestamp is further in the future than the tolerance is refused.",
        "4xx; another tolerance than the stated one is a warning up to an hour",
        "Standard Webhooks, replay attacks",
        "violation",
        "signature",
        refuses_future,
        ("scheme", "timestamp"),
    ),
    Property(
        "receiver-timestamp-form",
        "A timestamp that is no number of seconds is refused.",
        "4xx; 5xx for NaN, Infinity, a negative or a very large number is a warning",
        "Standard Webhooks: the timestamp is an integer in Unix seconds",
        "violation",
        "signature",
        refuses_other_timestamps,
        ("scheme", "timestamp"),
    ),
    Property(
        "receiver-recent",
        "A delivery within the tolerance is accepted.",
        "2xx",
        "Standard Webhooks, replay attacks",
        "violation",
        "signature",
        accepts_recent,
        ("scheme", "timestamp"),
    ),
    Property(
        "receiver-new-timestamp",
        "A fresh timestamp over content that was signed before is refused.",
        "4xx",
        "Linear's SDK, pull request 1268: the timestamp must be signed",
        "violation",
        "signature",
        refuses_new_timestamp,
        ("scheme", "timestamp"),
    ),
)
