"""Merge of a value into a document, as Overlay 1.1 (section 4.4.3) describes it.

The rules of 1.0 are the same where they say something.
"""

from typing import Any

from openapi.json_pointer import join_pointer
from openapi.parsing.origin import Origin


class Misfit(Exception):
    """Value that cannot be merged; the message says why."""

    def __init__(self, pointer: str, message: str, edit: str) -> None:
        """Take the pointer within the value, the message, and the change that mends it."""
        super().__init__(message)
        self.pointer = pointer
        self.edit = edit


def kind_of(value: object) -> str:
    """Return `object`, `array` or `primitive`; null is a primitive."""
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list) else "primitive"


def check_merge(into: Any, value: Any, pointer: str = "") -> None:
    """Raise `Misfit` if `value` has a part that cannot be merged with what is there."""
    kind, other = kind_of(into), kind_of(value)
    if kind != other:
        message = f"{_phrase(other)} cannot be merged with {_phrase(kind)}"
        raise Misfit(pointer, message, f"write {_phrase(kind)}, or remove the other first")
    if isinstance(value, dict):
        for key, item in value.items():
            if key in into:
                check_merge(into[key], item, join_pointer(pointer, key))


def _phrase(kind: str) -> str:
    return f"{'a' if kind == 'primitive' else 'an'} {kind}"


def merge_object(
    into: dict[str, Any], value: dict[str, Any], origin: Origin, given: Origin
) -> None:
    """Merge `value` into an object that `check_merge` has accepted.

    `origin` is that of the object, and `given` that of the value.
    """
    for key, item in value.items():
        source = given.child(key)
        if key not in into or kind_of(item) == "primitive":
            into[key] = copy_value(item)
            origin.put(key, source)
        elif isinstance(item, dict):
            merge_object(into[key], item, origin.enter(key), source)
        else:
            append_items(into[key], item, origin.enter(key), source)


def append_items(into: list[Any], items: list[Any], origin: Origin, given: Origin) -> None:
    """Append a copy of each of `items`, an array with the origin `given`."""
    for index, item in enumerate(list(items)):
        append_item(into, item, origin, given.child(str(index)))


def append_item(into: list[Any], item: Any, origin: Origin, given: Origin) -> None:
    """Append a copy of `item`, which has the origin `given`."""
    origin.put(str(len(into)), given)
    into.append(copy_value(item))


def copy_value(value: Any) -> Any:
    """Return a copy of plain data, of which no part is shared."""
    if isinstance(value, dict):
        return {key: copy_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy_value(item) for item in value]
    return value


def measure(value: Any) -> tuple[int, int]:
    """Return the number of values in `value` and its depth; a primitive has the depth 0."""
    count, depth, level = 0, -1, [value]
    while level:
        count, depth = count + len(level), depth + 1
        level = [
            item
            for one in level
            if isinstance(one, dict | list)
            for item in (one.values() if isinstance(one, dict) else one)
        ]
    return count, depth
