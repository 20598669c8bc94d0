"""Signed credentials (JWT, HS256), created and verified with hmac and hashlib alone."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
import time
from typing import Any

PERMISSION = "personalAccessToken:write"
CHECKS = frozenset({"algorithm", "signature", "expiry", "not-before"})
_TEXT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


class TokenError(Exception):
    """Invalid, expired or not yet valid credential."""


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise TokenError("a part cannot be read") from error
    if not isinstance(value, dict):
        raise TokenError("a part is not an object")
    return value


def signature(signed: str, secret: str) -> str:
    return _encode(hmac.new(secret.encode(), signed.encode("ascii"), hashlib.sha256).digest())


def mint(claims: dict[str, Any], secret: str) -> str:
    head = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    signed = f"{head}.{_encode(json.dumps(claims).encode())}"
    return f"{signed}.{signature(signed, secret)}"


def claims_for(
    permissions: list[str], user: str, expires: float | None = None, starts: float | None = None
) -> dict[str, Any]:
    claims: dict[str, Any] = {"sub": user, "jti": secrets.token_hex(16), "permissions": permissions}
    if expires is not None:
        claims["exp"] = expires
    if starts is not None:
        claims["nbf"] = starts
    return claims


def _number(claims: dict[str, Any], key: str) -> float | None:
    value = claims.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TokenError(f"{key} is not a number")
    return value


def read(text: str, secret: str, checks: frozenset[str] = CHECKS, leeway: float = 0) -> Any:
    """Return the claims of a credential that passes all `checks`; raise TokenError otherwise."""
    if not _TEXT.fullmatch(text):
        raise TokenError("not three parts")
    head, body, given = text.split(".")
    algorithm = _decode(head).get("alg")
    if algorithm != "HS256" and "algorithm" in checks:
        raise TokenError("another algorithm")
    # Compared as text, so that no second encoding of the same signature passes.
    expected = signature(f"{head}.{body}", secret) if algorithm != "none" else ""
    if "signature" in checks and not hmac.compare_digest(expected, given):
        raise TokenError("the signature is wrong")
    claims, now = _decode(body), time.time()
    expires, starts = _number(claims, "exp"), _number(claims, "nbf")
    if "expiry" in checks and expires is not None and now >= expires + leeway:
        raise TokenError("expired")
    if "not-before" in checks and starts is not None and now < starts:
        raise TokenError("not yet valid")
    granted = claims.get("permissions")
    if not isinstance(granted, list) or not all(isinstance(item, str) for item in granted):
        raise TokenError("no list of permissions")
    if not isinstance(claims.get("sub"), str) or not isinstance(claims.get("jti"), str):
        raise TokenError("no user or no id")
    return claims
