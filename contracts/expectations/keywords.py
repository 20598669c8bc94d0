"""Schema keywords that apply to a value, with their pointers in the contract. Pure."""

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from openapi.contract import Contract
from openapi.json_pointer import get_at, join_pointer
from openapi.serialization.text_values import text_types

ConstraintKey = tuple[str, str]
"""Unique key of a constraint: pointer and detail."""

ANY_INSTANCE = object()
"""Placeholder for every instance: each keyword of the schema is yielded once."""

_Types = tuple[type, ...]
_JSON_TYPES: _Types = (dict, list, str, int, float, bool, type(None))
_KEYWORD_TYPES: dict[str, _Types] = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format"), (str,)),
    **dict.fromkeys(
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), (int, float)
    ),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "contains"), (list,)),
    **dict.fromkeys(("minProperties", "maxProperties", "propertyNames"), (dict,)),
    **dict.fromkeys(("type", "const", "enum", "not", "anyOf", "oneOf", "if"), _JSON_TYPES),
}
"""Assertion keywords, each with the types of the instances that it applies to."""


class _Part(Enum):
    """Part of an instance that is no property."""

    ITSELF = "itself"
    ITEM = "item"


class _SchemaNode(NamedTuple):
    """Keywords of one schema object."""

    keys: tuple[ConstraintKey, ...]
    keys_by_type: Mapping[type, tuple[ConstraintKey, ...]]
    """Those that apply to an instance of the type."""
    children: tuple[tuple[str | _Part, str], ...]
    """Name of a property, or another part, and the pointer of its schema; the last one first."""
    reference: str | None
    """Pointer in `$ref`, or None."""


_NO_SCHEMA = _SchemaNode((), {}, (), None)


def constraint_key(pointer: str, detail: str) -> ConstraintKey:
    """Return the key of the constraint that is violated at `pointer` with `detail`."""
    return pointer, detail if pointer.endswith(("/required", "/x-hookproof-cause")) else "*"


def any_text_keeps(contract: Contract, key: ConstraintKey) -> bool:
    """Return whether no text in a parameter or form breaks the constraint.

    Each text is a string, an array of one item or more, and the content of a file.
    """
    holder, _, keyword = key[0].rpartition("/")
    types = text_types(contract.document, holder, levels=0)
    if keyword == "type":
        return not types.names or not {"string", "array", "object"}.isdisjoint(types.names)
    if keyword == "minItems":
        return bool(get_at(contract.document, key[0]) == 1)
    return types.is_binary


def applicable_keywords(
    contract: Contract, pointer: str, instance: object = ANY_INSTANCE
) -> Sequence[ConstraintKey]:
    """Return every keyword at or below the schema at `pointer` that applies to `instance`.

    Each of `anyOf`, `oneOf`, `not` and `if` counts as one keyword, with all its subschemas.
    """
    found: list[ConstraintKey] = []
    pending = [(pointer, instance)]
    visited: set[str] = set()
    while pending:
        pointer, instance = pending.pop()
        if instance is ANY_INSTANCE:
            if pointer in visited:
                continue
            visited.add(pointer)
        node = _schema_node(contract, pointer)
        if instance is ANY_INSTANCE:
            found += node.keys
        else:
            found += node.keys_by_type.get(type(instance), ())
        for part, child in node.children:
            if instance is ANY_INSTANCE or part is _Part.ITSELF:
                pending.append((child, instance))
            elif part is _Part.ITEM:
                if isinstance(instance, list):
                    pending += [(child, item) for item in reversed(instance)]
            elif isinstance(instance, dict) and part in instance:
                pending.append((child, instance[part]))
        if node.reference is not None:
            pending.append((node.reference, instance))
    return found


@lru_cache(maxsize=32768)
def _schema_node(contract: Contract, pointer: str) -> _SchemaNode:
    stated = get_at(contract.document, pointer)
    if not isinstance(stated, dict):
        return _NO_SCHEMA
    keys: list[tuple[ConstraintKey, _Types]] = [
        ((join_pointer(pointer, "required"), name), (dict,)) for name in stated.get("required", ())
    ]
    children: list[tuple[str | _Part, str]] = []
    for keyword, value in stated.items():
        place = join_pointer(pointer, keyword)
        if keyword in _KEYWORD_TYPES:
            keys.append(((place, "*"), _KEYWORD_TYPES[keyword]))
        elif keyword == "additionalProperties" and value is False:
            keys.append(((place, "*"), (dict,)))
        elif keyword == "properties":
            children += [(name, join_pointer(place, name)) for name in value]
        elif keyword == "items":
            children.append((_Part.ITEM, place))
        elif keyword == "allOf":
            children += [(_Part.ITSELF, join_pointer(place, n)) for n in range(len(value))]
    reference = stated.get("$ref")
    return _SchemaNode(
        tuple(key for key, _ in keys),
        {kind: tuple(key for key, types in keys if kind in types) for kind in _JSON_TYPES},
        tuple(reversed(children)),
        reference[1:] if isinstance(reference, str) else None,
    )
