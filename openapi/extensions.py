"""Lookup of the properties that have an extension, such as `x-hookproof-secret`."""

from collections.abc import Iterator

from openapi.contract import Contract
from openapi.json_pointer import get_at, join_pointer


def extended_properties(
    contract: Contract, schema: str, keyword: str, instance: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the pointers into an instance and into the contract of each property with `keyword`.

    Follow references and `properties` below `schema`, but not arrays and combinations.
    """
    schema = contract.resolve(schema)
    stated = get_at(contract.document, schema)
    if not isinstance(stated, dict):
        return
    if keyword in stated:
        yield instance, join_pointer(schema, keyword)
    for name in stated.get("properties", {}):
        yield from extended_properties(
            contract,
            join_pointer(schema, "properties", name),
            keyword,
            join_pointer(instance, name),
        )
