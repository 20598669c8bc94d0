"""Changes that storing makes to values: differences that are legal, and faults."""

import html
import unicodedata
from collections.abc import Callable
from typing import Any, Final

from workshop_service.dates import rewritten
from workshop_service.output import defaults
from workshop_service.rules import Invalid

EXAMPLE: Final = {"name": "Ada Example", "email": "ada@example.com", "status": "active"}
AS_GIVEN: Final = frozenset(
    (
        *("create-not-stored", "discount-not-stored", "postcode-not-stored", "tags-truncated"),
        *("lines-truncated", "status-always-active", "time-lost"),
    )
)
"""Faults whose responses to writing show the values as they were sent."""


def accepted(kind: str, value: dict[str, Any], has: Callable[[str], bool]) -> dict[str, Any]:
    """Return the value with legal differences; raise `Invalid` if nothing is left of a text."""
    if has("trimmed"):
        value = _texts(value, str.strip)
        if any(value.get(name) == "" for name in ("name", "item", "title")):
            raise Invalid("a text is blank")
        if "" in value.get("tags", ()) or any(not one["text"] for one in value.get("lines", ())):
            raise Invalid("a text is blank")
        if len({*value.get("tags", ())}) < len(value.get("tags", ())):
            raise Invalid("tags are not unique")
    if has("composed"):
        value = _texts(value, _composed)
        if len({*value.get("tags", ())}) < len(value.get("tags", ())):
            raise Invalid("tags are not unique")
    if has("lower-email") and "email" in value:
        value = {**value, "email": value["email"].lower()}
    if has("sorted-tags") and "tags" in value:
        value = {**value, "tags": sorted(value["tags"])}
    if has("defaults"):
        value = {**defaults(kind), **value}
    return value


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _texts(one, change) for name, one in value.items()}
    if isinstance(value, list):
        return [_texts(one, change) for one in value]
    return change(value) if isinstance(value, str) else value


def _composed(text: str) -> str:
    """Return the normalisation form C, unless it is longer: the contract limits lengths."""
    found = unicodedata.normalize("NFC", text)
    return found if len(found) <= len(text) else text


def _changed(name: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a function that changes the property `name`, unless it is absent or null."""

    def apply(value: dict[str, Any]) -> dict[str, Any]:
        return value if value.get(name) is None else {**value, name: change(value[name])}

    return apply


def _without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda value: {key: one for key, one in value.items() if key != name}


def _null_as_text(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "nickname": "null"} if value.get("nickname", "") is None else value


def _swapped(value: dict[str, Any]) -> dict[str, Any]:
    note = value.get("note")
    return {**value, "item": note[:80], "note": value["item"]} if note else value


def _local_as_utc(text: str) -> str:
    return text if text[-1] in "Zz" else f"{text[:-6]}Z"


_LOSSES: Final[dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]]] = {
    "discount-not-stored": ("customer", _without("discount")),
    "postcode-not-stored": ("customer", _changed("address", _without("postcode"))),
    "tags-truncated": ("customer", _changed("tags", lambda tags: tags[:2])),
    "lines-truncated": ("invoice", _changed("lines", lambda lines: lines[:1])),
    "newsletter-true": ("customer", _changed("newsletter", lambda _: True)),
    "seats-one-byte": ("customer", _changed("seats", lambda seats: seats % 256)),
    "price-rounded": ("order", _changed("price", int)),
    "refund-in-cents": ("refund", _changed("amount", lambda amount: round(amount * 100))),
    "date-shifted": ("customer", _changed("memberSince", lambda t: rewritten(t, later=3600))),
    "offset-dropped": ("invoice", _changed("dueAt", _local_as_utc)),
    "time-lost": ("order", _changed("deliverAt", lambda text: f"{text[:10]}T00:00:00Z")),
    "name-cut": ("customer", _changed("name", lambda name: name[:24])),
    "name-one-byte": (
        "customer",
        _changed("name", lambda name: name.encode("latin-1", "replace").decode("latin-1")),
    ),
    "name-escaped": ("customer", _changed("name", lambda name: html.escape(name)[:80])),
    "null-as-text": ("customer", _null_as_text),
    "status-always-active": ("customer", lambda value: {**value, "status": "active"}),
    "note-and-item-swapped": ("order", _swapped),
}


def stored(kind: str, value: dict[str, Any], has: Callable[[str], bool]) -> dict[str, Any]:
    """Return the value as it is stored: with the losses of the faults."""
    for name, (concerned, lose) in _LOSSES.items():
        if concerned == kind and has(name):
            value = lose(value)
    return value


def merged(old: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Apply a JSON Merge Patch (RFC 7396)."""
    found = dict(old)
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, dict):
            before = found.get(name)
            found[name] = merged(before if isinstance(before, dict) else {}, value)
        else:
            found[name] = value
    return found
