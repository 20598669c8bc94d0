"""Lookup of the properties that have an extension, such as `x-hookproof-secret`."""

from collections.abc import Iterator
from functools import lru_cache

from openapi.contract import Contract
from openapi.json_pointer import get_at, join_pointer

_MAX_DEPTH = 12
"""Maximum depth of the search, because schemas may be recursive."""


@lru_cache(maxsize=4096)
def extended_properties(
    contract: Contract, schema: str, *keywords: str
) -> tuple[tuple[str, str], ...]:
    """Return each property with one of `keywords`: pointers into an instance and to the keyword.

    Follow references and `properties` below `schema`, but not arrays and combinations. A keyword
    that is false does not count.
    """
    return tuple(_walk_properties(contract, schema, keywords, "", 0))


def _walk_properties(
    contract: Contract, schema: str, keywords: tuple[str, ...], instance: str, depth: int
) -> Iterator[tuple[str, str]]:
    stated = get_at(contract.document, schema)
    if not isinstance(stated, dict) or depth > _MAX_DEPTH:
        return
    if "$ref" in stated:
        yield from _walk_properties(contract, stated["$ref"][1:], keywords, instance, depth + 1)
    yield from ((instance, join_pointer(schema, k)) for k in keywords if stated.get(k))
    for name in stated.get("properties", {}):
        part, place = join_pointer(schema, "properties", name), join_pointer(instance, name)
        yield from _walk_properties(contract, part, keywords, place, depth + 1)
