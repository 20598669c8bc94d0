"""Which keywords of a schema say something of a value, and where the contract states them. Pure."""

from collections.abc import Iterator
from functools import lru_cache

from openapi.contract import Contract
from openapi.json_pointer import get, join

Key = tuple[str, str]
"""What tells one constraint from another: pointer and detail."""

ANY = object()
"""Stands for every instance: each keyword of the schema is yielded, once."""

_OF_TYPE: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format"), str),
    **dict.fromkeys(
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), (int, float)
    ),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "contains"), list),
    **dict.fromkeys(("minProperties", "maxProperties", "propertyNames"), dict),
    **dict.fromkeys(("type", "const", "enum", "not", "anyOf", "oneOf", "if"), object),
}
"""The keywords that assert something, and of what type the values are that they speak of."""


def key(pointer: str, detail: str) -> Key:
    """Return the key of the constraint that a violation at `pointer` with `detail` breaks."""
    return pointer, detail if pointer.endswith(("/required", "/x-provoke")) else "*"


def evaluated(contract: Contract, pointer: str, instance: object = ANY) -> Iterator[Key]:
    """Yield every keyword at or below the schema at `pointer` that says something of `instance`.

    The alternatives of `anyOf`, `oneOf`, `not` and `if` count as one keyword each.
    """
    yield from _evaluated(contract, pointer, instance, set())


def _evaluated(
    contract: Contract, pointer: str, instance: object, above: set[str]
) -> Iterator[Key]:
    if instance is ANY:
        if pointer in above:
            return
        above.add(pointer)
    keys, children, reference = _node(contract, pointer)
    for found, of_type in keys:
        if instance is ANY or _speaks_of(of_type, instance):
            yield found
    if reference:
        yield from _evaluated(contract, reference, instance, above)
    for where, child in children:
        for value in _below(instance, where):
            yield from _evaluated(contract, child, value, above)


def _speaks_of(of_type: type | tuple[type, ...], instance: object) -> bool:
    if of_type in (str, list, dict, object):
        return isinstance(instance, of_type)
    return isinstance(instance, of_type) and not isinstance(instance, bool)


def _below(instance: object, where: str) -> Iterator[object]:
    """Yield what stands at a property, in every item (`*`) or in the place itself (empty)."""
    if instance is ANY or not where:
        yield instance
    elif where == "*":
        yield from instance if isinstance(instance, list) else ()
    elif isinstance(instance, dict) and where[1:] in instance:
        yield instance[where[1:]]


_Node = tuple[
    tuple[tuple[Key, type | tuple[type, ...]], ...], tuple[tuple[str, str], ...], str | None
]


@lru_cache(maxsize=4096)
def _node(contract: Contract, pointer: str) -> _Node:
    stated = get(contract.document, pointer)
    if not isinstance(stated, dict):
        return (), (), None
    keys: list[tuple[Key, type | tuple[type, ...]]] = [
        ((join(pointer, "required"), name), dict) for name in stated.get("required", ())
    ]
    children: list[tuple[str, str]] = []
    for keyword, value in stated.items():
        place = join(pointer, keyword)
        if keyword in _OF_TYPE:
            keys.append(((place, "*"), _OF_TYPE[keyword]))
        elif keyword == "additionalProperties" and value is False:
            keys.append(((place, "*"), dict))
        elif keyword == "properties":
            children += [(f"/{name}", join(place, name)) for name in value]
        elif keyword == "items":
            children.append(("*", place))
        elif keyword == "allOf":
            children += [("", join(place, index)) for index in range(len(value))]
    reference = stated.get("$ref")
    return tuple(keys), tuple(children), reference[1:] if isinstance(reference, str) else None
