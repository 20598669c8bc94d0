"""Properties about forged deliveries: those that a sender without the secret can make."""

from dataclasses import replace

from contracts.receivers.properties.signature_values import LONGER_SIGNATURE, weak_signatures
from contracts.receivers.trials.sender import NewEvent, Sender
from contracts.receivers.trials.trial import Property, Severity, Trial


def right_signature(sender: Sender, event: NewEvent, body: bytes | None = None) -> str:
    """Return the value that the signature header of a delivery should have."""
    scheme = sender.scheme
    if scheme is None:
        return ""
    return dict(sender.signed_headers(event, body=body)).get(scheme.header, "")


def refuses_unsigned(trial: Trial) -> None:
    """Leave out the headers of the signature, all and one by one, or their values."""
    sender = trial.sender
    scheme = sender.scheme
    assert scheme is not None
    event = sender.new_event()
    right = right_signature(sender, event)
    trial.refuse(sender.attempt(event, ()), "a delivery without any signature header", right)
    for name in scheme.header_names():
        event = sender.new_event()
        signed = sender.signed_headers(event)
        right = right_signature(sender, event)
        without = tuple(pair for pair in signed if pair[0] != name)
        trial.refuse(sender.attempt(event, without), f"a delivery without {name}", right)
        empty = tuple((n, "" if n == name else v) for n, v in signed)
        trial.refuse(sender.attempt(event, empty), f"a delivery with an empty {name}", right)


def refuses_wrong_secret(trial: Trial) -> None:
    """Sign with another secret, and with the signature of another event."""
    sender = trial.sender
    scheme = sender.scheme
    assert scheme is not None
    event = sender.new_event()
    signed = sender.signed_headers(event, (scheme.other_secret(sender.secret),))
    attempt = sender.attempt(event, signed)
    right = right_signature(sender, event)
    trial.refuse(attempt, "a delivery signed with another secret", right)
    event = sender.new_event()
    other = replace(sender.new_event(), body=_other_body(sender, event))
    attempt = sender.attempt(event, sender.signed_headers(other))
    right = right_signature(sender, event)
    trial.refuse(attempt, "a delivery with the signature of another event", right)


def refuses_changed_body(trial: Trial) -> None:
    """Change the body after signing: one bit, one more byte, one byte less, all of it."""
    sender = trial.sender
    for words in ("one changed bit", "a byte more", "a byte less", "the body of another event"):
        event = sender.new_event()
        body = _changed(sender, event, words)
        attempt = sender.attempt(event, sender.signed_headers(event), body=body)
        right = right_signature(sender, event, body)
        trial.refuse(attempt, f"a delivery with {words} after signing", right)


def refuses_used_signature(trial: Trial) -> None:
    """Use the signature of a delivery that was accepted for other content."""
    sender = trial.sender
    scheme = sender.scheme
    assert scheme is not None
    event = sender.new_event()
    signed = sender.signed_headers(event)
    trial.send(sender.attempt(event), "a conforming delivery")
    body = _other_body(sender, event)
    right = right_signature(sender, event, body)
    words = "another body under the signature of an accepted delivery"
    trial.refuse(sender.attempt(event, signed, body=body), words, right)
    if scheme.has_timestamp:
        later = replace(event, at=event.at + 2)
        moved = scheme.with_timestamp(signed, later.at)
        words = "another timestamp under the signature of an accepted delivery"
        trial.refuse(sender.attempt(event, moved), words, right_signature(sender, later))


def _changed(sender: Sender, event: NewEvent, words: str) -> bytes:
    match words:
        case "one changed bit":
            return _with_changed_bit(event.body)
        case "a byte more":
            return event.body + b" "
        case "a byte less":
            return event.body[:-1]
    return _other_body(sender, event)


def _other_body(sender: Sender, event: NewEvent) -> bytes:
    """Return the body of another event; if nothing tells them apart, one with a changed bit."""
    body = sender.new_event().body
    return _with_changed_bit(body) if body == event.body else body


def _with_changed_bit(body: bytes) -> bytes:
    """Change the lowest bit of a digit or letter near the end, so that JSON remains JSON."""
    for index in range(len(body) - 1, -1, -1):
        changed = bytes([body[index] ^ 1])
        if body[index : index + 1].isalnum() and changed.isalnum():
            return body[:index] + changed + body[index + 1 :]
    return bytes([body[0] ^ 1]) + body[1:] if body else b"0"


def refuses_changed_id(trial: Trial) -> None:
    """Change the signed id."""
    sender = trial.sender
    scheme = sender.scheme
    assert scheme is not None
    for words, change in (
        ("another", _with_longer_id),
        ("another, equally long", _with_other_id),
    ):
        event = sender.new_event()
        other = change(event)
        signed = tuple(
            (name, other.identity if name == scheme.id_header else value)
            for name, value in sender.signed_headers(event)
        )
        right = right_signature(sender, other)
        description = f"a delivery with {words} {scheme.id_header}"
        trial.refuse(sender.attempt(event, signed), description, right)


def _with_longer_id(event: NewEvent) -> NewEvent:
    return replace(event, identity=f"{event.identity}x")


def _with_other_id(event: NewEvent) -> NewEvent:
    return replace(event, identity=f"{event.identity[:-1]}x")


def refuses_changed_timestamp(trial: Trial) -> None:
    """Change the signed timestamp by a second."""
    sender = trial.sender
    scheme = sender.scheme
    assert scheme is not None
    event = sender.new_event()
    signed = scheme.with_timestamp(sender.signed_headers(event), event.at - 1)
    right = right_signature(sender, replace(event, at=event.at - 1))
    words = "a delivery whose timestamp is changed by a second after signing"
    trial.refuse(sender.attempt(event, signed), words, right)


def refuses_weak_signatures(trial: Trial) -> None:
    """Send signatures that only a careless comparison accepts."""
    sender = trial.sender
    scheme = sender.scheme
    assert scheme is not None
    count = len(weak_signatures(sender, sender.new_event()))
    for index in range(count):
        event = sender.new_event()
        words, value = weak_signatures(sender, event)[index]
        signed = tuple(
            (name, value if name == scheme.header else found)
            for name, found in sender.signed_headers(event)
        )
        right = right_signature(sender, event)
        # A lenient decoder of base64, as in the library of Standard Webhooks for Python, ignores
        # what follows the padding. Only a holder of the secret can make such a signature.
        accepted: Severity | None = "warning" if words == LONGER_SIGNATURE else None
        attempt = sender.attempt(event, signed)
        trial.refuse(attempt, f"a delivery with {words}", right, accepted=accepted)


def has_no_effect_when_forged(trial: Trial) -> None:
    """Count the side effects of forged deliveries."""
    sender, observation = trial.sender, trial.observation
    scheme = sender.scheme
    assert scheme is not None
    assert observation is not None
    before = trial.settled_effects()
    last = None
    for words, secrets in (("without a signature", ()), ("signed with another secret", None)):
        event = sender.new_event()
        other = (scheme.other_secret(sender.secret),)
        signed = () if secrets == () else sender.signed_headers(event, other)
        last = trial.send(sender.attempt(event, signed), f"a delivery {words}")
    after = trial.settled_effects()
    if after == before:
        trial.passed(last)
    else:
        message = f"two forged deliveries had {after - before} side effects"
        trial.fail(message, last, expected="no side effect")


FORGERIES = (
    Property(
        "receiver-unsigned",
        "A delivery without a signature is refused.",
        "4xx",
        "Standard Webhooks, verifying webhook authenticity",
        "violation",
        "signature",
        refuses_unsigned,
        ("scheme",),
    ),
    Property(
        "receiver-wrong-secret",
        "A delivery signed with another secret is refused.",
        "4xx",
        "Standard Webhooks, verifying webhook authenticity",
        "violation",
        "signature",
        refuses_wrong_secret,
        ("scheme",),
    ),
    Property(
        "receiver-changed-body",
        "A delivery whose body was changed after signing is refused.",
        "4xx",
        "Standard Webhooks, verifying webhook authenticity",
        "violation",
        "signature",
        refuses_changed_body,
        ("scheme",),
    ),
    Property(
        "receiver-used-signature",
        "The signature of an accepted delivery is refused for other content.",
        "4xx",
        "Standard Webhooks: the signature covers id, timestamp and body",
        "violation",
        "signature",
        refuses_used_signature,
        ("scheme",),
    ),
    Property(
        "receiver-changed-id",
        "A delivery whose signed id was changed is refused.",
        "4xx",
        "Standard Webhooks: the signature covers id, timestamp and body",
        "violation",
        "signature",
        refuses_changed_id,
        ("scheme", "id"),
    ),
    Property(
        "receiver-changed-timestamp",
        "A delivery whose signed timestamp was changed is refused.",
        "4xx",
        "Standard Webhooks: the signature covers id, timestamp and body",
        "violation",
        "signature",
        refuses_changed_timestamp,
        ("scheme", "timestamp"),
    ),
    Property(
        "receiver-weak-signature",
        "A signature that is empty, cut, without a key, or of another version is refused.",
        "4xx; 2xx for more characters at its end is a warning",
        "Standard Webhooks, issue 286",
        "violation",
        "signature",
        refuses_weak_signatures,
        ("scheme",),
    ),
    Property(
        "receiver-forged-effect",
        "A forged delivery has no side effect.",
        "no side effect",
        "Standard Webhooks, verifying webhook authenticity",
        "violation",
        "signature",
        has_no_effect_when_forged,
        ("scheme", "observe"),
    ),
)
