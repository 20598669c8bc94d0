"""OpenAPI 3.1 -> 3.0, for connexion's routing and security alone.

connexion 3 knows only 3.0 and validates bodies by Draft 4. So the lowered document carries paths,
methods, path parameters and security, and no body schema at all: connexion has nothing to validate.
Pure; the contract is not changed.
"""

from collections.abc import Mapping

from openapi.document import Contract, Json


def lower(contract: Contract) -> dict[str, Json]:
    """Return a valid OpenAPI 3.0 document with the operations of `contract`, bodies left out."""
    document = contract.document
    paths: dict[str, Json] = {}
    for operation in contract.operations:
        stated = document["paths"][operation.path]
        parameters = [
            *stated.get("parameters", ()),
            *stated[operation.method.lower()].get("parameters", ()),
        ]
        security = [{operation.scheme: list(operation.permissions)}] if operation.scheme else []
        paths.setdefault(operation.path, {})[operation.method.lower()] = {
            "operationId": operation.id,
            "parameters": [_routed(contract, p) for p in parameters if _in_path(contract, p)],
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


def _resolve(contract: Contract, parameter: Mapping[str, Json]) -> Mapping[str, Json]:
    return contract.at(parameter["$ref"][1:]) if "$ref" in parameter else parameter


def _in_path(contract: Contract, parameter: Mapping[str, Json]) -> bool:
    return bool(_resolve(contract, parameter)["in"] == "path")


def _routed(contract: Contract, parameter: Mapping[str, Json]) -> dict[str, Json]:
    # Every path parameter is routed as a string: its schema is judged later, by the contract's.
    name = _resolve(contract, parameter)["name"]
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
