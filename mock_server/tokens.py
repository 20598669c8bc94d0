"""Tokens of the mock: JSON Web Tokens (RFC 7519), signed with HS256 by PyJWT.

The claim `scope` (RFC 8693, section 4.2) lists permissions, separated by spaces. A permission with
a character that is not allowed there is percent-encoded, so it cannot be read as two permissions.
"""

import json
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import jwt
from jwt.algorithms import HMACAlgorithm
from jwt.utils import base64url_encode

DEVELOPMENT_SECRET = "hookproof-development-secret-for-tokens-known-to-everybody"  # noqa: S105
"""Development secret, published on purpose: the tokens are only valid for the mock."""

_ALGORITHM = "HS256"
_HS256 = HMACAlgorithm(HMACAlgorithm.SHA256)
_encode_json = json.JSONEncoder(separators=(",", ":")).encode
_HEADER = base64url_encode(_encode_json({"alg": _ALGORITHM, "typ": "JWT"}).encode())
# RFC 6749, section 3.3: the characters of a scope-token, without the percent sign.
_SCOPE_TOKEN_CHARACTERS = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in '"\\%')
_REVOKED_CLAIM = "revoked"

_REJECTION_MESSAGES: Mapping[type[Exception], str] = {
    jwt.ExpiredSignatureError: "The access token has expired",
    jwt.ImmatureSignatureError: "The access token is not valid yet",
    jwt.InvalidSignatureError: "The signature of the access token cannot be verified",
    jwt.InvalidAlgorithmError: "The algorithm of the access token is not accepted",
}
_MALFORMED_MESSAGE = "The access token is malformed"


class TokenRejected(Exception):
    """Rejection of a token; the message contains nothing from the token."""


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
    subject: str = "hookproof-developer",
    not_before: int | None = None,
    revoked: bool = False,
) -> str:
    """Return a signed token. Times are Unix seconds and may be past; None means no expiry."""
    claims: dict[str, Any] = {
        "iss": "hookproof",
        "sub": subject,
        "scope": " ".join(scope_token(permission) for permission in permissions),
        "jti": secrets.token_hex(16),
        "iat": int(time.time()),
    }
    if not_before is not None:
        claims["nbf"] = not_before
    if expires_at is not None:
        claims["exp"] = expires_at
    if revoked:
        claims[_REVOKED_CLAIM] = True
    # Like jwt.encode, without its check for a PEM key, which takes most of the time.
    signed = _HEADER + b"." + base64url_encode(_encode_json(claims).encode())
    return (signed + b"." + base64url_encode(_HS256.sign(signed, secret.encode()))).decode("ascii")


def verify_token(token: str, secret: str, checks: CredentialChecks) -> Mapping[str, Any]:
    """Return the claims of a valid token; raise `TokenRejected` for any other."""
    try:
        unsigned = not checks.algorithm and jwt.get_unverified_header(token).get("alg") == "none"
        claims = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            options={
                "verify_signature": checks.signature and not unsigned,
                "verify_exp": checks.expiry,
                "verify_nbf": checks.not_before,
                "verify_aud": False,
            },
        )
    except jwt.InvalidTokenError as error:
        raise TokenRejected(_REJECTION_MESSAGES.get(type(error), _MALFORMED_MESSAGE)) from None
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        # PyJWT does not expect this header or claim, such as a number out of range.
        raise TokenRejected(_MALFORMED_MESSAGE) from None
    if claims.get(_REVOKED_CLAIM) and checks.revocation:
        raise TokenRejected("The access token was revoked")
    return claims


def granted_scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the scope-tokens in the claims."""
    scope = claims.get("scope")
    return _split_scope(scope) if isinstance(scope, str) else frozenset()


@lru_cache(maxsize=1024)
def _split_scope(scope: str) -> frozenset[str]:
    return frozenset(scope.split(" "))
