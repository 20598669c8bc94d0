"""Deviations of credentials: who is let in, who is not, and what an issued token is worth."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

import tokens
import vault
from deviation import Deviation
from plan import Answer, Ask, Caller, Change, Issued, Plan, RefusalError, adding, around, setting
from vault import Vault

_VERIFIED: Final = (
    "a credential that is missing, malformed, expired or unverifiable is a 401 (implied)"
)
_PERMITTED: Final = "a valid credential without personalAccessToken:write is a 403 (implied)"
_SCHEME: Final = "the credential comes as Authorization: Bearer {token} (docs); without it: 401"
_WORKS: Final = "the accessToken is a credential with the scopes asked for (docs)"
_UNTIL: Final = "the accessToken is valid until expiresAt (docs)"
_REVOKED: Final = "an accessToken that was created revoked is no credential (docs)"
_ANYONE: Final = Caller("7c1b6f0e-5a53-4a0e-9d86-0f7e3f1f2a11", "anyone", (tokens.PERMISSION,))


def _wrong(mistake: str, fact: str, change: Change) -> Deviation:
    return Deviation("credentials", mistake, fact, change)


def _without(check: str) -> Change:
    return setting(recognise=partial(vault.signed, checks=tokens.CHECKS - {check}))


def _forgiving(old: Callable[[Vault, str], Caller]) -> Callable[[Vault, str], Caller]:
    def recognise(store: Vault, text: str) -> Caller:
        try:
            return old(store, text)
        except RefusalError:
            return _ANYONE

    return recognise


def _or_text(fallback: Callable[[Ask], str | None]) -> Change:
    """Another way of presenting a credential, where the documented one is not used."""

    def wrap(old: Callable[[Ask], str]) -> Callable[[Ask], str]:
        def present(ask: Ask) -> str:
            try:
                return old(ask)
            except RefusalError:
                text = fallback(ask)
                if text is None:
                    raise
                return text

        return present

    return around("present", wrap)


def _missing(ask: Ask) -> str | None:
    return None if ask.all("Authorization") else ""


def _guests(plan: Plan) -> Plan:
    def recognise(store: Vault, text: str) -> Caller:
        return plan.recognise(store, text) if text else _ANYONE

    return setting(recognise=recognise)(_or_text(_missing)(plan))


def _any_scheme(ask: Ask) -> str | None:
    words = ask.one("Authorization").split()
    return words[1] if len(words) == 2 else None


def _no_scheme(ask: Ask) -> str | None:
    return ask.one("Authorization").strip() or None


def _open(plan: Plan) -> Plan:
    anything = _or_text(lambda ask: "")(plan)
    return setting(recognise=_forgiving(plan.recognise), permit=lambda caller: True)(anything)


def _prefix_of_signature(store: Vault, text: str) -> Caller:
    head, _, signature = text.rpartition(".")
    loose = tokens.CHECKS - {"signature"}
    caller = vault.signed(store, text, loose)
    if not tokens.signature(head, store.secret).startswith(signature):
        raise vault.unauthorised("The signature is wrong.")
    return caller


def _by_address(plan: Plan) -> Plan:
    first: dict[str, str] = {}
    client = threading.local()

    def present(ask: Ask) -> str:
        client.address = ask.client
        return first.get(ask.client) or plan.present(ask)

    def recognise(store: Vault, text: str) -> Caller:
        caller = plan.recognise(store, text)
        if plan.permit(caller):
            first.setdefault(client.address, text)
        return caller

    return setting(present=present, recognise=recognise)(plan)


def _status(old: int, new: int) -> Change:
    def reply(ask: Ask, answer: Answer) -> Answer:
        return replace(answer, status=new) if answer.status == old else answer

    return adding("replies", reply)


def _login(ask: Ask, answer: Answer) -> Answer:
    moved = replace(answer, status=302).with_header("Location", "/login")
    return moved if answer.status == 401 else answer


def _fragile(old: Callable[[Vault, str], Caller]) -> Callable[[Vault, str], Caller]:
    def recognise(store: Vault, text: str) -> Caller:
        if text.count(".") != 2:
            raise RefusalError(500, "internalError", "Something went wrong.")
        return old(store, text)

    return recognise


def _issued(change: Callable[[Issued], Issued]) -> Change:
    """The token is made of something other than what was asked for."""
    return around("issue", lambda old: lambda store, issued: old(store, change(issued)))


def _wish(**values: Any) -> Change:
    return _issued(lambda issued: replace(issued, wish=replace(issued.wish, **values)))


def _foreign(store: Vault, issued: Issued) -> str:
    return vault.issue_signed(Vault("changeme"), issued)


def _callers_own(issued: Issued) -> Issued:
    return replace(issued, wish=replace(issued.wish, scopes=issued.caller.permissions))


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
        "The token is decoded, not verified.", _VERIFIED, _without("signature")
    ),
    "signature-prefix": _wrong(
        "Signatures are compared for the length of the one given, so an empty one passes.",
        _VERIFIED,
        setting(recognise=_prefix_of_signature),
    ),
    "exp-ignored": _wrong(
        "The library checks exp only when asked to.", _VERIFIED, _without("expiry")
    ),
    "exp-leeway-one-hour": _wrong(
        "A leeway for clocks that differ is given in the wrong unit: an hour.",
        _VERIFIED,
        setting(recognise=partial(vault.signed, leeway=3600)),
    ),
    "nbf-ignored": _wrong("Nobody looks at nbf.", _VERIFIED, _without("not-before")),
    "alg-none-accepted": _wrong(
        "The algorithm is taken from the token's own header, none included.",
        _VERIFIED,
        _without("algorithm"),
    ),
    "address-remembered": _wrong(
        "The gateway caches the first credential of an address and uses it for all later requests.",
        _VERIFIED,
        _by_address,
    ),
    "any-scheme": _wrong(
        "The header is split at the space and the first word is thrown away.",
        _SCHEME,
        _or_text(_any_scheme),
    ),
    "bare-token-accepted": _wrong(
        "The prefix Bearer is removed where it is there, and not missed where it is not.",
        _SCHEME,
        _or_text(_no_scheme),
    ),
    "permission-unchecked": _wrong(
        "Who is signed in may do everything.", _PERMITTED, setting(permit=lambda caller: True)
    ),
    "permission-by-resource": _wrong(
        "The permission is compared by its resource only, so read is as good as write.",
        _PERMITTED,
        setting(permit=_resource),
    ),
    "permission-any-write": _wrong(
        "Any permission to write will do.",
        _PERMITTED,
        setting(permit=lambda caller: any(p.endswith(":write") for p in caller.permissions)),
    ),
    "permission-substring": _wrong(
        "The permissions are joined and searched for the text.",
        _PERMITTED,
        setting(permit=lambda caller: tokens.PERMISSION in " ".join(caller.permissions)),
    ),
}

_ANSWERS: Final = {
    "forbidden-for-unauthorised": _wrong(
        "The framework's default for a failed authentication is 403.", _VERIFIED, _status(401, 403)
    ),
    "unauthorised-for-forbidden": _wrong(
        "Both failures raise one exception, and it means 401.", _PERMITTED, _status(403, 401)
    ),
    "bad-request-for-unauthorised": _wrong(
        "A required header that is missing counts as a bad request.", _VERIFIED, _status(401, 400)
    ),
    "not-found-for-forbidden": _wrong(
        "What may not be used is hidden behind a 404.", _PERMITTED, _status(403, 404)
    ),
    "login-redirect": _wrong(
        "The middleware of the web pages sends callers of the API to the login page.",
        _VERIFIED,
        adding("replies", _login),
    ),
    "malformed-credential-500": _wrong(
        "The token is split into three without counting its parts.",
        _VERIFIED,
        around("recognise", _fragile),
    ),
}

_ISSUED: Final = {
    "issued-is-dead": _wrong(
        "Tokens are signed with the default secret of the configuration file.",
        _WORKS,
        setting(issue=_foreign),
    ),
    "issued-without-scopes": _wrong(
        "The scopes are saved after the token was signed, so it has none.", _WORKS, _wish(scopes=())
    ),
    "issued-first-scope-only": _wrong(
        "A loop over the scopes returns in its first round.",
        _WORKS,
        _issued(lambda made: replace(made, wish=replace(made.wish, scopes=made.wish.scopes[:1]))),
    ),
    "issued-with-callers-scopes": _wrong(
        "The new token inherits the permissions of its maker.", _WORKS, _issued(_callers_own)
    ),
    "issued-never-expires": _wrong(
        "expiresAt is stored for show and never put into the token.", _UNTIL, _wish(expires=None)
    ),
    "issued-revoked-lives": _wrong(
        "revoked is stored, and nobody asks for it when a token comes back.",
        _REVOKED,
        _wish(revoked=False),
    ),
}

CREDENTIALS: Final[dict[str, Deviation]] = {**_CHECKS, **_ANSWERS, **_ISSUED}
