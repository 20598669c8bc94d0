"""Properties about payloads that the receiver may not expect, all validly signed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from contracts.generators.invalid_values import chosen_values, invalid_values
from contracts.receivers.trials.client import Attempt
from contracts.receivers.trials.sender import NEW_PROPERTY, NewEvent, Sender, documented_statuses
from contracts.receivers.trials.trial import Property, Trial
from openapi.contract import Json
from openapi.json_pointer import MISSING, get_at, set_at, walk_values
from openapi.statuses.documented import nearest_key


def handles_unknown_event(trial: Trial) -> None:
    """Send an event of a name that the contract does not have."""
    sender = trial.sender
    attempt = unknown_event(sender)
    if attempt is None:
        trial.not_exercised("nothing in a delivery names its event")
        return
    sent = trial.send(attempt, "an event with an unknown name")
    status = sent.response.status
    documented = documented_statuses(sender.contract, sender.event)
    if sent.response.is_success:
        trial.passed(sent)
    elif status is not None and sent.response.is_refusal:
        if nearest_key([key for key in documented if key != "default"], status):
            trial.passed(sent)
        else:
            message = f"an event with an unknown name got {status}, which is not documented"
            trial.fail(message, sent, severity="warning", expected="2xx")
    else:
        message = f"an event with an unknown name got {sent.response.text}"
        trial.fail(message, sent, expected="2xx, or a documented 4xx")
    _still_answers(trial, "an event with an unknown name")


def _still_answers(trial: Trial, words: str) -> None:
    """Send a conforming delivery: what came before may have ended the receiver's process."""
    event = trial.sender.new_event()
    trial.accept(event, trial.sender.attempt(event), f"a conforming delivery after {words}")


def unknown_event(sender: Sender, secret: str | None = None) -> Attempt | None:
    """Return the request of an event with another name, or None if none is named.

    It is signed with `secret`, without one with that of the run.
    """
    names = sender.event.names
    if not names:
        return None
    changed = f"{names[0].values[0]}.unknown"
    in_headers = [n.source.where.lower() for n in names if n.source.part == "header"]

    def rename(payload: Json) -> Json:
        for name in names:
            if name.source.in_request_body and get_at(payload, name.source.where) is not MISSING:
                set_at(payload, name.source.where, changed)
        return payload

    event = sender.new_event(change=rename)
    secrets = None if secret is None else (secret,)
    attempt = sender.attempt(event, sender.signed_headers(event, secrets))
    headers = tuple((n, changed if n.lower() in in_headers else v) for n, v in attempt.headers)
    return replace(attempt, headers=headers)


def accepts_unknown_property(trial: Trial) -> None:
    """Add a property to the payload, if the contract allows more than it names."""
    sender = trial.sender
    changed = sender.with_property({"added": True})
    if changed is None:
        trial.not_exercised("the schema of the payload allows no additional property")
        return
    trial.accept(changed, sender.attempt(changed), "a payload with an unknown property")


def survives_invalid_payload(trial: Trial) -> None:
    """Break the schema of the payload, one keyword after the other."""
    sender = trial.sender
    base = sender.new_event().payload
    found = list(invalid_values(sender.contract, sender.event.schema, base))
    if not found:
        trial.not_exercised("the schema of the payload allows every value")
    for one in chosen_values(found, trial.settings.volume.invalid_payloads):
        event = sender.with_payload(sender.new_event(), one.value)
        description = f"a validly signed payload that breaks the schema ({one.description})"
        trial.survive(sender.attempt(event), description)
    if found:
        _still_answers(trial, "payloads that break the schema")


def survives_malformed_body(trial: Trial) -> None:
    """Send bodies that parsers trip over."""
    sender = trial.sender
    for words, change in _malformed(sender):
        event = sender.new_event()
        body = change(event)
        attempt = sender.signed_attempt(event, body)
        trial.survive(attempt, f"a validly signed body with {words}")
    _still_answers(trial, "malformed bodies")


def _malformed(sender: Sender) -> Iterator[tuple[str, Callable[[NewEvent], bytes]]]:
    yield "text that is not JSON", lambda _: b"this is not JSON"
    yield "no bytes", lambda _: b""
    yield "half of its JSON", lambda event: event.body[: len(event.body) // 2]
    yield "an array in place of an object", lambda event: b"[" + event.body + b"]"
    yield "null in place of an object", lambda _: b"null"
    yield "3,000 nested arrays", lambda event: _added(event, "[" * 3000 + "]" * 3000)
    yield "20,000 nested arrays", lambda event: _added(event, "[" * 20_000 + "]" * 20_000)
    yield "a huge number", lambda event: _added(event, "1e400")
    yield "a NUL character", lambda event: _added(event, '"\\u0000"')
    yield "half of a surrogate pair", lambda event: _added(event, '"\\ud800"')
    yield "NUL characters in its texts", lambda event: _in_texts(sender, event, "\0")
    yield "half a surrogate pair in its texts", lambda event: _in_texts(sender, event, "\ud800")
    yield "bytes that are not UTF-8", lambda event: event.body[:-1] + b"\xff\xfe" + event.body[-1:]


def _added(event: NewEvent, text: str) -> bytes:
    """Return the JSON of an event with one more property, whose value is `text`."""
    if not event.body.endswith(b"}"):
        return text.encode()
    return event.body[:-1] + f',"{NEW_PROPERTY}":{text}}}'.encode()


def _in_texts(sender: Sender, event: NewEvent, character: str) -> bytes:
    """Return the JSON of an event with `character` at the end of each text that may have any."""
    payload = json.loads(json.dumps(event.payload))
    schema = sender.contract.schema(sender.event.schema)
    for pointer, value in list(walk_values(payload)):
        if isinstance(value, str) and pointer and pointer != sender.event.name_pointer:
            set_at(payload, pointer, value + character)
            if not schema.is_valid(payload):
                set_at(payload, pointer, value)
    return json.dumps(payload).encode()


def refuses_body_in_a_string(trial: Trial) -> None:
    """Send a JSON string that contains the JSON: the sender encoded it twice."""
    sender = trial.sender
    event = sender.new_event()
    body = json.dumps(event.body.decode(errors="replace")).encode()
    attempt = sender.signed_attempt(event, body)
    _warn_if_accepted(trial, attempt, "a payload that was encoded twice, as a string of JSON,")


def refuses_other_media_type(trial: Trial) -> None:
    """Announce a form, and send JSON."""
    sender = trial.sender
    event: Any = sender.new_event()
    attempt = sender.attempt(event)
    headers = tuple(
        (n, "application/x-www-form-urlencoded" if n.lower() == "content-type" else v)
        for n, v in attempt.headers
    )
    words = "JSON with the Content-Type of a form"
    _warn_if_accepted(trial, replace(attempt, headers=headers), words)


def _warn_if_accepted(trial: Trial, attempt: Attempt, words: str) -> None:
    sent = trial.send(attempt, words)
    if sent.response.is_refusal:
        trial.passed(sent)
    elif sent.response.is_success:
        message = f"{words} was accepted with {sent.response.text}"
        trial.fail(message, sent, severity="warning", expected="4xx")
    else:
        trial.fail(f"{words} got {sent.response.text}", sent, expected="4xx")


CONTENT = (
    Property(
        "receiver-unknown-event",
        "An event of an unknown name is accepted, or refused as documented.",
        "2xx or a documented 4xx; another 4xx is a warning",
        "GitHub, best practices for using webhooks",
        "violation",
        "webhook",
        handles_unknown_event,
    ),
    Property(
        "receiver-unknown-property",
        "A payload with an unknown property is accepted.",
        "2xx",
        "the contract: its schema allows additional properties",
        "violation",
        "webhook",
        accepts_unknown_property,
        ("json",),
    ),
    Property(
        "receiver-invalid-payload",
        "A payload that breaks the schema is no error of the receiver.",
        "2xx or 4xx",
        "RFC 9110, section 15.6: 5xx is an error of the server",
        "violation",
        "webhook",
        survives_invalid_payload,
        ("json",),
    ),
    Property(
        "receiver-malformed-body",
        "A body that is no proper JSON is no error of the receiver.",
        "2xx or 4xx",
        "RFC 9110, section 15.6: 5xx is an error of the server",
        "violation",
        "webhook",
        survives_malformed_body,
        ("json",),
    ),
    Property(
        "receiver-body-in-string",
        "A payload that was encoded twice is refused.",
        "4xx; 2xx is a warning",
        "the contract: the payload is not a string",
        "violation",
        "webhook",
        refuses_body_in_a_string,
        ("json",),
    ),
    Property(
        "receiver-media-type",
        "A payload with the Content-Type of a form is refused.",
        "4xx; 2xx is a warning",
        "RFC 9110, section 15.5.16: 415 Unsupported Media Type",
        "violation",
        "webhook",
        refuses_other_media_type,
        ("json",),
    ),
)
