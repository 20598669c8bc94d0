"""Conversion of the contract to OpenAPI 3.0, bodies included, for the plain connexion app."""

from openapi.contract import Contract, Json

_LEFT_OUT = ("examples", "example", "webhooks")


def plain_document(contract: Contract) -> dict[str, Json]:
    """Return the operations of `contract`, references resolved, for benchmarks/plain_app.py."""
    paths = _lowered(contract, contract.document["paths"])
    for item in paths.values():
        for operation in item.values():
            operation["operationId"] = "plain_app.create"
            operation["security"] = [
                {name: [] for name in required} for required in operation.get("security", ())
            ]
    schemes = {
        name: {"type": "http", "scheme": scheme["scheme"], "x-bearerInfoFunc": "plain_app.bearer"}
        for name, scheme in contract.document["components"]["securitySchemes"].items()
        if scheme["type"] == "http"
    }
    info = contract.document["info"]
    return {
        "openapi": "3.0.3",
        "info": {"title": info["title"], "version": info["version"]},
        "paths": paths,
        "components": {"securitySchemes": schemes},
    }


def _lowered(contract: Contract, value: Json) -> Json:
    if isinstance(value, list):
        return [_lowered(contract, item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _lowered(contract, contract.at(value["$ref"][1:]))
    kept = {
        key: _lowered(contract, item)
        for key, item in value.items()
        if not key.startswith("x-") and key not in _LEFT_OUT
    }
    if isinstance(kept.get("type"), list):
        kept["type"] = next(name for name in kept["type"] if name != "null")
        kept["nullable"] = True
    return kept
