"""Properties about an event that comes again, or late: it is accepted, and has one side effect."""

from dataclasses import replace

from contracts.receivers.trials.trial import Property, SentDelivery, Severity, Trial

COPIES = 3
_OLDER_S = 60.0


def accepts_again(trial: Trial) -> None:
    """Send the same event again, signed again, as a sender does that got no response."""
    sender = trial.sender
    event = sender.new_event()
    for number in range(COPIES):
        again = replace(event, at=event.at + number)
        words = f"copy {number + 1} of an event, signed again,"
        trial.accept(again, sender.attempt(again), words)


def survives_replay(trial: Trial) -> None:
    """Send the same bytes again."""
    sender = trial.sender
    attempt = sender.attempt(sender.new_event())
    trial.send(attempt, "a conforming delivery before its replay")
    trial.survive(attempt, "the same delivery again, byte for byte,")


def accepts_at_once(trial: Trial) -> None:
    """Send two identical deliveries at the same moment."""
    sender = trial.sender
    attempt = sender.attempt(sender.new_event())
    for sent in trial.send_at_once([attempt, attempt], "one of two identical deliveries at once"):
        if sent.response.is_success:
            trial.passed(sent)
            continue
        if sent.response.asks_to_wait:
            trial.limited()
            continue
        severity: Severity = "warning" if sent.response.is_refusal else "violation"
        message = f"one of two identical deliveries at once got {sent.response.text}"
        trial.fail(message, sent, severity=severity, expected="2xx")


def accepts_older(trial: Trial) -> None:
    """Send an event about the same object that is older than one before it."""
    sender = trial.sender
    newer = sender.new_event()
    older = replace(sender.older_event(newer, newer.at - _OLDER_S), at=newer.at)
    trial.accept(newer, sender.attempt(newer), "the newer of two events")
    trial.accept(older, sender.attempt(older), "the older of two events, after the newer")


def has_one_effect(trial: Trial) -> None:
    """Count the side effects of one event that comes three times, and of one that comes at once."""
    sender = trial.sender
    if not _has_effects(trial):
        return
    event = sender.new_event()
    copies = [replace(event, at=event.at + number) for number in range(COPIES)]
    before = _count(trial)
    sent = [trial.send(sender.attempt(one), "one of three copies of an event") for one in copies]
    _expect_one(trial, before, sent[-1], f"one event, sent {COPIES} times,")
    attempt = sender.attempt(sender.new_event())
    before = _count(trial)
    both = trial.send_at_once([attempt] * 2, "one of two copies of an event at once")
    if all(one.response.is_limited for one in both):
        trial.limited()
    else:
        _expect_one(trial, before, both[-1], "one event, sent twice at the same time,")
    _expect_two(trial)


def has_no_effect_on_replay(trial: Trial) -> None:
    """Count the side effects of a delivery and of the same bytes again."""
    sender = trial.sender
    if not _has_effects(trial):
        return
    attempt = sender.attempt(sender.new_event())
    before = _count(trial)
    trial.send(attempt, "a conforming delivery before its replay")
    sent = trial.send(attempt, "the same delivery again, byte for byte")
    _expect_one(trial, before, sent, "one delivery, sent twice with the same bytes,")


def keeps_newest(trial: Trial) -> None:
    """Count the side effects of an older event after a newer one about the same object.

    A receiver may also record an event that changes nothing, so that a side effect is a warning.
    """
    sender = trial.sender
    if not _has_effects(trial):
        return
    newer = sender.new_event()
    older = replace(sender.older_event(newer, newer.at - _OLDER_S), at=newer.at)
    before = _count(trial)
    trial.send(sender.attempt(newer), "the newer of two events")
    assert trial.observation is not None
    between = trial.observation.wait_for(before + 1)
    sent = trial.send(sender.attempt(older), "the older of two events, after the newer")
    if trial.settled_effects() == between:
        trial.passed(sent)
    else:
        message = "an older event had a side effect after a newer one about the same object"
        trial.fail(message, sent, severity="warning", expected="the state of the newer event")


def _count(trial: Trial) -> int:
    assert trial.observation is not None
    return trial.settled_effects()


def _has_effects(trial: Trial) -> bool:
    """Return whether a new event has a side effect; record that the case is undecided if not."""
    sender, observation = trial.sender, trial.observation
    assert observation is not None
    before = trial.settled_effects()
    trial.send(sender.attempt(sender.new_event()), "a conforming delivery with a side effect")
    if observation.wait_for(before + 1) > before:
        return True
    wait = f"{trial.settings.effect_wait:g} s"
    reason = f"a conforming delivery had no side effect within {wait}"
    trial.undecided(reason, "let --observe count what a delivery changes, or raise --effect-wait")
    return False


def _expect_one(trial: Trial, before: int, sent: SentDelivery, words: str) -> None:
    assert trial.observation is not None
    trial.observation.wait_for(before + 1)
    effects = trial.settled_effects() - before
    if effects == 1:
        trial.passed(sent)
    else:
        message = f"{words} had {effects} side effects"
        trial.fail(message, sent, expected="one side effect")


def _expect_two(trial: Trial) -> None:
    """Count the side effects of two events with the same timestamp."""
    sender = trial.sender
    event = sender.new_event()
    other = sender.new_event(at=event.at)
    if event.body == other.body:
        return  # the payload has nothing that tells two events apart
    before = _count(trial)
    assert trial.observation is not None
    for one in (event, other):
        sent = trial.send(sender.attempt(one), "one of two events with the same timestamp")
    effects = trial.observation.wait_for(before + 2) - before
    if effects == 2:
        trial.passed(sent)
    else:
        message = f"two events with the same timestamp had {effects} side effects"
        trial.fail(message, sent, expected="two side effects")


_IDEMPOTENCY = "Standard Webhooks, idempotency"
REPETITION = (
    Property(
        "receiver-duplicate",
        "An event that comes again is accepted.",
        "2xx",
        _IDEMPOTENCY,
        "violation",
        "webhook",
        accepts_again,
    ),
    Property(
        "receiver-replay",
        "The same bytes again are accepted or refused, without an error of the receiver.",
        "2xx or 4xx",
        _IDEMPOTENCY,
        "violation",
        "webhook",
        survives_replay,
    ),
    Property(
        "receiver-simultaneous",
        "Two identical deliveries at one moment are both accepted.",
        "2xx; 4xx for one of them is a warning",
        _IDEMPOTENCY,
        "violation",
        "webhook",
        accepts_at_once,
    ),
    Property(
        "receiver-order",
        "An event that is older than one before it is accepted.",
        "2xx",
        "Stripe, event ordering",
        "violation",
        "webhook",
        accepts_older,
    ),
    Property(
        "receiver-one-effect",
        "One event has one side effect, however often it comes.",
        "one side effect for each event",
        _IDEMPOTENCY,
        "violation",
        "webhook",
        has_one_effect,
        ("observe",),
    ),
    Property(
        "receiver-replay-effect",
        "The same bytes again have no second side effect.",
        "one side effect",
        _IDEMPOTENCY,
        "violation",
        "webhook",
        has_no_effect_on_replay,
        ("observe",),
    ),
    Property(
        "receiver-newest-state",
        "After an older event the newest state remains.",
        "no side effect of the older event; one is a warning",
        "Stripe, event ordering; Persona, webhooks",
        "warning",
        "webhook",
        keeps_newest,
        ("observe",),
    ),
)
