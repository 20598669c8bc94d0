"""Comparison of a payload with its request, echo by echo."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contracts.echoes.datetimes import describe_shift, explain_datetime
from contracts.echoes.lists import describe_items_difference, explain_items
from contracts.echoes.text import describe_text_difference, explain_text
from contracts.model.exchange import Exchange
from openapi.contract import Event, Json
from openapi.formats import date_time_to_ns
from openapi.json_pointer import MISSING, get_at
from openapi.runtime_expression import parse_expression
from openapi.schema_validation import abbreviate, type_name

ValueOwners = Mapping[tuple[str, str], Sequence[int]]
"""Place in the payload and what should stand there -> the requests that had sent it."""


@dataclass(frozen=True, slots=True)
class EchoedValue:
    """One value that the contract says is echoed."""

    pointer: str
    """Where it stands in the payload."""
    sent: Json
    """What the request says, or what an absent value means; None also where nothing was said."""
    received: Json
    """What the payload says; None also where it says nothing."""
    note: str
    """What happened on the way, such as `cut at 50 characters`; empty if they are equal."""


def value_owners(event: Event, exchanges: Iterable[Exchange]) -> ValueOwners:
    """Return who had sent what, for the echoes of `event`."""
    found: dict[tuple[str, str], list[int]] = {}
    places = [
        (stated, parse_expression(stated["from"])) for stated in event.trigger.get("echoes", ())
    ]
    for exchange in exchanges:
        if exchange.request.operation.id != event.trigger["operation"]:
            continue
        for stated, expression in places:
            value = exchange.find(expression)
            if _is_distinctive(value):
                key = (stated["to"], _comparison_key(stated["compare"], value))
                found.setdefault(key, []).append(exchange.request.number)
    return found


def _is_distinctive(value: object) -> bool:
    """Say whether a value can tell requests apart at all."""
    return (
        value is not MISSING and value is not None and not isinstance(value, bool) and value != []
    )


def _comparison_key(compare: str, value: object) -> str:
    if compare == "instant":
        moment = date_time_to_ns(value)
        return abbreviate(value, 10**6) if moment is None else str(moment // 10**6)
    if compare == "set" and isinstance(value, list):
        return str(sorted({abbreviate(item, 10**6) for item in value}))
    return abbreviate(value, 10**6)


def compare_echoes(
    event: Event, exchange: Exchange, payload: object, known: ValueOwners
) -> tuple[EchoedValue, ...]:
    """Return each echo of `event` as `exchange` sent it and as `payload` tells it."""
    fields = []
    for stated in event.trigger.get("echoes", ()):
        sent, received = echo_values(stated, exchange, payload)
        why = ""
        if sent is not MISSING and not is_equal_echo(stated["compare"], sent, received):
            why = explain_difference(stated, exchange, sent, received, known)
        fields.append(
            EchoedValue(
                stated["to"],
                None if sent is MISSING else sent,
                None if received is MISSING else received,
                why,
            )
        )
    return tuple(fields)


def echo_values(
    stated: Mapping[str, Json], exchange: Exchange, payload: object
) -> tuple[object, object]:
    """Return what was sent for one echo, and what came; absent values count as what they mean.

    What was sent is `MISSING` where the exchange says nothing, nor the contract what that means.
    """
    sent = exchange.find(parse_expression(stated["from"]))
    if sent is MISSING or sent is None:
        sent = stated.get("default", sent)
    received = get_at(payload, stated["to"])
    if received is MISSING and sent is None:
        received = None
    return sent, received


def is_echo_acceptable(compare: str, sent: object, received: object) -> bool:
    """Say whether `received` echoes `sent`, or breaks its schema, which another check judges."""
    if sent is MISSING or received is MISSING:
        return True  # Nothing was sent, or the payload lacks it.
    if None not in (received, sent) and type_name(received) != type_name(sent):
        return True
    if compare == "instant" and None not in (received, sent) and date_time_to_ns(received) is None:
        return True
    return is_equal_echo(compare, sent, received)


def is_equal_echo(compare: str, sent: object, received: object) -> bool:
    """Say whether `received` echoes `sent`, compared as the contract says."""
    if sent is None or received is None or received is MISSING:
        return sent is received
    if compare == "set" and isinstance(sent, list) and isinstance(received, list):
        return _comparison_key("set", sent) == _comparison_key("set", received)
    if compare == "instant" and isinstance(sent, str) and isinstance(received, str):
        meant, moment = date_time_to_ns(sent), date_time_to_ns(received)
        if meant is None or moment is None:
            return sent == received
        # To the millisecond, or as precise as the payload writes its dates where that is less.
        digits = len(re.sub(r"^[^.]*\.?(\d*).*$", r"\1", received))
        precision = 10 ** (9 - min(digits, 3)) if meant % 10**9 else 10**6
        return abs(meant - moment) < precision
    return isinstance(sent, bool) == isinstance(received, bool) and sent == received


def explain_difference(
    stated: Mapping[str, Json],
    exchange: Exchange,
    sent: object,
    received: object,
    known: ValueOwners,
) -> str:
    """Say what happened to a value that did not come back; `known` are all that were sent."""
    if received is MISSING or received is None:
        return "missing" if received is MISSING else "null"
    if sent is not None and type_name(sent) != type_name(received):
        return f"{type_name(received)} in place of {type_name(sent)}"
    made = "" if sent is None else _known_mistake(stated, sent, received)
    if made:
        return made
    number = exchange.request.number
    place = (stated["to"], _comparison_key(stated["compare"], received))
    others = [other for other in known.get(place, ()) if other != number]
    if others and _is_distinctive(received):
        return f"of request {min(others, key=lambda other: abs(other - number))}"
    return "not sent at all" if sent is None else _describe_difference(stated, sent, received)


def _known_mistake(stated: Mapping[str, Json], sent: object, received: object) -> str:
    """Say which known mistake makes `received` of `sent`, or nothing."""
    if isinstance(sent, bool):
        fallen_back = "default" in stated and received == stated["default"]
        return "the default for an absent value" if fallen_back else "inverted"
    if isinstance(sent, str) and isinstance(received, str):
        return (explain_datetime if stated["compare"] == "instant" else explain_text)(
            sent, received
        )
    if isinstance(sent, list) and isinstance(received, list):
        return explain_items(sent, received)
    if isinstance(sent, int | float) and isinstance(received, int | float):
        if int(sent) == received:
            return "its fraction lost"
        return "its sign changed" if sent == -received else ""
    return ""


def _describe_difference(stated: Mapping[str, Json], sent: object, received: object) -> str:
    """Say how `received` differs from `sent`, where nothing known explains it."""
    if isinstance(sent, str) and isinstance(received, str):
        apart = describe_shift(sent, received) if stated["compare"] == "instant" else ""
        return apart or describe_text_difference(sent, received)
    if isinstance(sent, list) and isinstance(received, list):
        return describe_items_difference(sent, received)
    return "another value"
