"""Payload of an event: the contract's example, filled in by `x-hookproof-trigger`."""

import json
import time
from datetime import UTC, datetime
from functools import cache

from mock_server.exchange import EventContext
from mock_server.responses.content import encode_content
from openapi import runtime_expression
from openapi.contract import Event, Json
from openapi.json_pointer import MISSING, get_at, set_at
from openapi.schemas.formats import date_time_to_ns

_parse = cache(runtime_expression.parse_expression)


def build_payload(event_context: EventContext) -> Json:
    """Return a new payload: names, and the values of one object or of each object of a batch."""
    event = event_context.event
    value = json.loads(json.dumps(event.examples[0]))  # the fastest deep copy of plain JSON
    if event.objects is None:
        _fill(value, event_context, (event_context.items or ("",))[0])
    else:
        template = get_at(value, event.first_place(""))
        objects = []
        for item in event_context.items or ("",):
            made = json.loads(json.dumps({} if template is MISSING else template))
            _fill(made, event_context, item)
            objects.append(made)
        if event.objects:
            set_at(value, event.objects, objects)
        else:
            value = objects
    for name in event.names:
        source = name.source
        if source.in_request_body and get_at(value, source.where) not in name.values:
            set_at(value, source.where, name.values[0])
    return value


def _fill(value: Json, event_context: EventContext, item: str) -> None:
    """Fill in one object: unique values, echoes of the exchange, equal values, the time."""
    event = event_context.event
    shown = _show_resource(value, event_context)
    for stated in event.trigger.get("unique", ()):
        schema = event_context.exchange.contract.schema(event.schema)
        place = stated["pointer"]
        if place in shown:
            continue
        example = get_at(event.examples[0], event.first_place(place))
        event_context.unique_values.set_unique_value(value, place, schema, example)
    for echo in event.trigger.get("echoes", ()):
        found = event_context.find(_parse(echo["from"]), item)
        # null means absent: the event's entity has the default value then.
        if (found is None or found is MISSING) and "default" in echo:
            found = echo["default"]
        if found is not MISSING:
            set_at(
                value,
                echo["to"],
                _normalize_instant(found) if echo["compare"] == "instant" else found,
            )
    for stated in event.trigger.get("equal", ()):
        first, second = stated["pointers"]
        set_at(value, second, get_at(value, first))
    now = format_utc(time.time_ns())
    for place in event.trigger.get("sent-at", ()):
        set_at(value, place, now)


def _show_resource(value: Json, event_context: EventContext) -> frozenset[str]:
    """Show the resource of the exchange in the payload; return the places of its identity."""
    shown, event = event_context.exchange.shown, event_context.event
    if shown is None or event.objects is not None or event.for_each is not None:
        return frozenset()
    # Only a mock that keeps resources needs it.
    from mock_server.resources.payloads import show_resource  # noqa: PLC0415

    return show_resource(event_context.exchange.contract, event, shown, value)


def serialize_json(value: Json) -> bytes:
    """Return `value` as JSON in UTF-8, escaped to ASCII if it contains a lone surrogate."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def serialize_payload(event: Event, value: Json) -> bytes:
    """Return `value` in the media type of `event`: a form, else JSON."""
    if event.content.kind == "form":
        return encode_content(event.content.sent, value)
    return serialize_json(value)


def format_utc(nanoseconds: int) -> str:
    """Return a time with seven fractional digits; raise `OverflowError` outside years 1 to 9999."""
    seconds, rest = divmod(nanoseconds, 10**9)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OSError) as error:
        raise OverflowError(str(error)) from None
    return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + f".{rest // 100:07d}Z"


def _normalize_instant(found: object) -> object:
    moment = date_time_to_ns(found)
    try:
        return found if moment is None else format_utc(moment)
    except OverflowError:  # an offset or a leap second leads outside years 1 to 9999
        return found
