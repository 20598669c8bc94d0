"""Faults of the credential: a check that is left out, or an outcome that is mixed up."""

from dataclasses import replace

from mock_server.exchange import Behaviour
from mock_server.fault import Fault, swapped
from mock_server.tokens import Checks


def _auth(name: str, sentence: str, **left_out: bool) -> Fault:
    def without(checks: Checks) -> Checks:
        return replace(checks, **left_out)

    return Fault(name, "auth", sentence, Behaviour(checks=without))


def _mixed_up(name: str, sentence: str, provocation: str, instead: int) -> Fault:
    return Fault(name, "auth", sentence, Behaviour(answer=swapped(provocation, instead)))


AUTH = (
    _auth(
        "auth-missing",
        "No credential is asked for: the route was added without the middleware.",
        presence=False,
        permission=False,
    ),
    _auth(
        "signature-ignored",
        "A token is decoded, its signature not verified: decode() was mistaken for verify().",
        signature=False,
    ),
    _auth(
        "alg-none-accepted",
        "A token that says alg none is taken for signed: the token chooses its own algorithm.",
        algorithm=False,
    ),
    _auth(
        "expiry-ignored",
        "An expired token is accepted: the claim exp is written and never read.",
        expiry=False,
    ),
    _auth(
        "not-before-ignored",
        "A token is accepted before it is valid: the claim nbf is never read.",
        not_before=False,
    ),
    _auth(
        "revocation-ignored",
        "A token that was created revoked is accepted: only the signature is looked at.",
        revocation=False,
    ),
    _auth(
        "permission-ignored",
        "Any valid token may do anything: authentication stands in for authorisation.",
        permission=False,
    ),
    _auth(
        "permission-by-substring",
        "A permission whose name only contains the needed one is enough: `in` on the wrong type.",
        whole_permission=False,
    ),
    _auth(
        "scheme-ignored",
        "Any scheme before the token will do, Basic too: the header is split and the half dropped.",
        scheme=False,
    ),
    _mixed_up(
        "forbidden-for-unauthorized",
        "A missing or bad credential is answered 403, as some frameworks do by default.",
        "refused-credential",
        403,
    ),
    _mixed_up(
        "unauthorized-for-forbidden",
        "A lacking permission is answered 401, so that clients fetch new tokens for ever.",
        "credential-without-permission",
        401,
    ),
    _mixed_up(
        "hidden-as-not-found",
        "A lacking permission is answered 404, to hide that there is anything.",
        "credential-without-permission",
        404,
    ),
    _mixed_up(
        "credential-crash",
        "A bad credential is answered 500: the exception of the token library is not caught.",
        "refused-credential",
        500,
    ),
)
