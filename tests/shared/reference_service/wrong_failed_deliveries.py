"""Deviations of deliveries that failed: what a failure, or an unusual success, does to others."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from reference_service import webhook_sender
from reference_service.behaviour import (
    Behaviour,
    Change,
    Delivery,
    Issued,
    PlannedEvents,
    ReceiverReply,
    Secrets,
    adding,
    setting,
)
from reference_service.deviation import Deviation

_ONCE: Final = "one event for each 201 (implied: created)"
_SAME: Final = "a retry sends the same event with a valid signature (docs)"
_FOREVER_S: Final = 3600.0
_SHORT_S: Final = 0.4  # a connection that lasted longer was silent


def _wrong(mistake: str, fact: str, change: Change) -> Deviation:
    return Deviation("webhooks", mistake, fact, change)


def _silenced(by: Callable[[ReceiverReply], bool], seconds: float = _FOREVER_S) -> Change:
    """Send nothing for some time after a reply."""
    return setting(pause=lambda reply: seconds if by(reply) else 0.0)


def _lost_at_once(reply: ReceiverReply) -> bool:
    return reply.status is None and reply.seconds < _SHORT_S


def _timed_out(reply: ReceiverReply) -> bool:
    return reply.status is None and reply.seconds >= _SHORT_S


def _created_again(by: Callable[[ReceiverReply], bool]) -> Change:
    """Send another event with a new id after a reply."""

    def twin(reply: ReceiverReply, issued: Issued) -> PlannedEvents:
        # An event of a further job has a number below zero, so that it has no further one.
        again = replace(issued, ident=str(uuid.uuid4()), number=-1)
        return ((0.1, again),) if by(reply) and issued.number >= 0 else ()

    return setting(twin=twin)


def _sealed(document: Any, made: Delivery, secrets: Secrets) -> Delivery:
    body = webhook_sender.pack(document)
    sealed = replace(made, body=body)
    return sealed.with_header("Webhook-Signature", webhook_sender.sign(body, secrets))


def _another_id(by: Callable[[ReceiverReply], bool]) -> Change:
    def after(reply: ReceiverReply, issued: Issued, made: Delivery, secrets: Secrets) -> Delivery:
        document = json.loads(made.body)
        document["data"]["id"] = str(uuid.uuid4())
        return _sealed(document, made, secrets) if by(reply) else made

    return adding("after", after)


def _without_signature(by: Callable[[ReceiverReply], bool]) -> Change:
    def after(reply: ReceiverReply, issued: Issued, made: Delivery, secrets: Secrets) -> Delivery:
        kept = tuple(pair for pair in made.headers if pair[0] != "Webhook-Signature")
        return replace(made, headers=kept) if by(reply) else made

    return adding("after", after)


def _overwritten(behaviour: Behaviour) -> Behaviour:
    """Keep the name of an event in one variable, which the next event overwrites."""
    latest: list[str] = [""]

    def note(issued: Issued, document: Any) -> Any:
        latest[0] = issued.spec.name
        return document

    def again(issued: Issued, made: Delivery, secrets: Secrets) -> Delivery:
        document = json.loads(made.body)
        document["data"]["name"] = latest[0]
        return _sealed(document, made, secrets)

    return adding("again", again)(adding("payloads", note)(behaviour))


FAILED_DELIVERIES: Final[dict[str, Deviation]] = {
    "delivery-400-ends-subscription": _wrong(
        "A 4xx of the receiver disables its subscription.",
        _ONCE,
        _silenced(lambda reply: reply.status is not None and 400 <= reply.status < 429),
    ),
    "delivery-503-opens-circuit": _wrong(
        "A 503 opens the circuit breaker for a minute.",
        _ONCE,
        _silenced(lambda reply: reply.status == 503, 60.0),
    ),
    "delivery-429-waits-in-minutes": _wrong(
        "The dispatcher waits for Retry-After, which it reads in minutes.",
        _ONCE,
        setting(pause=lambda reply: 60 * reply.retry_after),
    ),
    "delivery-reset-ends-worker": _wrong(
        "A lost connection raises an exception that ends the worker.",
        _ONCE,
        _silenced(_lost_at_once),
    ),
    "delivery-timeout-ends-worker": _wrong(
        "The worker catches no time-out of a receiver, and ends.", _ONCE, _silenced(_timed_out)
    ),
    "delivery-202-is-failure": _wrong(
        "Only 200 is a success: after a 202 the job runs again.",
        _ONCE,
        _created_again(lambda reply: reply.status == 202),
    ),
    "delivery-204-is-failure": _wrong(
        "The reply is parsed as JSON: after an empty 204 the job fails and runs again.",
        _ONCE,
        _created_again(lambda reply: reply.status == 204),
    ),
    "delivery-retry-of-next-event": _wrong(
        "A retry takes the name from a variable that the next event has overwritten.",
        _SAME,
        _overwritten,
    ),
    "delivery-retry-after-timeout-other-id": _wrong(
        "After a time-out the job is queued again, which creates another id.",
        _SAME,
        _another_id(_timed_out),
    ),
    "delivery-retry-after-429-unsigned": _wrong(
        "The queue for throttled deliveries does not sign.",
        _SAME,
        _without_signature(lambda reply: reply.status == 429),
    ),
    "delivery-retry-after-503-other-id": _wrong(
        "The fallback for an unavailable receiver creates the event again.",
        _SAME,
        _another_id(lambda reply: reply.status == 503),
    ),
}
