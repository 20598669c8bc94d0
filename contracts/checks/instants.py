"""Checks of the dates that an event states about itself, on the clock of the service."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from statistics import median

from contracts.checks.events import triggered_events
from contracts.expectations.ambiguity import has_unused_name
from contracts.judgement import Judgement, failed, passed
from contracts.ledger.ledger import JudgedDelivery, Ledger
from contracts.model.correlators import property_schema
from contracts.model.exchange import Exchange, Request
from openapi.contract import Event
from openapi.json_pointer import get_at, is_array_index, join_pointer, walk_values
from openapi.schemas.formats import date_time_to_ns, parse_http_date

CLOCK_TOLERANCE_S = 600.0
"""Difference between two clocks of one service that is no fault."""
_SAME_CLOCK_S = 60.0
"""Maximum difference between dates that one wrong clock explains."""
_ORDER_TOLERANCE_S = 5.0
"""Time by which a change may precede the creation: two hosts may write the dates."""
_ZONE_STEP_S, _DAY_S = 900.0, 86_400.0
"""Step of the UTC offsets of time zones, and a day."""
_FRACTION = re.compile(r"\.(\d+)")
_FRACTION_BYTES = re.compile(rb"\.(\d+)")
_CREATED = re.compile(r"create", re.IGNORECASE)
_CHANGED = re.compile(r"update|modif|change", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _StatedDate:
    """Date that an event states at a place where the contract expects the time of the event."""

    event: Event
    exchange: Exchange
    item: JudgedDelivery
    place: str
    text: str
    moment: float
    """Unix seconds."""


def time(ledger: Ledger) -> Iterator[Judgement]:
    """The time of an event lies between its request and its delivery; no change precedes it."""
    stated = list(_stated_dates(ledger))
    ahead = _clock_difference(ledger, stated)
    severity = "warning" if _is_wrong_clock(stated, ahead) else None
    possible = []
    for one in stated:
        earliest = one.exchange.started + ahead - CLOCK_TOLERANCE_S
        latest = one.item.delivery.received_at + ahead + CLOCK_TOLERANCE_S
        if earliest <= one.moment <= latest:
            yield passed(_trigger(one.event), one.exchange.request.number)
            possible.append(one)
            continue
        gap = one.moment - one.exchange.ended - ahead
        # Not the exact gap: the size in hours is the same in every delivery.
        side = f"{_duration(abs(gap))} {'after' if gap > 0 else 'before'}"
        message = (
            f"delivery {one.item.delivery.id} has {one.text} at {one.place}, {side} the request "
            f"that triggered it ({one.exchange.request.label()})"
        )
        yield failed(
            ledger,
            _trigger(one.event),
            one.exchange,
            message,
            instance=one.place,
            apart=f"{one.place} {'late' if gap > 0 else 'early'}",
            severity=severity,
            judged_delivery=one.item,
            expected="the time of the event, by the clock of the service",
            received=one.text,
        )
    # A date that is impossible by itself explains a wrong order.
    yield from _judge_order(ledger, possible)
    yield from _judge_precision(ledger)


def _stated_dates(ledger: Ledger) -> Iterator[_StatedDate]:
    """Yield each date at a place of `sent-at`, from the first delivery of each event."""
    for event, exchange, received_event in triggered_events(ledger):
        if not _creates_anew(exchange.request):
            continue
        for place in event.trigger.get("sent-at", ()):
            value = get_at(received_event.payload, place)
            nanoseconds = date_time_to_ns(value)
            if nanoseconds is not None:
                text, moment = str(value), nanoseconds / 1e9
                yield _StatedDate(event, exchange, received_event.first, place, text, moment)


def _creates_anew(request: Request) -> bool:
    """Return whether the event cannot be about a resource of an earlier run."""
    named = any(correlator.kind == "unique-string" for correlator in request.correlators)
    return has_unused_name(request) or not named


def _clock_difference(ledger: Ledger, stated: list[_StatedDate]) -> float:
    """Return the seconds by which the clock of the service is ahead of the run's.

    The `Date` headers tell it (RFC 9110, section 6.6.1); without them, the dates of the events.
    """
    differences = []
    for exchange in ledger.exchanges:
        text = exchange.response.header("date") if exchange.response else None
        moment = parse_http_date(text) if text else None
        if moment is not None:
            differences.append(moment.timestamp() - exchange.ended)
    if not differences:
        differences = [one.moment - one.exchange.ended for one in stated]
    return median(differences) if differences else 0.0


def _is_wrong_clock(stated: list[_StatedDate], ahead: float) -> bool:
    """Return whether a second clock, and no time zone, explains all the dates."""
    gaps = [one.moment - one.exchange.ended - ahead for one in stated]
    common = median(gaps) if gaps else 0.0
    from_a_zone = abs((common + _ZONE_STEP_S / 2) % _ZONE_STEP_S - _ZONE_STEP_S / 2)
    return (
        abs(common) < _DAY_S
        and from_a_zone > _SAME_CLOCK_S
        and all(abs(gap - common) < _SAME_CLOCK_S for gap in gaps)
    )


def _judge_order(ledger: Ledger, stated: list[_StatedDate]) -> Iterator[Judgement]:
    """Compare each date of a change with the date of the creation in the same object."""
    created = {
        (id(one.exchange), one.item.delivery.id, _parent(one.place)): one
        for one in stated
        if _CREATED.match(_name(one.place))
    }
    for one in stated:
        first = created.get((id(one.exchange), one.item.delivery.id, _parent(one.place)))
        if first is None or not _CHANGED.match(_name(one.place)):
            continue
        if one.moment >= first.moment - _ORDER_TOLERANCE_S:
            yield passed(_trigger(one.event), one.exchange.request.number)
            continue
        message = (
            f"delivery {one.item.delivery.id} has {one.text} at {one.place}, "
            f"{_duration(first.moment - one.moment)} before {first.text} at {first.place}"
        )
        yield failed(
            ledger,
            _trigger(one.event),
            one.exchange,
            message,
            instance=one.place,
            apart=f"{one.place} order",
            judged_delivery=one.item,
            expected=f"not before {first.text}",
            received=one.text,
        )


def _judge_precision(ledger: Ledger) -> Iterator[Judgement]:
    """Warn of dates with more digits than any date in the examples of their event."""
    for event, exchange, received_event in triggered_events(ledger):
        most = _most_digits(event)
        if not most:
            continue  # The examples show whole seconds, or no date: that documents no precision.
        if not _may_have_more_digits(received_event.first.delivery.body, most):
            continue
        echoed = {stated["to"] for stated in event.trigger.get("echoes", ())}
        for place, value in walk_values(received_event.payload):
            if place in echoed or _digits(value) <= most:
                continue
            message = (
                f"delivery {received_event.first.delivery.id} has {value} at {place}, with "
                f"{_digits(value)} digits of a second; the examples of the contract have {most}"
            )
            yield failed(
                ledger,
                _format_pointer(ledger, event, place),
                exchange,
                message,
                instance=place,
                fault=f"{event.name} precision",
                severity="warning",
                judged_delivery=received_event.first,
                expected=f"at most {most} digits",
                received=str(value),
            )


@lru_cache(maxsize=256)
def _most_digits(event: Event) -> int:
    """Return the largest number of digits after the second in the examples of `event`."""
    return max((_digits(v) for e in event.examples for _, v in walk_values(e)), default=0)


def _may_have_more_digits(body: bytes, most: int) -> bool:
    """Return whether JSON may have a date with more than `most` digits after the second.

    Fast, because most bodies have none. An escape may stand for the point or a digit.
    """
    return b"\\" in body or any(len(found) > most for found in _FRACTION_BYTES.findall(body))


def _digits(value: object) -> int:
    """Return the number of digits after the second; 0 for other values than a date-time."""
    if not isinstance(value, str) or date_time_to_ns(value) is None:
        return 0
    found = _FRACTION.search(value)
    return len(found[1]) if found else 0


def _format_pointer(ledger: Ledger, event: Event, place: str) -> str:
    try:
        schema = property_schema(ledger.contract, event.schema, place)
    except LookupError:
        return _trigger(event)
    pointer = join_pointer(schema, "format")
    return pointer if "format" in ledger.contract.at(schema) else _trigger(event)


def _trigger(event: Event) -> str:
    return join_pointer(event.pointer, "x-hookproof-trigger")


def _parent(place: str) -> str:
    return place.rpartition("/")[0]


def _name(place: str) -> str:
    return next((token for token in reversed(place.split("/")) if not is_array_index(token)), "")


def _duration(seconds: float) -> str:
    """Return a duration in words, as coarse as its size."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} minutes"
    if seconds < 2 * _DAY_S:
        return f"{seconds / 3600:.1f} hours"
    return f"{timedelta(seconds=seconds).days} days"
