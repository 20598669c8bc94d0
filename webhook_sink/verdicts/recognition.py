"""Recognition of the event that a delivery is, by the names that the contract states. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from openapi.callback_url import is_callback_of
from openapi.contract import Contract, Event
from openapi.json_pointer import MISSING
from openapi.serialization.bodies import read_body
from openapi.strict_json import ParsedJson, parse_json
from webhook_sink.delivery import Delivery

_MAX_COUNTED_VIOLATIONS = 20


@dataclass(frozen=True, slots=True)
class RecognizedEvent:
    """Event of a delivery, and its payload."""

    event: Event | None
    """Event of the contract; None if the delivery names none of them."""
    possible: tuple[Event, ...]
    """Every event that the names in the delivery allow."""
    payload: ParsedJson | None
    """Payload as the media type of the event says; None for a truncated body."""


def recognize(delivery: Delivery, contract: Contract) -> RecognizedEvent:
    """Return the event of `delivery`; of several possible ones, the one whose schema fits best."""
    if delivery.truncated:
        return RecognizedEvent(None, (), None)
    reader = _PayloadReader(delivery, contract)
    possible = tuple(
        event
        for event in _events_at(delivery, contract)
        if event.callback is not None or _is_named(delivery, event, reader)
    )
    event = possible[0] if len(possible) == 1 else _best_fitting(contract, possible, reader)
    shown = event or (contract.events[0] if contract.events else None)
    return RecognizedEvent(event, possible, reader.read(shown))


class _PayloadReader:
    """Payloads of one delivery, each read once."""

    def __init__(self, delivery: Delivery, contract: Contract) -> None:
        self._delivery = delivery
        self._contract = contract
        self._json: ParsedJson | None = None

    def read(self, event: Event | None) -> ParsedJson:
        """Return the body as the media type of `event` says; as JSON if that is not readable.

        Of several values that a form can mean, return one that the schema allows.
        """
        kind = event.content.kind if event else None
        if event is not None and kind not in (None, "json"):
            stated = self._delivery.header_values("Content-Type")
            content_type = stated[0].decode("latin-1") if stated else ""
            readings = read_body(event.content, content_type, self._delivery.body)
            schema = self._contract.schema(event.schema)
            valid = (value for value in readings.values if schema.is_valid(value))
            value = next(valid, readings.values[0])
            return ParsedJson(value, readings.problem, False, self._delivery.body)
        if self._json is None:
            self._json = parse_json(self._delivery.body)
        return self._json


def _events_at(delivery: Delivery, contract: Contract) -> Sequence[Event]:
    """Return the events that the URL of the delivery allows.

    A callback comes to the URL that hookproof gave to the service. Elsewhere, a receiver without
    webhooks may get any of the callbacks.
    """
    target = delivery.target
    called = [e for e in contract.events if e.callback and is_callback_of(target, e.operation)]
    path = target.partition("?")[0]
    ending = [e for e in called if e.callback and path.endswith(e.callback.suffix)]
    longest = max((len(e.callback.suffix) for e in ending if e.callback), default=0)
    nearest = [e for e in ending if e.callback and len(e.callback.suffix) == longest]
    webhooks = [event for event in contract.events if event.callback is None]
    return nearest or called or webhooks or contract.events


def _is_named(delivery: Delivery, event: Event, reader: _PayloadReader) -> bool:
    """Return whether the delivery has the names and the path of `event`.

    Without any, a readable body and the method are all that a delivery can have of the event.
    """
    if event.path is not None and not _has_path(delivery, event.path):
        return False
    if not event.names:
        known = event.path is not None
        return known or (delivery.method == event.method and reader.read(event).problem is None)
    for name in event.names:
        if name.source.part == "header":
            found = delivery.header_values(name.source.where)
            texts = [str(value).encode() for value in name.values]
            if len(found) != 1 or found[0].strip() not in texts:
                return False
        elif not _is_listed(name.source.evaluate(reader.read(event).value), name.values):
            return False
    return True


def _has_path(delivery: Delivery, path: str) -> bool:
    """Return whether the delivery came to `path`, below whatever path the receiver has."""
    return delivery.target.partition("?")[0].rstrip("/").endswith(path.rstrip("/"))


def _is_listed(value: object, values: Sequence[object]) -> bool:
    """Return whether a value is one of `values`; True is not 1, as in JSON."""
    return value is not MISSING and any(
        value == listed and isinstance(value, bool) == isinstance(listed, bool) for listed in values
    )


def _best_fitting(
    contract: Contract, possible: Sequence[Event], reader: _PayloadReader
) -> Event | None:
    """Return the event whose schema the payload satisfies, or violates least."""
    counts: dict[int, Event] = {}
    for event in possible:
        value = reader.read(event).value
        schema = contract.schema(event.schema)
        if schema.is_valid(value):
            return event
        count = sum(1 for _ in schema.violations(value, limit=_MAX_COUNTED_VIOLATIONS))
        counts.setdefault(count, event)
    return counts[min(counts)] if counts else None
