"""OpenAPI 3.1 -> 3.0, for connexion's routing and security alone.

connexion 3 knows only 3.0 and validates bodies by Draft 4. So the lowered document carries paths,
methods, path parameters and security, and no body schema at all: connexion has nothing to validate.
Pure; the contract is not changed.
"""

from openapi.document import Contract, Json


def lower(contract: Contract) -> dict[str, Json]:
    """Return a valid OpenAPI 3.0 document with the operations of `contract`, bodies left out."""
    document = contract.document
    paths: dict[str, Json] = {}
    for operation in contract.operations:
        security = [{operation.scheme: list(operation.permissions)}] if operation.scheme else []
        paths.setdefault(operation.path, {})[operation.method.lower()] = {
            "operationId": operation.id,
            # Routed as strings: their schemas are judged later, by the contract itself.
            "parameters": [
                {"name": p.name, "in": "path", "required": True, "schema": {"type": "string"}}
                for p in operation.parameters
                if p.place == "path"
            ],
            "security": security,
            "responses": {status: {"description": status} for status in operation.responses},
        }
    schemes = document.get("components", {}).get("securitySchemes", {})
    return {
        "openapi": "3.0.3",
        "info": {"title": document["info"]["title"], "version": document["info"]["version"]},
        "paths": paths,
        "components": {
            "securitySchemes": {
                name: {"type": "http", "scheme": scheme["scheme"]}
                for name, scheme in schemes.items()
                if scheme["type"] == "http"
            }
        },
    }
