"""Guess of the place in a delivery that names its event."""

from collections.abc import Iterator, Mapping
from typing import Any

from openapi.drafting.fields import Field, FieldReader, schemas_at
from openapi.drafting.words import split_words
from openapi.json_pointer import get_at, join_pointer

_NAMES = frozenset(["event", "event type", "event name", "type", "topic", "action", "kind"])


def guess_event_place(reader: FieldReader, webhook: str, payload: str) -> tuple[str, bool] | None:
    """Return the pointer of the event name in the payload, and whether `webhook` is a value there.

    Return None if the payload has none, or a constant, which needs no statement.
    """
    for field in _name_fields(reader, payload):
        values = [*_listed_values(reader.document, field)]
        if values == [webhook]:
            return None
        if not values:
            return field.pointer, False
        if webhook in values:
            return field.pointer, True
    return None


def _name_fields(reader: FieldReader, payload: str) -> Iterator[Field]:
    for field in reader.fields_of(payload):
        is_outer = field.parent.count("/") < 2
        if is_outer and field.types == {"string"} and " ".join(split_words(field.name)) in _NAMES:
            yield field


def _listed_values(document: Mapping[str, Any], field: Field) -> Iterator[Any]:
    for place in schemas_at(document, [field.schema], ("allOf", "anyOf", "oneOf")):
        stated = get_at(document, place)
        if isinstance(stated, dict) and "const" in stated:
            yield stated["const"]
        listed = get_at(document, join_pointer(place, "enum"))
        yield from listed if isinstance(listed, list) else ()
