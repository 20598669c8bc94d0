"""Probe of a receiver: does it accept a conforming delivery, and if not, what else does it accept?

Without an accepted delivery no other property can be judged: a receiver that refuses everything
also refuses what is forged.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from contracts.model.errors import CouldNotJudge
from contracts.receivers.trials.client import Attempt, Response
from contracts.receivers.trials.sender import Dumps, Sender, dump_compact, dump_sorted, dump_spaced
from contracts.receivers.trials.trial import NextProperty, SentDelivery, Trial
from openapi.redaction import Redaction
from openapi.signatures.generic_hmac import HmacScheme
from webhook_sink.signature_diagnosis.keys import alternative_keys

_MISCONFIGURED = (400, 401, 403, 404, 405)
"""Statuses that a wrong secret or a wrong path explains as well as a mistake of the receiver."""
_MAX_SHOWN_CHARS = 100
_LIMITED = (
    "the receiver limits the rate of deliveries, and accepted none: raise its limit for the test"
)
_CHANGING = re.compile(rb"[0-9a-fA-F-]{6,}|[0-9]+")
_FORMS: tuple[tuple[str, Dumps], ...] = (
    ("without spaces", dump_compact),
    ("with spaces after commas and colons", dump_spaced),
    ("with its properties in alphabetical order", dump_sorted),
)


@dataclass(frozen=True, slots=True)
class Misreading:
    """Delivery that breaks the scheme in a way in which a receiver may understand it."""

    explanation: str
    attempt: Attempt


def probe(trial: Trial) -> bool:
    """Send conforming deliveries until one is accepted; return whether one is.

    A refusal that has another reason than a wrong secret or path is recorded as a failed case.
    Raise `CouldNotJudge` if the receiver cannot be reached, or if it may only have another secret.
    """
    first = _try_events(trial)
    if first is None:
        return True
    sender, response = trial.sender, first.response
    if not response.is_connected:
        raise CouldNotJudge(
            f"the receiver cannot be reached: {trial.settings.url}: {response.text}"
        )
    explanation = None if response.status is None else _find_explanation(trial, sender)
    is_told_apart = explanation is None and _tells_apart(trial, sender, first)
    if explanation is None and not is_told_apart and response.status in _MISCONFIGURED:
        raise CouldNotJudge(_sentence(trial, first))
    message = f"a conforming {sender.event.name} got {response.text}"
    if is_told_apart and response.status in _MISCONFIGURED:
        message = f"{message}, and a forged one another response: the secret is not the reason"
    if explanation is not None:
        message = f"{message}, and the receiver accepts {explanation}"
    trial.fail(message, first, expected="2xx")
    return False


def _try_events(trial: Trial) -> SentDelivery | None:
    """Find an event that the receiver accepts, and make it the one of most properties.

    Return None if there is one, else the first delivery of the first event. A receiver may handle
    only one event of the contract. An unsigned one in place of a signed one shows too little.
    """
    is_signed = trial.sender.scheme is not None
    alike = [sender for sender in trial.senders if (sender.scheme is not None) == is_signed]
    first = None
    for sender in alike[: trial.settings.volume.events]:
        try:
            refused = _try_forms(trial, sender)
        except NextProperty:
            raise CouldNotJudge(_LIMITED) from None
        if refused is None:
            others = [other for other in trial.senders if other is not sender]
            trial.senders = [sender, *others]
            return None
        first = first or refused
        if not refused.response.is_refusal:
            break
    return first


def _try_forms(trial: Trial, sender: Sender) -> SentDelivery | None:
    """Use the first form of JSON that is accepted; return the first delivery if none is."""
    first = None
    for words, dumps in _FORMS if sender.is_json else _FORMS[:1]:
        sender.dumps = dumps
        event = sender.new_event()
        sent = trial.send(sender.attempt(event), f"a conforming delivery {words}")
        if sent.response.is_success:
            for other in trial.senders:
                other.dumps = dumps
            return None
        first = first or sent
        if sent.response.status is None:
            break
    return first


def _find_explanation(trial: Trial, sender: Sender) -> str | None:
    """Return what the receiver accepts in place of a conforming delivery, or None."""
    for one in _misreadings(sender):
        if trial.send(one.attempt, one.explanation).response.is_success:
            return one.explanation
    return None


def _misreadings(sender: Sender) -> Iterator[Misreading]:
    scheme = sender.scheme
    if scheme is None:
        return
    event = sender.new_event()
    yield Misreading("one without any signature", sender.attempt(event, ()))
    if not isinstance(scheme, HmacScheme):
        return
    right = dict(sender.signed_headers(event))[scheme.header]
    message = sender.message(event).with_headers(sender.signed_headers(event))
    others = [
        (f"one whose signature is in {other}", replace(scheme, encoding=other).sign(message, s))
        for other in ("hex", "base64")
        if other != scheme.encoding
        for s in (sender.secret,)
    ]
    if scheme.prefix:
        proof = scheme.sign(message, sender.secret)
        others.append((f"one without the prefix {scheme.prefix}", proof[len(scheme.prefix) :]))
    raw = scheme.with_text_key()
    for words, key in alternative_keys(scheme, [sender.secret]):
        text = key.decode("latin-1")
        if text.isascii():
            others.append((f"one for which {words}", raw.sign(message, text)))
    proof = scheme.sign(message, sender.secret)
    for words, value in others:
        signed = tuple(
            (name, right.replace(proof, value) if name == scheme.header else found)
            for name, found in sender.signed_headers(event)
        )
        yield Misreading(words, sender.attempt(event, signed))
    if scheme.has_timestamp:
        late = replace(event, at=event.at * 1000)
        yield Misreading("one whose timestamp is in milliseconds", sender.attempt(late))


def _tells_apart(trial: Trial, sender: Sender, refused: SentDelivery) -> bool:
    """Return whether two forged deliveries get one response, and the conforming one another.

    Then the receiver refuses the conforming delivery for another reason than its signature.
    """
    scheme = sender.scheme
    if scheme is None:
        return False
    answers = set()
    for _ in range(2):
        event = sender.new_event()
        signed = sender.signed_headers(event, (scheme.other_secret(sender.secret),))
        attempt = sender.attempt(event, signed)
        answers.add(_form_of(trial.send(attempt, "a delivery signed with another secret")))
    return len(answers) == 1 and _form_of(refused) not in answers


def _form_of(sent: SentDelivery) -> tuple[int | None, bytes]:
    """Return status and body of a response, without numbers and ids that differ each time."""
    return sent.response.status, _CHANGING.sub(b"#", sent.response.body)


def _sentence(trial: Trial, sent: SentDelivery) -> str:
    status, settings = sent.response.status, trial.settings
    if status in (404, 405):
        return (
            f"the receiver answered {status} to a conforming delivery: "
            f"check the path of {settings.url}, and that the contract has the events of the "
            "receiver"
        )
    if settings.secret is None:
        return (
            f"the receiver answered {status} to an unsigned delivery: pass its secret with "
            "--webhook-secret or HOOKPROOF_WEBHOOK_SECRET"
        )
    return (
        f"the receiver answered {status} to a conforming delivery: check that it has the secret "
        "of --webhook-secret and the signature scheme of the contract"
        f"{_said(sent.response, settings.secrets)}"
    )


def _said(response: Response, secrets: Sequence[str]) -> str:
    """Return the begin of the body as text, for the end of a sentence; empty without a text.

    Some frameworks refuse a delivery before the receiver sees it, and say so.
    """
    text = response.body.decode(errors="replace")
    text = re.sub(r"(?is)<(head|script|style)\b.*?</\1>|<[^>]*>", " ", text)
    words = Redaction(secrets)(" ".join(html.unescape(text).split()))
    shown = "".join(c if c.isprintable() else "\ufffd" for c in words[:_MAX_SHOWN_CHARS])
    return f'; its response: "{shown}"' if shown else ""
