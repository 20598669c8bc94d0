"""Properties about secrets in responses, and about the time of a comparison."""

import base64
import html
import re

from contracts.receivers.trials.trial import Property, SentDelivery, Trial
from openapi.signatures.generic_hmac import HmacScheme

_MIN_SECRET_CHARS = 6
_STACK_TRACES = (
    re.compile(r"Traceback \(most recent call last\)"),
    re.compile(r"^\s+File \"[^\"]+\", line \d+", re.MULTILINE),
    re.compile(r"^\s*at .+\((?:[^()]*[/\\])?[^()]+\.(?:c|m)?[jt]s:\d+(?::\d+)?\)", re.MULTILINE),
    re.compile(r"^\s*at [\w.$/<>]+\((?:[\w$]+\.(?:java|kt|scala)(?::\d+)?|Native Method)\)", re.M),
    re.compile(r"^\s*at [\w.`<>\[\], ]+\(.*\) in .+\.cs:line \d+", re.MULTILINE),
    re.compile(r"^goroutine \d+ \[", re.MULTILINE),
    re.compile(r"^\s*(?:from )?[^\s:]+\.rb:\d+:in [`']", re.MULTILINE),
    re.compile(r"^#\d+ .+\.php\(\d+\):", re.MULTILINE),
)


def discloses_nothing(trial: Trial) -> None:
    """Search all responses so far for the secret, right signatures and stack traces."""
    secrets = _forms_of_secret(trial)
    found: dict[str, SentDelivery] = {}
    for sent in trial.deliveries:
        for words in _disclosed(sent, secrets):
            found.setdefault(words, sent)
    for words, sent in found.items():
        message = f"the response to {sent.description} shows {words}"
        trial.fail(message, sent, expected="nothing of it")
    if not found:
        trial.passed(None)


def _disclosed(sent: SentDelivery, secrets: set[str]) -> list[str]:
    lines = [f"{name}: {value}" for name, value in sent.response.headers]
    body = sent.response.body.decode("latin-1")
    text = "\n".join([*lines, "", body])
    words = []
    if any(secret in text for secret in secrets):
        words.append("the webhook secret")
    proofs = {part for part in re.split(r"[\s,;]|(?<=\d)=|:", sent.signature) if len(part) > 15}
    own = "\n".join(value for _, value in sent.attempt.headers)
    if any(proof in text and proof not in own for proof in proofs):
        words.append("the signature that would be right")
    # Express shows a trace in HTML, with <br> and &nbsp; in place of line breaks and spaces.
    plain = html.unescape(re.sub(r"<br\s*/?>", "\n", body))
    if any(pattern.search(one) for pattern in _STACK_TRACES for one in (body, plain)):
        words.append("a stack trace")
    return words


def _forms_of_secret(trial: Trial) -> set[str]:
    """Return the secret and its key in the encodings in which a response may show them."""
    sender = trial.sender
    if not sender.secret:
        return set()
    keys = {sender.secret.encode(errors="surrogateescape")}
    if isinstance(sender.scheme, HmacScheme):
        keys.add(sender.scheme.decode_secret(sender.secret))
    texts = {sender.secret, re.sub("^[a-z]{1,8}_", "", sender.secret)}
    for key in keys:
        texts |= {key.hex(), base64.b64encode(key).decode(), key.decode("latin-1")}
    return {text for text in texts if len(text) >= _MIN_SECRET_CHARS}


def compares_in_constant_time(trial: Trial) -> None:
    """Nothing to send: the noise of a network hides the difference."""
    trial.undecided("the time of a comparison cannot be judged from outside")


DISCLOSURE = (
    Property(
        "receiver-disclosure",
        "No response shows the secret, a right signature or a stack trace.",
        "nothing of it in header fields and body",
        "OWASP Top 10, security misconfiguration",
        "violation",
        "webhook",
        discloses_nothing,
    ),
    Property(
        "receiver-constant-time",
        "Signatures are compared in constant time.",
        "never decided",
        "Standard Webhooks, verifying webhook authenticity",
        "warning",
        "signature",
        compares_in_constant_time,
        ("scheme",),
    ),
)
