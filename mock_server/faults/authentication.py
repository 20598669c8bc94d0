"""Faults of the credential: a check that is left out, or an outcome that is mixed up."""

from dataclasses import replace

from mock_server.exchange import Hooks
from mock_server.fault import Fault, Need, replace_status
from mock_server.faults.applicability import (
    caused_response,
    credential_parameter,
    required_permission,
    secured_operation,
)
from mock_server.tokens import CredentialChecks


def _check_fault(
    name: str, description: str, need: Need = secured_operation, **left_out: bool
) -> Fault:
    def without(checks: CredentialChecks) -> CredentialChecks:
        return replace(checks, **left_out)

    return Fault(name, "auth", description, Hooks(checks=without), needs=(need,))


def _wrong_status_fault(name: str, description: str, cause: str, wrong_status: int) -> Fault:
    hooks = Hooks(response=replace_status(cause, wrong_status))
    return Fault(name, "auth", description, hooks, needs=(caused_response(cause, wrong_status),))


AUTHENTICATION_FAULTS = (
    _check_fault(
        "auth-missing",
        "No credential is asked for: the route was added without the middleware.",
        presence=False,
        permission=False,
    ),
    _check_fault(
        "signature-ignored",
        "A token is decoded, its signature not verified: decode() was mistaken for verify().",
        signature=False,
    ),
    _check_fault(
        "alg-none-accepted",
        "A token that says alg none is taken for signed: the token chooses its own algorithm.",
        algorithm=False,
    ),
    _check_fault(
        "expiry-ignored",
        "An expired token is accepted: the claim exp is written and never read.",
        expiry=False,
    ),
    _check_fault(
        "not-before-ignored",
        "A token is accepted before it is valid: the claim nbf is never read.",
        not_before=False,
    ),
    _check_fault(
        "revocation-ignored",
        "A token that was created revoked is accepted: only the signature is looked at.",
        credential_parameter("revoked"),
        revocation=False,
    ),
    _check_fault(
        "permission-ignored",
        "Any valid token may do anything: authentication stands in for authorisation.",
        required_permission,
        permission=False,
    ),
    _check_fault(
        "permission-by-substring",
        "A permission whose name only contains the needed one is enough: `in` on the wrong type.",
        credential_parameter("permissions"),
        whole_permission=False,
    ),
    _check_fault(
        "scheme-ignored",
        "Any scheme before the token will do, Basic too: the header is split and the half dropped.",
        scheme=False,
    ),
    _wrong_status_fault(
        "forbidden-for-unauthorized",
        "A missing or bad credential is answered 403, as some frameworks do by default.",
        "invalid-credential",
        403,
    ),
    _wrong_status_fault(
        "unauthorized-for-forbidden",
        "A lacking permission is answered 401, so that clients fetch new tokens for ever.",
        "insufficient-permission",
        401,
    ),
    _wrong_status_fault(
        "not-found-for-forbidden",
        "A lacking permission is answered 404, to hide that there is anything.",
        "insufficient-permission",
        404,
    ),
    _wrong_status_fault(
        "credential-crash",
        "A bad credential is answered 500: the exception of the token library is not caught.",
        "invalid-credential",
        500,
    ),
)
