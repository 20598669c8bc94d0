"""Defaults of `x-hookproof-trigger`, so that a contract states only what has no sensible value."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openapi.contract import Json, Operation
from openapi.json_pointer import get_at, join_pointer
from openapi.loading.structure import METHODS
from openapi.runtime_expression import RuntimeExpression, parse_expression
from openapi.schemas.places import places_at

DEFAULT_DEADLINE_S = 10
ASSUMED_SOURCE = "hookproof-default"
"""Source of the constraints that no contract states; its violations are warnings."""
_IDENTITY_NAME = re.compile(r"(^|[a-z_-])(id|uuid|guid|key|number)$", re.IGNORECASE)
"""Names of properties whose value is different for each created resource."""
_MIN_MARKED_LENGTH = 32
"""Length of text that has room for the mark of a request."""
_FIXED_TEXT = frozenset(["const", "enum", "format", "pattern"])
"""Keywords of a text that cannot have the mark of a request."""


def add_trigger_defaults(document: dict[str, Json], operations: Sequence[Operation]) -> None:
    """Complete the triggers of `document` in place.

    A trigger states at least its operation. A deadline that no contract states is an assumption.
    """
    by_id = {operation.id: operation for operation in operations}
    for name in document.get("webhooks", {}):
        for place, stated in _sent_requests(document, join_pointer("", "webhooks", name)):
            if trigger := stated.get("x-hookproof-trigger"):
                operation = by_id.get(trigger.get("operation", ""))
                _complete(document, place, operation, trigger)
    for operation in operations:
        for item in _callback_items(document, operation):
            for place, stated in _sent_requests(document, item):
                trigger = stated.setdefault("x-hookproof-trigger", {})
                if not trigger:
                    # A callback may be called (section 4.8.18): once, often, or never.
                    _add_assumed_source(document)
                    trigger |= {"source": ASSUMED_SOURCE, "events": "any", "redelivery": {}}
                _complete(document, place, operation, trigger)


def _sent_requests(
    document: Mapping[str, Json], pointer: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield pointer and value of each operation object of the path item at `pointer`."""
    pointer, item = _dereference(document, pointer)
    for method in METHODS:
        stated = item.get(method)
        if isinstance(stated, dict):
            yield join_pointer(pointer, method), stated


def _callback_items(document: Mapping[str, Json], operation: Operation) -> Iterator[str]:
    """Yield the pointer of each path item in the callbacks of the operation."""
    place = join_pointer(operation.pointer, "callbacks")
    for name in _dereference(document, place)[1]:
        pointer, callback = _dereference(document, join_pointer(place, name))
        for url in callback:
            if not url.startswith("x-"):
                yield join_pointer(pointer, url)


def _dereference(document: Mapping[str, Json], pointer: str) -> tuple[str, Mapping[str, Json]]:
    """Return pointer and value of the object at `pointer`, references followed; none is empty."""
    value: Any = get_at(document, pointer)
    while isinstance(value, dict) and isinstance(value.get("$ref"), str):
        pointer = value["$ref"][1:]
        value = get_at(document, pointer)
    return pointer, value if isinstance(value, dict) else {}


def _complete(
    document: dict[str, Json], place: str, operation: Operation | None, trigger: dict[str, Any]
) -> None:
    trigger.setdefault("status", "2XX")
    if "deadline" not in trigger:
        _add_assumed_source(document)
        trigger["deadline"] = {"seconds": DEFAULT_DEADLINE_S, "source": ASSUMED_SOURCE}
    _read_delivery_word(trigger)
    _complete_echoes(document, place, operation, trigger)


def _add_assumed_source(document: dict[str, Json]) -> None:
    source = {"level": "assumed", "title": "A default of hookproof"}
    document["x-hookproof-sources"].setdefault(ASSUMED_SOURCE, source)


def _read_delivery_word(trigger: dict[str, Any]) -> None:
    """Write `delivery` as the two rules about repeated deliveries."""
    if "no-redelivery" in trigger or "redelivery" in trigger:
        return
    rule = {"exactly-once": "no-redelivery", "at-least-once": "redelivery", "merged": "redelivery"}
    if word := rule.get(trigger.get("delivery", "")):
        trigger[word] = {}


def _complete_echoes(
    document: Mapping[str, Json],
    webhook: str,
    operation: Operation | None,
    trigger: Mapping[str, Any],
) -> None:
    """Add how each echo is compared, and a correlator if no echo has one."""
    echoes: Sequence[dict[str, Any]] = trigger.get("echoes", ())
    payloads = _content_schemas(document, join_pointer(webhook, "requestBody"))
    described = get_at(document, join_pointer(webhook, "x-hookproof-event"))
    batch = described.get("objects") if isinstance(described, dict) else None
    below = "" if batch is None else f"{batch}/0"
    for echo in echoes:
        place = f"{below}{echo['to']}"
        schemas = [s for schema in payloads for s in _schemas_at(document, schema, place)]
        echo.setdefault("compare", _comparison(schemas))
    if operation is None or any("correlator" in echo for echo in echoes):
        return
    marked = False
    for echo in echoes:
        source = parse_expression(echo["from"])
        if source.message == "response" and _is_identity(source):
            echo["correlator"] = "identity"
        elif not marked and _can_be_marked(document, operation, _place_in_body(source, trigger)):
            echo["correlator"] = "unique-string"
            marked = True


def _content_schemas(document: Mapping[str, Json], body: str) -> list[str]:
    """Return the schemas of the media types of a request body."""
    body, stated = _dereference(document, body)
    return [join_pointer(body, "content", name, "schema") for name in stated.get("content", {})]


def _schemas_at(
    document: Mapping[str, Json], schema: str, instance: str
) -> list[Mapping[str, Json]]:
    """Return the schemas of the value at `instance` of a value with this schema."""
    found = (get_at(document, place) for place in places_at(document, schema, instance))
    return [one for one in found if isinstance(one, dict)]


def _comparison(schemas: Sequence[Mapping[str, Json]]) -> str:
    if any(schema.get("format") == "date-time" for schema in schemas):
        return "instant"
    return "set" if any(schema.get("uniqueItems") is True for schema in schemas) else "exact"


def _is_identity(source: RuntimeExpression) -> bool:
    name = source.where.rpartition("/")[2]
    return source.part == "body" and _IDENTITY_NAME.search(name) is not None


def _place_in_body(source: RuntimeExpression, trigger: Mapping[str, Any]) -> str | None:
    """Return the pointer of a value in the request body, that of the first item; or None."""
    if source.in_request_body:
        return source.where
    if source.message != "item" or "for-each" not in trigger:
        return None
    return f"{parse_expression(trigger['for-each']).where}/0{source.where}"


def _can_be_marked(document: Mapping[str, Json], operation: Operation, place: str | None) -> bool:
    """Return whether a client can choose any text for the value at `place` of the body."""
    body = operation.body
    if place is None or body is None or body.schema is None:
        return False
    schemas = _schemas_at(document, body.schema, place)
    is_text = any(schema.get("type") == "string" for schema in schemas)
    has_room = all(schema.get("maxLength", _MIN_MARKED_LENGTH) >= _MIN_MARKED_LENGTH
                   for schema in schemas)  # fmt: skip
    return is_text and has_room and not any(_FIXED_TEXT & schema.keys() for schema in schemas)
