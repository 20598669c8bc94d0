"""Faults of authentication: a skipped check, or the wrong status for a rejected credential."""

from dataclasses import replace

from mock_server.exchange import Hooks
from mock_server.fault import Fault, Need, replace_status
from mock_server.faults.applicability import (
    authorization_operation,
    caused_response,
    credential_parameter,
    required_permission,
    secured_operation,
    token_operation,
)
from mock_server.tokens import CredentialChecks


def _check_fault(
    name: str, description: str, need: Need = token_operation, **left_out: bool
) -> Fault:
    def without(checks: CredentialChecks) -> CredentialChecks:
        return replace(checks, **left_out)

    return Fault(name, "auth", description, Hooks(checks=without), need=need)


def _wrong_status_fault(name: str, description: str, cause: str, wrong_status: int) -> Fault:
    hooks = Hooks(response=replace_status(cause, wrong_status))
    return Fault(name, "auth", description, hooks, need=caused_response(cause, wrong_status))


AUTHENTICATION_FAULTS = (
    _check_fault(
        "auth-missing",
        "The service checks no credential: the route lacks the middleware.",
        secured_operation,
        presence=False,
        permission=False,
    ),
    _check_fault(
        "signature-ignored",
        "The service does not verify a token's signature: decode() was mistaken for verify().",
        signature=False,
    ),
    _check_fault(
        "alg-none-accepted",
        "An unsigned token with alg none is accepted: the token chooses the algorithm.",
        algorithm=False,
    ),
    _check_fault(
        "expiry-ignored",
        "An expired token is accepted: the service does not check the claim exp.",
        expiry=False,
    ),
    _check_fault(
        "not-before-ignored",
        "A token is accepted before it is valid: the service does not check the claim nbf.",
        not_before=False,
    ),
    _check_fault(
        "revocation-ignored",
        "A token that was created revoked is accepted: the service checks only the signature.",
        credential_parameter("revoked"),
        revocation=False,
    ),
    _check_fault(
        "permission-ignored",
        "Any valid token may call any operation: the service does not check permissions.",
        required_permission,
        permission=False,
    ),
    _check_fault(
        "permission-by-substring",
        "A permission that only contains the needed name is enough: `in` is applied to a string.",
        credential_parameter("permissions"),
        whole_permission=False,
    ),
    _check_fault(
        "scheme-ignored",
        "Any authentication scheme is accepted, Basic too: the service reads only the token.",
        authorization_operation,
        scheme=False,
    ),
    _wrong_status_fault(
        "forbidden-for-unauthorized",
        "The service returns 403 for a missing or invalid credential: a framework's default.",
        "invalid-credential",
        403,
    ),
    _wrong_status_fault(
        "unauthorized-for-forbidden",
        "The service returns 401 for a missing permission, so clients request tokens endlessly.",
        "insufficient-permission",
        401,
    ),
    _wrong_status_fault(
        "not-found-for-forbidden",
        "The service returns 404 for a missing permission, to hide that the resource exists.",
        "insufficient-permission",
        404,
    ),
    _wrong_status_fault(
        "credential-crash",
        "The service returns 500 for an invalid credential: an exception is not caught.",
        "invalid-credential",
        500,
    ),
)
