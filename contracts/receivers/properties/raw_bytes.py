"""Properties about bytes: the signature covers the raw body, not the JSON that it contains."""

import json
import re
from collections.abc import Iterator
from typing import Any

from contracts.receivers.properties.forgeries import right_signature
from contracts.receivers.trials.sender import NewEvent, Sender, dump_compact, dump_spaced
from contracts.receivers.trials.trial import Property, Severity, Trial
from openapi.contract import Json

Form = tuple[str, bytes]
"""Words for other bytes of the same JSON, and the bytes."""
FLOAT_FORM = "1.0 for 1"


def accepts_any_json(trial: Trial) -> None:
    """Sign unusual bytes of valid JSON."""
    sender = trial.sender
    for words, event, body in _events_in_forms(sender):
        severity: Severity = "warning" if words == FLOAT_FORM else "violation"
        trial.accept(
            event,
            sender.signed_attempt(event, body),
            f"a validly signed delivery whose JSON has {words}",
            severity=severity,
            hint=", while the usual form is accepted: check the signature over the raw bytes",
        )


def refuses_other_bytes(trial: Trial) -> None:
    """Send other bytes of the same JSON under the signature of the usual ones."""
    sender = trial.sender
    for words, event, body in _events_in_forms(sender):
        attempt = sender.attempt(event, sender.signed_headers(event), body=body)
        right = right_signature(sender, event, body)
        description = f"a delivery whose JSON was written with {words} after signing"
        trial.refuse(attempt, description, right)


def _events_in_forms(sender: Sender) -> Iterator[tuple[str, NewEvent, bytes]]:
    """Yield a new event for each other form of its JSON: words, event and bytes."""
    for words in [words for words, _ in json_forms(sender.new_event().payload)]:
        event = sender.new_event()
        body = dict(json_forms(event.payload)).get(words)
        if body is not None and body != event.body:
            yield words, event, body


def json_forms(value: Json) -> Iterator[Form]:
    """Yield other bytes of the same JSON."""
    compact = dump_compact(value)
    yield "no spaces", compact
    yield "spaces after commas and colons", dump_spaced(value)
    yield "line breaks and indentation", json.dumps(value, indent=2, ensure_ascii=False).encode()
    if isinstance(value, dict) and len(value) > 1:
        yield "properties in another order", dump_compact(_reversed(value))
    text = compact.decode()
    escaped = re.sub(r'(:")([a-zA-Z])', lambda m: f"{m[1]}\\u{ord(m[2]):04x}", text, count=1)
    yield r"a character written as \u00XX", escaped.encode()
    if "/" in text:
        yield r"/ written as \/", text.replace("/", r"\/").encode()
    number = re.search(r"(?<=[:,\[])(-?\d+)(?=[,}\]])", text)
    if number:
        yield FLOAT_FORM, f"{text[: number.end()]}.0{text[number.end() :]}".encode()
    yield "a line break at its end", compact + b"\n"


def _reversed(value: Json) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


RAW_BYTES = (
    Property(
        "receiver-json-form",
        "A validly signed delivery is accepted whatever its JSON looks like.",
        "2xx; a warning if only 1.0 in place of 1 is refused",
        "stripe/stripe-node, issue 1390; fastify/fastify, issue 5491",
        "violation",
        "signature",
        accepts_any_json,
        ("scheme", "json"),
    ),
    Property(
        "receiver-other-bytes",
        "Other bytes of the same JSON under the old signature are refused.",
        "4xx",
        "stripe/stripe-node, issue 1390: the signature covers the raw bytes",
        "violation",
        "signature",
        refuses_other_bytes,
        ("scheme", "json"),
    ),
)
