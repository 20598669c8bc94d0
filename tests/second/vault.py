"""What the service remembers, and how it knows its callers by it."""

from __future__ import annotations

import re
import secrets
import threading
import time
from dataclasses import dataclass, field

import dates
import tokens
from plan import Ask, Caller, Issued, RefusalError

_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*) +([\x21-\x7e]+)")


@dataclass(frozen=True)
class Grant:
    """What an opaque credential stands for."""

    caller: Caller
    expires: float | None = None


@dataclass
class Vault:
    """The only state that outlives a request; `lock` guards all of it."""

    secret: str
    names: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    grants: dict[str, Grant] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def unauthorised(why: str) -> RefusalError:
    # The reason goes into no header and names no value: a credential must not be echoed.
    return RefusalError(401, "unauthorised", why, (("WWW-Authenticate", "Bearer"),))


def bearer(ask: Ask) -> str:
    given = ask.all("Authorization")
    if len(given) != 1:
        raise unauthorised("Send one Authorization header.")
    match = _HEADER.fullmatch(given[0].strip(" \t"))
    if match is None or match[1].lower() != "bearer":
        raise unauthorised("The Authorization header must hold a bearer credential.")
    return match[2]


def signed(
    vault: Vault,
    text: str,
    checks: frozenset[str] = tokens.CHECKS,
    leeway: float = 0,
    revocation: bool = True,
) -> Caller:
    try:
        claims = tokens.read(text, vault.secret, checks, leeway)
    except tokens.TokenError as error:
        raise unauthorised(f"The credential was not accepted: {error}.") from error
    if revocation and claims["jti"] in vault.revoked:
        raise unauthorised("The credential was revoked.")
    return Caller(claims["sub"], claims["jti"], tuple(claims["permissions"]))


def may_write(caller: Caller) -> bool:
    return tokens.PERMISSION in caller.permissions


def claim(vault: Vault, name: str) -> bool:
    with vault.lock:
        if name in vault.names:
            return False
        vault.names.add(name)
        return True


def issue_signed(vault: Vault, issued: Issued) -> str:
    wish = issued.wish
    expires = None if wish.expires is None else wish.expires / dates.TICKS
    claims = tokens.claims_for(list(wish.scopes), issued.caller.user, expires)
    if wish.revoked:
        with vault.lock:
            vault.revoked.add(claims["jti"])
    return tokens.mint(claims, vault.secret)


def opaque(vault: Vault, text: str) -> Caller:
    grant = vault.grants.get(text)
    if grant is None or (grant.expires is not None and time.time() >= grant.expires):
        raise unauthorised("The credential is unknown or has expired.")
    return grant.caller


def issue_opaque(vault: Vault, issued: Issued) -> str:
    wish = issued.wish
    text = "pat_" + secrets.token_urlsafe(30)
    if not wish.revoked:
        expires = None if wish.expires is None else wish.expires / dates.TICKS
        caller = Caller(issued.caller.user, issued.ident, wish.scopes)
        with vault.lock:
            vault.grants[text] = Grant(caller, expires)
    return text
