"""Plain connexion app, written by hand as connexion's documentation shows.

The variable `BENCHMARK_DOCUMENT` has the path of the contract, converted to OpenAPI 3.0. connexion
routes requests, checks credentials and validates bodies.
"""

import os
from typing import Any

import jwt
from connexion import AsyncApp  # type: ignore[import-untyped]

SECRET = os.environ["HOOKPROOF_JWT_SECRET"]
TAKEN: set[str] = set()


def bearer(token: str) -> dict[str, Any] | None:
    """Return the claims of a token (connexion's `x-bearerInfoFunc`); None rejects it."""
    try:
        return jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        return None


async def create(body: dict[str, Any]) -> tuple[dict[str, str], int]:
    """Create a token; reject a duplicate name."""
    if body["name"] in TAKEN:
        return {"message": "A token of this name exists already", "code": "CONFLICT"}, 409
    TAKEN.add(body["name"])
    claims = {"sub": body["name"], "scope": " ".join(body["scopes"])}
    return {"accessToken": jwt.encode(claims, SECRET, "HS256")}, 201


app = AsyncApp(__name__)
app.add_api(os.environ["BENCHMARK_DOCUMENT"])
