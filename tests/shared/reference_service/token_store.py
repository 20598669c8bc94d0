"""State of the service, and the recognition of callers by their credentials."""

from __future__ import annotations

import re
import secrets
import threading
import time
from dataclasses import dataclass, field

from reference_service import dates, tokens
from reference_service.behaviour import Caller, Issued, RejectionError, Request

_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*) +([\x21-\x7e]+)")


@dataclass(frozen=True)
class Grant:
    """Caller and expiry of an opaque credential."""

    caller: Caller
    expires: float | None = None


@dataclass
class TokenStore:
    """All state that outlives a request, guarded by `lock`."""

    secret: str
    names: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    grants: dict[str, Grant] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def unauthorised(why: str) -> RejectionError:
    # The reason is in no header and contains no value: a credential must not be echoed.
    return RejectionError(401, "unauthorised", why, (("WWW-Authenticate", "Bearer"),))


def bearer(request: Request) -> str:
    given = request.all("Authorization")
    if len(given) != 1:
        raise unauthorised("Send one Authorization header.")
    match = _HEADER.fullmatch(given[0].strip(" \t"))
    if match is None or match[1].lower() != "bearer":
        raise unauthorised("The Authorization header must hold a bearer credential.")
    return match[2]


def signed(
    token_store: TokenStore,
    text: str,
    checks: frozenset[str] = tokens.CHECKS,
    leeway: float = 0,
    revocation: bool = True,
) -> Caller:
    try:
        claims = tokens.read(text, token_store.secret, checks, leeway)
    except tokens.TokenError as error:
        raise unauthorised(f"The credential is invalid: {error}.") from error
    if revocation and claims["jti"] in token_store.revoked:
        raise unauthorised("The credential was revoked.")
    return Caller(claims["sub"], claims["jti"], tuple(claims["permissions"]))


def may_write(caller: Caller) -> bool:
    return tokens.PERMISSION in caller.permissions


def claim(token_store: TokenStore, name: str) -> bool:
    with token_store.lock:
        if name in token_store.names:
            return False
        token_store.names.add(name)
        return True


def issue_signed(token_store: TokenStore, issued: Issued) -> str:
    spec = issued.spec
    expires = None if spec.expires is None else spec.expires / dates.TICKS
    claims = tokens.claims_for(list(spec.scopes), issued.caller.user, expires)
    if spec.revoked:
        with token_store.lock:
            token_store.revoked.add(claims["jti"])
    return tokens.mint(claims, token_store.secret)


def opaque(token_store: TokenStore, text: str) -> Caller:
    grant = token_store.grants.get(text)
    if grant is None or (grant.expires is not None and time.time() >= grant.expires):
        raise unauthorised("The credential is unknown or has expired.")
    return grant.caller


def issue_opaque(token_store: TokenStore, issued: Issued) -> str:
    spec = issued.spec
    text = "pat_" + secrets.token_urlsafe(30)
    if not spec.revoked:
        expires = None if spec.expires is None else spec.expires / dates.TICKS
        caller = Caller(issued.caller.user, issued.ident, spec.scopes)
        with token_store.lock:
            token_store.grants[text] = Grant(caller, expires)
    return text
