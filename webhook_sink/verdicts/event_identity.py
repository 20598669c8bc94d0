"""Identity and time of a delivery's event, to relate deliveries to each other.

A verdict is about one delivery alone. Attempts of one event and deliveries out of order concern
several; these facts tell them.
"""

import hashlib
import json

from openapi.formats import date_time_to_ns
from openapi.json_pointer import MISSING, get_at
from webhook_sink.delivery import Delivery
from webhook_sink.verdicts.verdict import Verdict


def event_key(delivery: Delivery, verdict: Verdict) -> bytes:
    """Return 32 bytes that are the same for two deliveries of one event, and differ otherwise.

    An event is known by its name and the signed identity in its headers where the contract has
    one, otherwise by its name and the values that the contract calls unique; and by the path,
    behind which another receiver may stand. Where nothing tells, by method, target and body:
    then what is sent again byte for byte is the same event.
    """
    known = _event_identity(delivery, verdict)
    if known is None:
        known = [delivery.method, delivery.target, hashlib.sha256(delivery.body).hexdigest()]
    else:
        known.append(delivery.target.partition("?")[0])
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).digest()


def _event_identity(delivery: Delivery, verdict: Verdict) -> list[object] | None:
    event = verdict.event
    if event is None:
        return None
    header = event.signature.id_header if event.signature else None
    stamped = delivery.header_values(header) if header else ()
    if len(stamped) == 1 and stamped[0]:
        return [event.name, stamped[0].decode("latin-1")]
    found = [
        get_at(verdict.payload, unique["pointer"]) for unique in event.trigger.get("unique", ())
    ]
    values = [None if value is MISSING else _identity_text(value) for value in found]
    return [event.name, values] if any(value is not None for value in values) else None


def _identity_text(value: object) -> str | None:
    """Return a value as text, or None where it identifies nothing."""
    try:
        return None if value is None else json.dumps(value, sort_keys=True)
    except RecursionError:
        return None


def occurred_at(verdict: Verdict) -> float | None:
    """Return when the event happened, in Unix seconds, by the place that the contract names.

    None where the event is unknown, the contract names no place, or no date-time stands there.
    """
    place = verdict.event.trigger.get("occurred-at") if verdict.event else None
    moment = None if place is None else date_time_to_ns(get_at(verdict.payload, place))
    return None if moment is None else moment / 1e9
