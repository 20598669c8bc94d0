"""Small contracts whose one event is signed by a scheme, and a secret for each scheme."""

import json
from pathlib import Path
from typing import Any

from openapi.signatures.ed25519 import write_private_key
from openapi.signatures.registry import SCHEMES

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
_HEX = "5e3c0ffee15600d5eed5e3c0ffee1560"
PRIVATE_KEY = write_private_key(b"the private key of these tests..")


def secret_of(scheme: str) -> str:
    """Return a secret that `scheme` can use."""
    return SCHEMES[scheme].make_secret(_HEX)


def signed_contract(scheme: str, media_type: str = JSON, **stated: Any) -> dict[str, Any]:
    """Return the document of a service that sends one event, signed by `scheme`."""
    text = {"type": "string", "minLength": 1}
    order = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 60}},
        "additionalProperties": False,
    }
    event = {
        "type": "object",
        "required": ["event", "name"],
        "properties": {"event": {"const": "orderMade"}, "name": text, "note": {"type": "string"}},
    }
    created = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": text, "name": text},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1"},
        "paths": {
            "/orders": {
                "post": {
                    "operationId": "makeOrder",
                    "requestBody": {
                        "required": True,
                        "content": {JSON: {"schema": order, "example": {"name": "first"}}},
                    },
                    "responses": {
                        "201": {
                            "description": "Made.",
                            "content": {JSON: {"schema": created}},
                        },
                        "400": {"description": "Not made."},
                    },
                }
            }
        },
        "webhooks": {
            "orderMade": {
                "post": {
                    "security": [{"seal": []}],
                    "requestBody": {
                        "required": True,
                        "content": {
                            media_type: {
                                "schema": event,
                                "examples": {
                                    "one": {"value": {"event": "orderMade", "name": "first"}}
                                },
                            }
                        },
                    },
                    "responses": {"200": {"description": "Received."}},
                    "x-hookproof-trigger": {
                        "operation": "makeOrder",
                        "status": "201",
                        "echoes": [{"from": "$request.body#/name", "to": "/name"}],
                        "deadline": {"seconds": 5},
                    },
                }
            }
        },
        "components": {
            "securitySchemes": {
                "seal": {
                    "type": "apiKey",
                    "in": "header",
                    "name": SCHEMES[scheme].header,
                    "x-hookproof-signature": {"scheme": scheme, **stated},
                }
            }
        },
    }


def write_contract(folder: Path, scheme: str, media_type: str = JSON, **stated: Any) -> str:
    """Write the contract into `folder`; return its path."""
    file = folder / f"{scheme}.json"
    file.write_text(json.dumps(signed_contract(scheme, media_type, **stated)), encoding="utf-8")
    return str(file)
