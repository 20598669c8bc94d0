"""OpenAPI 3.1 -> 3.0, for connexion's routing alone.

connexion 3 knows only 3.0 and validates bodies by Draft 4. So the lowered document carries paths,
methods and path parameters, and no body schema at all: connexion has nothing to validate.
Pure; the contract is not changed.
"""

from openapi.document import Contract, Json


def lower(contract: Contract) -> dict[str, Json]:
    """Return an OpenAPI 3.0 document of what routes the operations of `contract`."""
    document = contract.document
    paths: dict[str, Json] = {}
    for operation in contract.operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = {
            "operationId": operation.id,
            # Routed as strings: their schemas are judged later, by the contract itself.
            "parameters": [
                {"name": p.name, "in": "path", "required": True, "schema": {"type": "string"}}
                for p in operation.parameters
                if p.place == "path"
            ],
            "responses": {status: {"description": status} for status in operation.responses},
        }
    return {
        "openapi": "3.0.3",
        "info": {"title": document["info"]["title"], "version": document["info"]["version"]},
        "paths": paths,
    }
