"""Direction of a schema: `readOnly` and `writeOnly` properties (OpenAPI 3.1.1, section 4.8.24).

A request does not need a required property that is `readOnly`, and a response does not need one
that is `writeOnly`. The payload of a webhook or callback counts as a response: a service sends it.
"""

from collections.abc import Mapping
from typing import Any

from openapi.json_pointer import split_pointer

HIDDEN_KEYS = {
    "readOnly": "x-hookproof-required-in-responses",
    "writeOnly": "x-hookproof-required-in-requests",
}
"""Flag of a property -> key beside `required` with the names of such properties."""
REQUEST, RESPONSE = "readOnly", "writeOnly"
"""Direction, named by the flag of the properties that it leaves out."""


def direction_of(pointer: str) -> str | None:
    """Return the direction of the schema at `pointer`, or None if the place does not tell."""
    tokens = split_pointer(pointer)
    if tokens[:1] == ["webhooks"] or "callbacks" in tokens[:5]:
        return RESPONSE
    for name in tokens[:8]:
        if name in ("requestBody", "requestBodies"):
            return REQUEST
        if name == "responses":
            return RESPONSE
    return None


def needed_properties(schema: Mapping[str, Any], direction: str | None) -> list[str]:
    """Return the `required` properties of `schema` without those that `direction` leaves out."""
    omitted = schema.get(HIDDEN_KEYS[direction], ()) if direction else ()
    return [name for name in schema.get("required", ()) if name not in omitted]


def has_hidden_properties(value: Any, direction: str) -> bool:
    """Return whether a schema below `value` needs fewer properties in `direction`."""
    if isinstance(value, dict):
        return HIDDEN_KEYS[direction] in value or any(
            has_hidden_properties(item, direction) for item in value.values()
        )
    if isinstance(value, list):
        return any(has_hidden_properties(item, direction) for item in value)
    return False


def relax(value: Any, direction: str) -> Any:
    """Return a copy of `value` in which each `required` fits `direction`."""
    if isinstance(value, list):
        return [relax(item, direction) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: relax(item, direction) for key, item in value.items()}
    if HIDDEN_KEYS[direction] in value:
        made["required"] = needed_properties(value, direction)
    return made
