"""Finding the properties that an extension marks, such as `x-secret`."""

from collections.abc import Iterator

from openapi.document import Contract
from openapi.pointer import get, join


def marked(
    contract: Contract, schema: str, keyword: str, instance: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the place in an instance, and the place in the contract, of each property with `keyword`.

    Follows references and `properties` below `schema`; arrays and combinations are not searched.
    """
    stated = get(contract.document, schema)
    while isinstance(stated, dict) and isinstance(stated.get("$ref"), str):
        schema = stated["$ref"][1:]
        stated = get(contract.document, schema)
    if not isinstance(stated, dict):
        return
    if keyword in stated:
        yield instance, join(schema, keyword)
    for name in stated.get("properties", {}):
        yield from marked(contract, join(schema, "properties", name), keyword, join(instance, name))
