"""Properties about forgeries of other forms: a check of the signature may miss a path of the code.

Each is signed with another secret, so that it has all headers of a signature.
"""

from collections.abc import Iterator
from dataclasses import replace

from contracts.receivers.properties.content import unknown_event
from contracts.receivers.properties.transport import MEDIUM_BYTES, padded
from contracts.receivers.trials.client import Attempt
from contracts.receivers.trials.sender import NewEvent, Sender
from contracts.receivers.trials.trial import Property, Trial

_FORGED = "a delivery signed with another secret"


def refuses_other_forms(trial: Trial) -> None:
    """Send each event of the contract, other media types, sizes and framings, all forged."""
    for sender in trial.senders[1 : trial.settings.volume.events]:
        if sender.scheme is not None and sender.has_url_of(trial.sender):
            event = sender.new_event()
            trial.refuse(_forged(sender, event), f"{_FORGED} ({sender.event.name})")
    for words, attempt in _forms(trial.sender):
        trial.refuse(attempt, f"{_FORGED} and {words}")


def _forged(sender: Sender, event: NewEvent) -> Attempt:
    return sender.attempt(event, sender.signed_headers(event, (_other_secret(sender),)))


def _other_secret(sender: Sender) -> str:
    assert sender.scheme is not None
    return sender.scheme.other_secret(sender.secret)


def _forms(sender: Sender) -> Iterator[tuple[str, Attempt]]:
    unknown = unknown_event(sender, _other_secret(sender))
    if unknown is not None:
        yield "the name of an unknown event", unknown
    yield "no body", _forged(sender, replace(sender.new_event(), body=b""))
    if sender.is_json:
        event = sender.new_event()
        large = replace(event, body=padded(event, MEDIUM_BYTES))
        yield "a body of 80 KiB", _forged(sender, large)
    attempt = _forged(sender, sender.new_event())
    yield "its body in chunks", replace(attempt, framing="chunked")
    for words, media_type in (
        ("the Content-Type text/plain", "text/plain"),
        ("no Content-Type", ""),
    ):
        attempt = _forged(sender, sender.new_event())
        others = tuple(pair for pair in attempt.headers if pair[0].lower() != "content-type")
        added = (("Content-Type", media_type),) if media_type else ()
        yield words, replace(attempt, headers=(*added, *others))


def judges_used_connection(trial: Trial) -> None:
    """Send valid and forged deliveries on one connection, as a sender with a pool does."""
    sender = trial.sender
    events = [sender.new_event() for _ in range(4)]
    valid, forged, unsigned, last = events
    sent = trial.send_on_one_connection(
        [
            sender.attempt(valid),
            _forged(sender, forged),
            sender.attempt(unsigned, ()),
            sender.attempt(last),
        ],
        [
            "a conforming delivery",
            f"{_FORGED} on a used connection",
            "a delivery without any signature header on a used connection",
            "a conforming delivery after refused ones on the same connection",
        ],
    )
    if len(sent) < 2:
        trial.not_exercised("the receiver closes the connection after each response")
        return
    for event, one, is_valid in zip(events, sent, (True, False, False, True), strict=False):
        if one.response.is_limited:
            trial.limited()
            return
        if is_valid:
            trial.judge_accepted(event, one)
        else:
            trial.judge_refused(one)


FORGED_FORMS = (
    Property(
        "receiver-forged-form",
        "A forged delivery is refused whatever its event, media type, size and framing.",
        "4xx",
        "Standard Webhooks, verifying webhook authenticity",
        "violation",
        "signature",
        refuses_other_forms,
        ("scheme",),
    ),
    Property(
        "receiver-used-connection",
        "A delivery on a used connection is judged like one on a new connection.",
        "2xx for a conforming delivery, 4xx for a forged one, or a closed connection",
        "RFC 9112, section 9.3: a connection may carry several requests",
        "violation",
        "signature",
        judges_used_connection,
        ("scheme",),
    ),
)
