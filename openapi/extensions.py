"""Lookup of the properties that have an extension, such as `x-hookproof-secret`."""

from collections.abc import Iterator
from functools import lru_cache

from openapi.contract import Contract
from openapi.json_pointer import get_at, join_pointer


@lru_cache(maxsize=4096)
def extended_properties(
    contract: Contract, schema: str, keyword: str
) -> tuple[tuple[str, str], ...]:
    """Return the pointers into an instance and into the contract of each property with `keyword`.

    Follow references and `properties` below `schema`, but not arrays and combinations.
    """
    return tuple(_walk_properties(contract, schema, keyword, ""))


def _walk_properties(
    contract: Contract, schema: str, keyword: str, instance: str
) -> Iterator[tuple[str, str]]:
    schema = contract.resolve(schema)
    stated = get_at(contract.document, schema)
    if not isinstance(stated, dict):
        return
    if keyword in stated:
        yield instance, join_pointer(schema, keyword)
    for name in stated.get("properties", {}):
        yield from _walk_properties(
            contract,
            join_pointer(schema, "properties", name),
            keyword,
            join_pointer(instance, name),
        )
