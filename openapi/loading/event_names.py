"""Names of events: the places in a delivery that tell one webhook from the others. Pure.

The contract can state the place (`x-hookproof-event`, or `event-name` of a trigger). Otherwise the
constants in the schemas of payload and headers tell the webhooks apart.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from openapi.contract import Event, EventName, Json
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.runtime_expression import RuntimeExpression, parse_expression
from openapi.schemas.places import with_members

_MAX_DEPTH = 2
"""Number of objects above a constant that names an event."""


def stated_names(webhook: str, stated: Mapping[str, Json]) -> tuple[EventName, ...]:
    """Return the name that the operation object of a webhook states, if it states one."""
    described = stated.get("x-hookproof-event", {})
    place = described.get("name", stated.get("x-hookproof-trigger", {}).get("event-name"))
    if place is None:
        return ()
    source = (
        parse_expression(place)
        if place.startswith("$")
        else RuntimeExpression("request", "body", place)
    )
    return (EventName(source, (described.get("value", webhook),)),)


def with_derived_names(document: Mapping[str, Json], events: Sequence[Event]) -> tuple[Event, ...]:
    """Return `events` with the names that their constants give them, where none is stated.

    A constant counts if another event excludes its value at the same place.
    """
    constants = {
        id(event): {} if event.names or event.path else dict(_constants(document, event))
        for event in events
    }
    found = []
    for event in events:
        names = tuple(
            EventName(source, values)
            for source, values in constants[id(event)].items()
            if any(
                set(map(repr, values)).isdisjoint(map(repr, other[source]))
                for other in constants.values()
                if source in other
            )
        )
        found.append(replace(event, names=names) if names else event)
    return tuple(found)


def _constants(
    document: Mapping[str, Json], event: Event
) -> Iterator[tuple[RuntimeExpression, tuple[Json, ...]]]:
    """Yield the required places of a delivery that have listed values, and these values."""
    for pointer, values in _constants_below(document, event.schema, "", _MAX_DEPTH):
        yield RuntimeExpression("request", "body", pointer), values
    parameters = get_at(document, join_pointer(event.pointer, "parameters"))
    for index in range(len(parameters) if isinstance(parameters, list) else 0):
        place, stated = _resolved(document, join_pointer(event.pointer, "parameters", index))
        if stated.get("in") == "header" and isinstance(stated.get("name"), str):
            values = _listed_values(document, _members(document, [join_pointer(place, "schema")]))
            if values:
                yield RuntimeExpression("request", "header", stated["name"]), values


def _constants_below(
    document: Mapping[str, Json], schema: str, instance: str, depth: int
) -> Iterator[tuple[str, tuple[Json, ...]]]:
    """Yield pointer and listed values of the required properties below `instance`."""
    members = _members(document, [schema])
    properties: dict[str, list[str]] = {}
    for place in members:
        for name in _names(document, join_pointer(place, "properties")):
            below = join_pointer(place, "properties", name)
            properties.setdefault(name, []).append(below)
    required = {
        name
        for place in members
        for name in _names(document, join_pointer(place, "required"))
        if name in properties
    }
    for name in sorted(required):
        values = _listed_values(document, _members(document, properties[name]))
        below = join_pointer(instance, name)
        if values:
            yield below, values
        elif depth > 1:
            for place in properties[name]:
                yield from _constants_below(document, place, below, depth - 1)


def _names(document: Mapping[str, Json], place: str) -> list[str]:
    """Return the strings in the array or the keys of the object at `place`; none without one."""
    found = get_at(document, place)
    return (
        [name for name in found if isinstance(name, str)] if isinstance(found, list | dict) else []
    )


def _members(document: Mapping[str, Json], places: Sequence[str]) -> list[str]:
    """Return `places` and the schemas that they refer to or add by `allOf`."""
    return with_members(document, places, ("allOf",))


def _listed_values(document: Mapping[str, Json], places: Iterable[str]) -> tuple[Json, ...]:
    """Return the first list of values that a schema at `places` states; empty without one."""
    for place in places:
        if (only := get_at(document, join_pointer(place, "const"))) is not MISSING:
            return (only,)
        if isinstance(listed := get_at(document, join_pointer(place, "enum")), list):
            return tuple(listed)
    return ()


def _resolved(document: Mapping[str, Json], place: str) -> tuple[str, Mapping[str, Json]]:
    """Return pointer and value of the object at `place`, references followed."""
    *_, last = with_members(document, [place], ())
    found = get_at(document, last)
    return last, found if isinstance(found, dict) else {}
