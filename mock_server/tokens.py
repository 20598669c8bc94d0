"""Tokens of the mock: JSON Web Tokens (RFC 7519), signed with HS256.

The claim `scope` (RFC 8693, section 4.2) lists permissions, separated by spaces. A permission with
a character that is not allowed there is percent-encoded, so it cannot be read as two permissions.
"""

import hmac
import json
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

DEVELOPMENT_SECRET = "hookproof-development-secret-for-tokens-known-to-everybody"  # noqa: S105
"""Development secret, published on purpose: the tokens are only valid for the mock."""

ALGORITHM = "HS256"
REVOKED_CLAIM = "revoked"
TENANT_CLAIM = "tenant"
_encode_json = json.JSONEncoder(separators=(",", ":")).encode
# RFC 6749, section 3.3: the characters of a scope-token, without the percent sign.
_SCOPE_TOKEN_CHARACTERS = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in '"\\%')


@dataclass(frozen=True, slots=True)
class CredentialChecks:
    """Checks of a credential. A fault may disable some."""

    presence: bool = True
    """False accepts any header value, and a missing header."""
    scheme: bool = True
    content: bool = True
    """False accepts any text after the scheme."""
    signature: bool = True
    algorithm: bool = True
    """False accepts a token with `alg: none` and without a signature."""
    expiry: bool = True
    not_before: bool = True
    revocation: bool = True
    permission: bool = True
    whole_permission: bool = True
    """False accepts a permission that only contains the required one."""


AUTH_MODES: Mapping[str, CredentialChecks] = MappingProxyType(
    {
        "jwt": CredentialChecks(),
        "presence": CredentialChecks(content=False, permission=False),
        "off": CredentialChecks(presence=False, permission=False),
    }
)
"""Credential checks by the name of the auth mode, before faults change them."""


@lru_cache(maxsize=1024)
def scope_token(permission: str) -> str:
    """Return `permission` as a scope-token; different permissions give different tokens."""
    return quote(permission, safe=_SCOPE_TOKEN_CHARACTERS, errors="surrogatepass")


def mint(
    secret: str,
    permissions: Iterable[str],
    expires_at: int | None,
    *,
    not_before: int | None = None,
    revoked: bool = False,
    tenant: str | None = None,
) -> str:
    """Return a signed token. Times are Unix seconds and may be past; None means no expiry.

    A request with the token sees the resources of `tenant`; None is the default tenant.
    """
    # Without PyJWT and without an encoder for the numbers, because each takes longer than to sign.
    claims = f'{_stated_claims(tuple(permissions), tenant)},"jti":"{os.urandom(16).hex()}"'
    claims += f',"iat":{int(time.time())}'
    if not_before is not None:
        claims += f',"nbf":{not_before}'
    if expires_at is not None:
        claims += f',"exp":{expires_at}'
    if revoked:
        claims += f',"{REVOKED_CLAIM}":true'
    signed = _HEADER + b"." + _encode_base64url(claims.encode() + b"}")
    signature = _keyed_hash(secret).copy()
    signature.update(signed)
    return (signed + b"." + _encode_base64url(signature.digest())).decode("ascii")


@lru_cache(maxsize=8)
def _stated_claims(permissions: tuple[str, ...], tenant: str | None) -> str:
    """Return the claims that differ only between grants, as the beginning of a JSON object."""
    claims = {
        "iss": "hookproof",
        "sub": "hookproof-developer",
        "scope": " ".join(scope_token(permission) for permission in permissions),
    }
    if tenant is not None:
        claims[TENANT_CLAIM] = tenant
    return _encode_json(claims).removesuffix("}")


@lru_cache(maxsize=8)
def _keyed_hash(secret: str) -> hmac.HMAC:
    """Return the HMAC before any data; a copy of it takes less time than to set the key."""
    return hmac.new(secret.encode(), digestmod="sha256")


def _encode_base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


_HEADER = _encode_base64url(_encode_json({"alg": ALGORITHM, "typ": "JWT"}).encode())


def granted_scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the scope-tokens in the claims."""
    scope = claims.get("scope")
    return _split_scope(scope) if isinstance(scope, str) else frozenset()


@lru_cache(maxsize=1024)
def _split_scope(scope: str) -> frozenset[str]:
    return frozenset(scope.split(" "))
