"""Verification of the mock's tokens by PyJWT."""

from collections.abc import Mapping
from typing import Any

import jwt

from mock_server.tokens import ALGORITHM, REVOKED_CLAIM, CredentialChecks

_REJECTION_MESSAGES: Mapping[type[Exception], str] = {
    jwt.ExpiredSignatureError: "The access token has expired",
    jwt.ImmatureSignatureError: "The access token is not valid yet",
    jwt.InvalidSignatureError: "The signature of the access token cannot be verified",
    jwt.InvalidAlgorithmError: "The algorithm of the access token is not accepted",
}
_MALFORMED_MESSAGE = "The access token is malformed"


class TokenRejected(Exception):
    """Rejection of a token; the message contains nothing from the token."""


def verify_token(token: str, secret: str, checks: CredentialChecks) -> Mapping[str, Any]:
    """Return the claims of a valid token; raise `TokenRejected` for any other."""
    try:
        unsigned = not checks.algorithm and jwt.get_unverified_header(token).get("alg") == "none"
        claims = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
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
    if claims.get(REVOKED_CLAIM) and checks.revocation:
        raise TokenRejected("The access token was revoked")
    return claims
