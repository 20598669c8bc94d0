"""Deviations of credentials: which are accepted, and which permissions an issued token has."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from reference_service import token_store, tokens
from reference_service.behaviour import (
    Behaviour,
    Caller,
    Change,
    Issued,
    RejectionError,
    Request,
    Response,
    adding,
    around,
    setting,
)
from reference_service.deviation import Deviation
from reference_service.token_store import TokenStore

_VERIFIED: Final = (
    "a credential that is missing, malformed, expired or unverifiable is a 401 (implied)"
)
_PERMITTED: Final = "a valid credential without personalAccessToken:write is a 403 (implied)"
_SCHEME: Final = "the credential is sent as Authorization: Bearer {token} (docs); without it: 401"
_WORKS: Final = "the accessToken is a credential with the requested scopes (docs)"
_UNTIL: Final = "the accessToken is valid until expiresAt (docs)"
_REVOKED: Final = "an accessToken that was created as revoked is no credential (docs)"
_ANYONE: Final = Caller("7c1b6f0e-5a53-4a0e-9d86-0f7e3f1f2a11", "anyone", (tokens.PERMISSION,))


def _wrong(mistake: str, fact: str, change: Change) -> Deviation:
    return Deviation("credentials", mistake, fact, change)


def _without(check: str) -> Change:
    return setting(recognise=partial(token_store.signed, checks=tokens.CHECKS - {check}))


def _forgiving(old: Callable[[TokenStore, str], Caller]) -> Callable[[TokenStore, str], Caller]:
    def recognise(store: TokenStore, text: str) -> Caller:
        try:
            return old(store, text)
        except RejectionError:
            return _ANYONE

    return recognise


def _or_text(fallback: Callable[[Request], str | None]) -> Change:
    """Take the credential from `fallback` where the documented header is missing or wrong."""

    def wrap(old: Callable[[Request], str]) -> Callable[[Request], str]:
        def present(request: Request) -> str:
            try:
                return old(request)
            except RejectionError:
                text = fallback(request)
                if text is None:
                    raise
                return text

        return present

    return around("present", wrap)


def _missing(request: Request) -> str | None:
    return None if request.all("Authorization") else ""


def _guests(behaviour: Behaviour) -> Behaviour:
    def recognise(store: TokenStore, text: str) -> Caller:
        return behaviour.recognise(store, text) if text else _ANYONE

    return setting(recognise=recognise)(_or_text(_missing)(behaviour))


def _any_scheme(request: Request) -> str | None:
    words = request.one("Authorization").split()
    return words[1] if len(words) == 2 else None


def _no_scheme(request: Request) -> str | None:
    return request.one("Authorization").strip() or None


def _open(behaviour: Behaviour) -> Behaviour:
    anything = _or_text(lambda request: "")(behaviour)
    return setting(recognise=_forgiving(behaviour.recognise), permit=lambda caller: True)(anything)


def _prefix_of_signature(store: TokenStore, text: str) -> Caller:
    head, _, signature = text.rpartition(".")
    loose = tokens.CHECKS - {"signature"}
    caller = token_store.signed(store, text, loose)
    if not tokens.signature(head, store.secret).startswith(signature):
        raise token_store.unauthorised("The signature is wrong.")
    return caller


def _by_address(behaviour: Behaviour) -> Behaviour:
    first: dict[str, str] = {}
    client = threading.local()

    def present(request: Request) -> str:
        client.address = request.client
        return first.get(request.client) or behaviour.present(request)

    def recognise(store: TokenStore, text: str) -> Caller:
        caller = behaviour.recognise(store, text)
        if behaviour.permit(caller):
            first.setdefault(client.address, text)
        return caller

    return setting(present=present, recognise=recognise)(behaviour)


def _status(old: int, new: int) -> Change:
    def reply(request: Request, response: Response) -> Response:
        return replace(response, status=new) if response.status == old else response

    return adding("replies", reply)


def _login(request: Request, response: Response) -> Response:
    moved = replace(response, status=302).with_header("Location", "/login")
    return moved if response.status == 401 else response


def _fragile(old: Callable[[TokenStore, str], Caller]) -> Callable[[TokenStore, str], Caller]:
    def recognise(store: TokenStore, text: str) -> Caller:
        if text.count(".") != 2:
            raise RejectionError(500, "internalError", "Something went wrong.")
        return old(store, text)

    return recognise


def _issued(change: Callable[[Issued], Issued]) -> Change:
    """Issue the token for other values than requested."""
    return around("issue", lambda old: lambda store, issued: old(store, change(issued)))


def _wish(**values: Any) -> Change:
    return _issued(lambda issued: replace(issued, spec=replace(issued.spec, **values)))


def _foreign(store: TokenStore, issued: Issued) -> str:
    return token_store.issue_signed(TokenStore("changeme"), issued)


def _callers_own(issued: Issued) -> Issued:
    return replace(issued, spec=replace(issued.spec, scopes=issued.caller.permissions))


def _resource(caller: Caller) -> bool:
    return any(item.startswith("personalAccessToken") for item in caller.permissions)


_CHECKS: Final = {
    "no-check": _wrong(
        "The middleware that checks credentials is not installed on this route.", _VERIFIED, _open
    ),
    "missing-accepted": _wrong(
        "Authentication is optional: a request without the header passes as a guest.",
        _VERIFIED,
        _guests,
    ),
    "signature-unchecked": _wrong(
        "The token is decoded but not verified.", _VERIFIED, _without("signature")
    ),
    "signature-prefix": _wrong(
        "Only as many characters as were sent are compared, so an empty signature passes.",
        _VERIFIED,
        setting(recognise=_prefix_of_signature),
    ),
    "exp-ignored": _wrong(
        "The library checks exp only if an option is set.", _VERIFIED, _without("expiry")
    ),
    "exp-leeway-one-hour": _wrong(
        "The leeway for clock skew has the wrong unit: an hour instead of a minute.",
        _VERIFIED,
        setting(recognise=partial(token_store.signed, leeway=3600)),
    ),
    "nbf-ignored": _wrong("nbf is not checked.", _VERIFIED, _without("not-before")),
    "alg-none-accepted": _wrong(
        "The algorithm is taken from the token's header, and none is accepted.",
        _VERIFIED,
        _without("algorithm"),
    ),
    "address-remembered": _wrong(
        "The gateway caches the first credential of an address and uses it for all later requests.",
        _VERIFIED,
        _by_address,
    ),
    "any-scheme": _wrong(
        "The header is split at the space and the scheme is ignored.",
        _SCHEME,
        _or_text(_any_scheme),
    ),
    "bare-token-accepted": _wrong(
        "The prefix Bearer is removed where it is present, but not required.",
        _SCHEME,
        _or_text(_no_scheme),
    ),
    "permission-unchecked": _wrong(
        "Every authenticated caller has all permissions.",
        _PERMITTED,
        setting(permit=lambda caller: True),
    ),
    "permission-by-resource": _wrong(
        "Only the resource of the permission is compared, so read counts as write.",
        _PERMITTED,
        setting(permit=_resource),
    ),
    "permission-any-write": _wrong(
        "Any write permission is enough.",
        _PERMITTED,
        setting(permit=lambda caller: any(p.endswith(":write") for p in caller.permissions)),
    ),
    "permission-substring": _wrong(
        "The permissions are joined and searched for a substring.",
        _PERMITTED,
        setting(permit=lambda caller: tokens.PERMISSION in " ".join(caller.permissions)),
    ),
}

_ANSWERS: Final = {
    "forbidden-for-unauthorised": _wrong(
        "The framework's default for a failed authentication is 403.", _VERIFIED, _status(401, 403)
    ),
    "unauthorised-for-forbidden": _wrong(
        "Both failures raise the same exception, and it is mapped to 401.",
        _PERMITTED,
        _status(403, 401),
    ),
    "bad-request-for-unauthorised": _wrong(
        "A missing required header is mapped to 400.", _VERIFIED, _status(401, 400)
    ),
    "not-found-for-forbidden": _wrong(
        "A resource without permission is hidden by a 404.", _PERMITTED, _status(403, 404)
    ),
    "login-redirect": _wrong(
        "The middleware of the web pages redirects API callers to the login page.",
        _VERIFIED,
        adding("replies", _login),
    ),
    "malformed-credential-500": _wrong(
        "The token is split into three parts without checking their number.",
        _VERIFIED,
        around("recognise", _fragile),
    ),
}

_ISSUED: Final = {
    "issued-is-dead": _wrong(
        "Issued tokens are signed with the default secret of the configuration file.",
        _WORKS,
        setting(issue=_foreign),
    ),
    "issued-without-scopes": _wrong(
        "The scopes are saved after the token is signed, so the token has none.",
        _WORKS,
        _wish(scopes=()),
    ),
    "issued-first-scope-only": _wrong(
        "The loop over the scopes returns in its first iteration.",
        _WORKS,
        _issued(
            lambda made: replace(
                made,
                spec=replace(made.spec, scopes=made.spec.scopes[:1]),
            )
        ),
    ),
    "issued-with-callers-scopes": _wrong(
        "The new token inherits the caller's permissions.", _WORKS, _issued(_callers_own)
    ),
    "issued-never-expires": _wrong(
        "expiresAt is stored but not written into the token.", _UNTIL, _wish(expires=None)
    ),
    "issued-revoked-lives": _wrong(
        "revoked is stored but not checked when the token is used.",
        _REVOKED,
        _wish(revoked=False),
    ),
}

CREDENTIALS: Final[dict[str, Deviation]] = {**_CHECKS, **_ANSWERS, **_ISSUED}
