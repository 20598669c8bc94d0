"""Schema keywords that apply to a value, with their pointers in the contract. Pure."""

from collections.abc import Sequence
from functools import lru_cache

from openapi.contract import Contract
from openapi.json_pointer import get_at, join_pointer
from openapi.serialization.text_values import text_types

ConstraintKey = tuple[str, str]
"""Unique key of a constraint: pointer and detail."""

ANY_INSTANCE = object()
"""Placeholder for every instance: each keyword of the schema is yielded once."""

_KEYWORD_TYPES: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format"), str),
    **dict.fromkeys(
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), (int, float)
    ),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "contains"), list),
    **dict.fromkeys(("minProperties", "maxProperties", "propertyNames"), dict),
    **dict.fromkeys(("type", "const", "enum", "not", "anyOf", "oneOf", "if"), object),
}
"""Assertion keywords, each with the type of the instances that it applies to."""


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
        keys, children, reference = _schema_node(contract, pointer)
        found += [
            key
            for key, of_type in keys
            if instance is ANY_INSTANCE or _applies_to(of_type, instance)
        ]
        for where, child in reversed(children):
            pending += [(child, value) for value in reversed(_child_instances(instance, where))]
        if reference:
            pending.append((reference, instance))
    return found


def _applies_to(of_type: type | tuple[type, ...], instance: object) -> bool:
    if of_type in (str, list, dict, object):
        return isinstance(instance, of_type)
    return isinstance(instance, of_type) and not isinstance(instance, bool)


def _child_instances(instance: object, where: str) -> Sequence[object]:
    """Return the value of a property, each item (`*`) or the instance itself (empty)."""
    if instance is ANY_INSTANCE or not where:
        return (instance,)
    if where == "*":
        return instance if isinstance(instance, list) else ()
    if isinstance(instance, dict) and where[1:] in instance:
        return (instance[where[1:]],)
    return ()


_SchemaNode = tuple[
    tuple[tuple[ConstraintKey, type | tuple[type, ...]], ...],
    tuple[tuple[str, str], ...],
    str | None,
]


@lru_cache(maxsize=4096)
def _schema_node(contract: Contract, pointer: str) -> _SchemaNode:
    stated = get_at(contract.document, pointer)
    if not isinstance(stated, dict):
        return (), (), None
    keys: list[tuple[ConstraintKey, type | tuple[type, ...]]] = [
        ((join_pointer(pointer, "required"), name), dict) for name in stated.get("required", ())
    ]
    children: list[tuple[str, str]] = []
    for keyword, value in stated.items():
        place = join_pointer(pointer, keyword)
        if keyword in _KEYWORD_TYPES:
            keys.append(((place, "*"), _KEYWORD_TYPES[keyword]))
        elif keyword == "additionalProperties" and value is False:
            keys.append(((place, "*"), dict))
        elif keyword == "properties":
            children += [(f"/{name}", join_pointer(place, name)) for name in value]
        elif keyword == "items":
            children.append(("*", place))
        elif keyword == "allOf":
            children += [("", join_pointer(place, index)) for index in range(len(value))]
    reference = stated.get("$ref")
    return tuple(keys), tuple(children), reference[1:] if isinstance(reference, str) else None
