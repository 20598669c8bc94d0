"""Verification of the mock's tokens by PyJWT."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
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
    _check_form(token, checks)
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
    _check_dates(claims, checks)
    if claims.get(REVOKED_CLAIM) and checks.revocation:
        raise TokenRejected("The access token was revoked")
    return claims


def _check_form(token: str, checks: CredentialChecks) -> None:
    """Reject a segment with padding, or with another base64url text than its bytes have.

    PyJWT accepts both, but they are other texts of the same token (RFC 7515, section 2), so that a
    list of revoked tokens would miss them.
    """
    segments = token.split(".")
    for segment in segments if checks.signature else segments[:2]:
        try:
            decoded = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        except ValueError:
            raise TokenRejected(_MALFORMED_MESSAGE) from None
        if urlsafe_b64encode(decoded).rstrip(b"=") != segment.encode():
            raise TokenRejected(_MALFORMED_MESSAGE)


def _check_dates(claims: Mapping[str, Any], checks: CredentialChecks) -> None:
    """Reject a date that is no number (RFC 7519, section 2); PyJWT accepts one in a text."""
    expected = {"exp": checks.expiry, "nbf": checks.not_before, "iat": True}
    for name, is_checked in expected.items():
        if is_checked and type(claims.get(name, 0)) not in (int, float):
            raise TokenRejected(_MALFORMED_MESSAGE)
