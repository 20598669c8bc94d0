"""Properties about conforming deliveries: events, forms of headers, ids, several signatures."""

from dataclasses import replace

from contracts.receivers.trials.client import Attempt
from contracts.receivers.trials.sender import NewEvent
from contracts.receivers.trials.trial import Property, Severity, Trial

REFUSED_BUT_VALID = ", although its signature is valid"


_NO_USE = (404, 410, 501)
"""Statuses that say that there is no handler: 410 asks the sender to stop (Standard Webhooks)."""
_ENOUGH_FAILURES = 3
"""Retries without success after which no further one is tried."""


def accepts_conforming(trial: Trial) -> None:
    """Deliver each event of the contract that has the same URL once."""
    for sender in trial.senders[: trial.settings.volume.events]:
        if not sender.has_url_of(trial.sender):
            continue
        event = sender.new_event()
        description = f"a conforming {sender.event.name}"
        if sender is trial.sender:
            trial.accept(event, sender.attempt(event), description)
        else:
            _accept_or_warn(trial, event, sender.attempt(event), description)


def _accept_or_warn(trial: Trial, event: NewEvent, attempt: Attempt, description: str) -> None:
    """Send another event, which a receiver may have no use for."""
    sent = trial.send(attempt, description)
    if sent.response.status in _NO_USE:
        message = f"{description} got {sent.response.text}: the receiver has no use for it"
        trial.fail(message, sent, severity="warning", expected="2xx")
    else:
        trial.judge_accepted(event, sent)


def accepts_header_forms(trial: Trial) -> None:
    """Write the names of the signature's headers in other cases, and pad their values."""
    sender = trial.sender
    padded: Severity = "warning"
    for words, write_name, write_value, severity in (
        ("headers in lower case", str.lower, str, None),
        ("headers in upper case", str.upper, str, None),
        ("spaces around the values of headers", str, lambda value: f"  {value}  ", padded),
    ):
        event = sender.new_event()
        signed = tuple((write_name(n), write_value(v)) for n, v in sender.signed_headers(event))
        attempt = sender.attempt(event, signed)
        description = f"a conforming delivery with {words}"
        trial.accept(event, attempt, description, severity=severity, hint=REFUSED_BUT_VALID)


def survives_ids(trial: Trial) -> None:
    """Send ids that break a column of a table or a statement of a database."""
    sender = trial.sender
    for words, addition in (
        ("an id of 2,000 characters", "x" * 2000),
        ("quotes and a semicolon in its id", "';\"`"),
        ("dots, slashes and per cent in its id", "/../%00%s"),
    ):
        event = sender.new_event()
        other = replace(event, identity=event.identity + addition)
        trial.survive(sender.attempt(other), f"a validly signed delivery with {words}")


def accepts_rotation(trial: Trial) -> None:
    """Sign with several secrets, of which one is valid or none."""
    sender = trial.sender
    scheme = sender.scheme
    assert scheme is not None
    other = scheme.other_secret(sender.secret)
    third = scheme.other_secret(other)
    for words, secrets in (
        ("the valid one last", (other, sender.secret)),
        ("the valid one first", (sender.secret, other)),
    ):
        event = sender.new_event()
        attempt = sender.attempt(event, sender.signed_headers(event, secrets))
        trial.accept(event, attempt, f"a delivery with two signatures, {words},")
    event = sender.new_event()
    attempt = sender.attempt(event, sender.signed_headers(event, (other, third)))
    trial.refuse(attempt, "a delivery with two signatures, none of them valid,")


def accepts_after_failure(trial: Trial) -> None:
    """Send again what the receiver did not accept, as a sender does, and count the effects."""
    found = [(event, sent) for event, sent in trial.failed_valid if not sent.response.is_refused]
    if not found:
        trial.undecided("the receiver answered no conforming delivery with 5xx")
        return
    failures = 0
    for _, first in found:
        if failures == _ENOUGH_FAILURES:
            return
        sent = trial.send(first.attempt, f"the retry of delivery {first.number}")
        got = f"delivery {first.number} got {first.response.text}, and its retry"
        if sent.response.is_success:
            trial.passed(sent)
        else:
            failures += 1
            trial.fail(f"{got} {sent.response.text}", sent, expected="2xx")
    if trial.burst is None or trial.observation is None:
        return
    before, events = trial.burst
    effects = trial.observation.wait_for(before + events) - before
    if effects < events and not trial.has_failed("receiver-retry"):
        message = (
            f"{events} events, of which {len(found)} came again after a response other than 2xx, "
            f"had {effects} side effects"
        )
        trial.fail(message, None, expected=f"{events} side effects")


ACCEPTANCE = (
    Property(
        "receiver-conforming",
        "A conforming delivery is accepted.",
        "2xx; 404, 410 or 501 for all but one event is a warning",
        "Standard Webhooks, and all vendors",
        "violation",
        "webhook",
        accepts_conforming,
    ),
    Property(
        "receiver-header-form",
        "Names of headers count in any case, and white space around values does not count.",
        "2xx; a warning if only white space is refused, which some servers keep",
        "RFC 9110, sections 5.1 and 5.5",
        "violation",
        "signature",
        accepts_header_forms,
        ("scheme",),
    ),
    Property(
        "receiver-id-form",
        "An id of any form is no error of the receiver.",
        "2xx or 4xx",
        "Standard Webhooks: the id is a text; RFC 9110, section 15.6",
        "violation",
        "signature",
        survives_ids,
        ("scheme", "id"),
    ),
    Property(
        "receiver-rotation",
        "Of several signatures one valid one is enough, and none is too few.",
        "2xx with a valid one, else 4xx",
        "Standard Webhooks, secret rotation",
        "violation",
        "signature",
        accepts_rotation,
        ("scheme", "several-signatures"),
    ),
)
AFTER_FAILURE = Property(
    "receiver-retry",
    "What the receiver answered with 5xx is accepted when the sender tries again.",
    "2xx",
    "Standard Webhooks, deliverability and reliability",
    "violation",
    "webhook",
    accepts_after_failure,
)
