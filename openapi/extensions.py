"""Finding the properties that an extension marks, such as `x-secret`."""

from collections.abc import Iterator

from openapi.contract import Contract
from openapi.json_pointer import get, join


def marked(
    contract: Contract, schema: str, keyword: str, instance: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield where in an instance, and where in the contract, each property with `keyword` stands.

    Follows references and `properties` below `schema`, not arrays and combinations.
    """
    schema = contract.resolve(schema)
    stated = get(contract.document, schema)
    if not isinstance(stated, dict):
        return
    if keyword in stated:
        yield instance, join(schema, keyword)
    for name in stated.get("properties", {}):
        yield from marked(contract, join(schema, "properties", name), keyword, join(instance, name))
