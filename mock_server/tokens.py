"""Tokens of the mock: JSON Web Tokens (RFC 7519), signed with HS256 by PyJWT.

The claim `scope` (RFC 8693, section 4.2) lists permissions, separated by spaces. A permission with
a character that is not allowed there is percent-encoded, so it cannot pass for two others.
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
"""Published on purpose: tokens of the mock are worth nothing elsewhere."""

_ALGORITHM = "HS256"
_HS256 = HMACAlgorithm(HMACAlgorithm.SHA256)
_encode_json = json.JSONEncoder(separators=(",", ":")).encode
_HEADER = base64url_encode(_encode_json({"alg": _ALGORITHM, "typ": "JWT"}).encode())
# RFC 6749, section 3.3: what a scope-token may hold, less the percent sign.
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
    """The token does not authenticate; the message says why and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class CredentialChecks:
    """What is checked of a credential. All of it, unless a fault says otherwise."""

    presence: bool = True
    """Off: whatever stands in the header, or nothing, is let through."""
    scheme: bool = True
    content: bool = True
    """Off: what stands behind the scheme is not read."""
    signature: bool = True
    algorithm: bool = True
    """Off: a token that says `alg: none` needs no signature."""
    expiry: bool = True
    not_before: bool = True
    revocation: bool = True
    permission: bool = True
    whole_permission: bool = True
    """Off: a permission that only contains the needed one will do."""


AUTH_MODES: Mapping[str, CredentialChecks] = MappingProxyType(
    {
        "jwt": CredentialChecks(),
        "presence": CredentialChecks(content=False, permission=False),
        "off": CredentialChecks(presence=False, permission=False),
    }
)
"""How credentials are checked where no fault interferes, by the name of the mode."""


@lru_cache(maxsize=1024)
def scope_token(permission: str) -> str:
    """Return `permission` as it stands in the claim `scope`; distinct ones stay distinct."""
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
    """Return a signed token. Times are seconds since 1970 and may be past; None is no expiry."""
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
    # As jwt.encode does it, less the look at the key (is it a PEM file?) that costs most of it.
    signed = _HEADER + b"." + base64url_encode(_encode_json(claims).encode())
    return (signed + b"." + base64url_encode(_HS256.sign(signed, secret.encode()))).decode("ascii")


def verify_token(token: str, secret: str, checks: CredentialChecks) -> Mapping[str, Any]:
    """Return the claims of a token that authenticates; raise `TokenRejected` for any other."""
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
        # A header or claim of a shape that PyJWT does not expect, such as a number beyond range.
        raise TokenRejected(_MALFORMED_MESSAGE) from None
    if claims.get(_REVOKED_CLAIM) and checks.revocation:
        raise TokenRejected("The access token was revoked")
    return claims


def granted_scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the scope-tokens that the claims hold."""
    scope = claims.get("scope")
    return frozenset(scope.split(" ")) if isinstance(scope, str) else frozenset()
