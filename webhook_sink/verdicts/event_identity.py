"""Event identity and event time of a delivery. Pure.

The index uses them to find attempts of one event and deliveries out of order.
"""

import hashlib
import json

from openapi.json_pointer import MISSING, get_at
from openapi.schemas.formats import date_time_to_ns
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.verdict import Verdict


def event_key(delivery: Delivery, verdict: Verdict) -> bytes:
    """Return 32 bytes that are equal for two deliveries of one event, and differ otherwise.

    The key covers the path, the name of the event, and its signed id header if the contract has
    one, otherwise the values that the contract declares unique. Without any of these it covers
    method, target and body, so that only a byte-for-byte retry is the same event.
    """
    identity = _event_identity(delivery, verdict)
    if identity is None:
        identity = [delivery.method, delivery.target, hashlib.sha256(delivery.body).hexdigest()]
    else:
        identity.append(delivery.target.partition("?")[0])
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).digest()


def _event_identity(delivery: Delivery, verdict: Verdict) -> list[object] | None:
    event = verdict.event
    if event is None:
        return None
    header = event.signature.id_header if event.signature else None
    ids = delivery.header_values(header) if header else ()
    if len(ids) == 1 and ids[0]:
        return [event.name, ids[0].decode("latin-1")]
    found = [
        get_at(verdict.payload, unique["pointer"]) for unique in event.trigger.get("unique", ())
    ]
    values = [None if value is MISSING else _identity_text(value) for value in found]
    return [event.name, values] if any(value is not None for value in values) else None


def _identity_text(value: object) -> str | None:
    """Return a value as text, or None if it identifies nothing."""
    try:
        return None if value is None else json.dumps(value, sort_keys=True)
    except RecursionError:
        return None


def occurred_at(verdict: Verdict) -> float | None:
    """Return the time of the event, in Unix seconds, by `occurred-at` of the contract.

    Return None for an unknown event, without `occurred-at`, or without a date-time there.
    """
    pointer = verdict.event.trigger.get("occurred-at") if verdict.event else None
    time_ns = None if pointer is None else date_time_to_ns(get_at(verdict.payload, pointer))
    return None if time_ns is None else time_ns / 1e9
