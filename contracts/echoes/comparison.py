"""Comparison of a payload with its request, echo by echo."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contracts.echoes.datetimes import describe_shift, explain_datetime
from contracts.echoes.lists import describe_items_difference, explain_items
from contracts.echoes.text import describe_text_difference, explain_text
from contracts.model.exchange import Exchange
from contracts.model.items import item_views
from openapi.contract import Contract, Event, Json
from openapi.json_pointer import MISSING, get_at
from openapi.runtime_expression import parse_expression
from openapi.schemas.formats import date_time_to_ns
from openapi.schemas.validation import abbreviate, type_name

ValueOwners = Mapping[tuple[str, str], Sequence[int]]
"""Payload pointer and comparable value -> numbers of the requests that sent the value."""


@dataclass(frozen=True, slots=True)
class EchoedValue:
    """Value that the contract declares as an echo."""

    pointer: str
    """Pointer into the payload."""
    sent: Json
    """Value of the exchange; None also if it has none."""
    received: Json
    """Value of the payload; None also if it is missing."""
    note: str
    """Explanation of the difference, such as `cut at 50 characters`; empty if equal."""


def value_owners(contract: Contract, event: Event, exchanges: Iterable[Exchange]) -> ValueOwners:
    """Return which requests sent each value, for the echoes of `event`."""
    found: dict[tuple[str, str], list[int]] = {}
    places = [
        (stated, parse_expression(stated["from"])) for stated in event.trigger.get("echoes", ())
    ]
    owing = (e for e in exchanges if e.request.operation.id == event.operation)
    for exchange in (view for one in owing for view in item_views(contract, one)):
        for stated, expression in places:
            value = exchange.find(expression)
            if _is_distinctive(value):
                key = (stated["to"], _comparison_key(stated["compare"], value))
                found.setdefault(key, []).append(exchange.request.number)
    return found


def _is_distinctive(value: object) -> bool:
    """Return whether a value can identify a request."""
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
    """Return each echo of `event`: the value in `exchange` and the value in `payload`."""
    fields = []
    for stated in event.trigger.get("echoes", ()):
        sent, received = echo_values(stated, exchange, payload)
        why = ""
        if sent is not MISSING and not is_equal_echo(stated["compare"], sent, received):
            why = explain_difference(stated, exchange, sent, received, known)
        stated_value = exchange.find(parse_expression(stated["from"]))
        has_default = sent is not MISSING and sent is not None
        if why and has_default and (stated_value is MISSING or stated_value is None):
            why = f"{why}; {_absence_text(stated_value)} means {abbreviate(sent)}"
        fields.append(
            EchoedValue(
                stated["to"],
                None if stated_value is MISSING else stated_value,
                None if received is MISSING else received,
                why,
            )
        )
    return tuple(fields)


def _absence_text(value: object) -> str:
    return "an absent value" if value is MISSING else "null"


def echo_values(
    stated: Mapping[str, Json], exchange: Exchange, payload: object
) -> tuple[object, object]:
    """Return the sent and the received value of one echo; the default replaces an absent value.

    The sent value is `MISSING` if the exchange has no value and the contract no default.
    """
    sent = exchange.find(parse_expression(stated["from"]))
    if sent is MISSING or sent is None:
        sent = stated.get("default", sent)
    received = get_at(payload, stated["to"])
    if received is MISSING and sent is None:
        received = None
    return sent, received


def is_echo_acceptable(compare: str, sent: object, received: object) -> bool:
    """Return whether `received` echoes `sent`, or is left to `webhook-schema`."""
    if sent is MISSING or received is MISSING:
        return True  # Nothing was sent, or the payload lacks it.
    if None not in (received, sent) and _json_type(received) != _json_type(sent):
        return True
    if compare == "instant" and None not in (received, sent) and date_time_to_ns(received) is None:
        return True
    return is_equal_echo(compare, sent, received)


def _json_type(value: object) -> str:
    """Return the JSON type of `value`; an integer is a number: 19 may be the rest of 19.9."""
    name = type_name(value)
    return "number" if name == "integer" else name


def is_equal_echo(compare: str, sent: object, received: object) -> bool:
    """Return whether `received` equals `sent` in the contract's comparison."""
    if sent is None or received is None or received is MISSING:
        return sent is received
    if compare == "set" and isinstance(sent, list) and isinstance(received, list):
        return _comparison_key("set", sent) == _comparison_key("set", received)
    if compare == "instant" and isinstance(sent, str) and isinstance(received, str):
        meant, moment = date_time_to_ns(sent), date_time_to_ns(received)
        if meant is None or moment is None:
            return sent == received
        # Compare to the millisecond, or to the precision of the payload if that is lower.
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
    """Describe how an echo differs; `known` has all values that the run sent."""
    if received is MISSING or received is None:
        return "missing" if received is MISSING else "null"
    if sent is not None and _json_type(sent) != _json_type(received):
        return f"{type_name(received)} in place of {type_name(sent)}"
    made = "" if sent is None else _known_mistake(stated, sent, received)
    if made:
        return made
    number = exchange.request.number
    place = (stated["to"], _comparison_key(stated["compare"], received))
    others = [other for other in known.get(place, ()) if other != number]
    if others and _is_distinctive(received):
        return f"of request {min(others, key=lambda other: abs(other - number))}"
    return "not sent" if sent is None else _describe_difference(stated, sent, received)


def _known_mistake(stated: Mapping[str, Json], sent: object, received: object) -> str:
    """Return the known mistake that turns `sent` into `received`, or an empty text."""
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
            return "fraction lost"
        return "sign changed" if sent == -received else ""
    return ""


def _describe_difference(stated: Mapping[str, Json], sent: object, received: object) -> str:
    """Describe how `received` differs from `sent` if no known mistake explains it."""
    if isinstance(sent, str) and isinstance(received, str):
        apart = describe_shift(sent, received) if stated["compare"] == "instant" else ""
        return apart or describe_text_difference(sent, received)
    if isinstance(sent, list) and isinstance(received, list):
        return describe_items_difference(sent, received)
    return "different value"
