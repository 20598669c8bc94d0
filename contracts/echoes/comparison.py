"""A payload beside its request: each value that should come back, as it went and as it came."""

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
    came: Json
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
        sent, came = echo_values(stated, exchange, payload)
        why = ""
        if sent is not MISSING and not is_equal_echo(stated["compare"], sent, came):
            why = explain_difference(stated, exchange, sent, came, known)
        fields.append(
            EchoedValue(
                stated["to"],
                None if sent is MISSING else sent,
                None if came is MISSING else came,
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
    came = get_at(payload, stated["to"])
    if came is MISSING and sent is None:
        came = None
    return sent, came


def is_echo_acceptable(compare: str, sent: object, came: object) -> bool:
    """Say whether `came` echoes `sent`, or cannot because of what its schema alone must judge."""
    if sent is MISSING or came is MISSING:
        return True  # Nothing was said, or what came lacks it.
    if None not in (came, sent) and type_name(came) != type_name(sent):
        return True
    if compare == "instant" and None not in (came, sent) and date_time_to_ns(came) is None:
        return True
    return is_equal_echo(compare, sent, came)


def is_equal_echo(compare: str, sent: object, came: object) -> bool:
    """Say whether `came` echoes `sent`, compared as the contract says."""
    if sent is None or came is None or came is MISSING:
        return sent is came
    if compare == "set" and isinstance(sent, list) and isinstance(came, list):
        return _comparison_key("set", sent) == _comparison_key("set", came)
    if compare == "instant" and isinstance(sent, str) and isinstance(came, str):
        meant, moment = date_time_to_ns(sent), date_time_to_ns(came)
        if meant is None or moment is None:
            return sent == came
        # To the millisecond, or as precise as the payload writes its dates where that is less.
        digits = len(re.sub(r"^[^.]*\.?(\d*).*$", r"\1", came))
        precision = 10 ** (9 - min(digits, 3)) if meant % 10**9 else 10**6
        return abs(meant - moment) < precision
    return isinstance(sent, bool) == isinstance(came, bool) and sent == came


def explain_difference(
    stated: Mapping[str, Json], exchange: Exchange, sent: object, came: object, known: ValueOwners
) -> str:
    """Say what happened to a value that did not come back; `known` are all that were sent."""
    if came is MISSING or came is None:
        return "missing" if came is MISSING else "null"
    if sent is not None and type_name(sent) != type_name(came):
        return f"{type_name(came)} in place of {type_name(sent)}"
    made = "" if sent is None else _known_mistake(stated, sent, came)
    if made:
        return made
    number = exchange.request.number
    place = (stated["to"], _comparison_key(stated["compare"], came))
    others = [other for other in known.get(place, ()) if other != number]
    if others and _is_distinctive(came):
        return f"of request {min(others, key=lambda other: abs(other - number))}"
    return "not sent at all" if sent is None else _describe_difference(stated, sent, came)


def _known_mistake(stated: Mapping[str, Json], sent: object, came: object) -> str:
    """Say which known mistake makes `came` of `sent`, or nothing."""
    if isinstance(sent, bool):
        fallen_back = "default" in stated and came == stated["default"]
        return "the default for an absent value" if fallen_back else "inverted"
    if isinstance(sent, str) and isinstance(came, str):
        return (explain_datetime if stated["compare"] == "instant" else explain_text)(sent, came)
    if isinstance(sent, list) and isinstance(came, list):
        return explain_items(sent, came)
    if isinstance(sent, int | float) and isinstance(came, int | float):
        if int(sent) == came:
            return "its fraction lost"
        return "its sign changed" if sent == -came else ""
    return ""


def _describe_difference(stated: Mapping[str, Json], sent: object, came: object) -> str:
    """Say how `came` differs from `sent`, where nothing known explains it."""
    if isinstance(sent, str) and isinstance(came, str):
        apart = describe_shift(sent, came) if stated["compare"] == "instant" else ""
        return apart or describe_text_difference(sent, came)
    if isinstance(sent, list) and isinstance(came, list):
        return describe_items_difference(sent, came)
    return "another value"
