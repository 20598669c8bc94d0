"""Who may call: the credential (401), then its permissions (403)."""

import math
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import HTTPConnection

from mock_server.answer import header, values
from mock_server.exchange import Exchange, Objection, exchange_of
from mock_server.problems import Refusal
from mock_server.tokens import MODES, Checks, TokenRefused, granted, scope_token, verify

# RFC 9110, section 11.4 and RFC 6750, section 2.1: a scheme, spaces, a token68.
_CREDENTIALS = re.compile(rb"([A-Za-z][A-Za-z0-9-]*) +([A-Za-z0-9._~+/=-]+)")
_ALL = MODES["jwt"]
_REMEMBERED = 1024
"""How many verified tokens are kept, so that the next request with one need not verify it."""

SecurityFunction = Callable[[HTTPConnection], Awaitable[Mapping[str, Any]]]


class Gatekeeper:
    """connexion's handler of bearer credentials (an entry of its `security_map`)."""

    def __init__(self, secret: str, mode: str = "jwt") -> None:
        """Take the secret that tokens are signed with, and the name of one of `MODES`."""
        self._secret = secret
        self._checks = MODES[mode]
        self._verified: dict[bytes, Mapping[str, Any]] = {}

    def get_fn(self, _scheme: Mapping[str, Any], permissions: list[str]) -> SecurityFunction:
        """Return what checks a request for an operation that needs `permissions`."""
        needed = frozenset(scope_token(permission) for permission in permissions)

        async def check(request: HTTPConnection) -> Mapping[str, Any]:
            exchange = exchange_of(request.scope)
            hook = exchange.behaviour.checks
            try:
                exchange.claims = admit(exchange, self._checks)
            except Refusal as refusal:
                exchange.objections += (Objection(refusal.reason, refusal.message),)
                if hook is None:
                    raise
            if hook is not None:
                exchange.claims = admit(exchange, hook(self._checks))
            return exchange.claims

        def admit(exchange: Exchange, checks: Checks) -> Mapping[str, Any]:
            claims = self._authenticate(exchange, checks)
            if checks.permission and not _permitted(needed, claims, checks):
                raise _forbidden(permissions)
            return claims

        return check

    def _authenticate(self, exchange: Exchange, checks: Checks) -> Mapping[str, Any]:
        if not checks.presence:
            return {}
        stated = values(exchange.received, b"authorization")
        if not stated:
            raise _unauthorized("There is no Authorization header", invalid=False)
        if len(stated) > 1:
            raise _unauthorized("There is more than one Authorization header")
        match = _CREDENTIALS.fullmatch(stated[0])
        if match is None:
            raise _unauthorized("The Authorization header is malformed")
        if checks.scheme and match[1].lower() != b"bearer":
            raise _unauthorized("The Authorization header is not of the scheme Bearer")
        if not checks.content:
            return {}
        known = self._verified.get(match[2]) if checks is _ALL else None
        if known is not None and known.get("exp", math.inf) > time.time():
            return known
        try:
            claims = verify(match[2].decode("ascii"), self._secret, checks)
        except TokenRefused as refused:
            raise _unauthorized(str(refused)) from None
        if checks is _ALL and isinstance(claims.get("exp", 0), int | float):
            self._remember(match[2], claims)
        return claims

    def _remember(self, token: bytes, claims: Mapping[str, Any]) -> None:
        # A token that was valid once is valid until it expires: nothing here revokes one later.
        if len(self._verified) >= _REMEMBERED:
            self._verified.clear()
        self._verified[token] = claims


def _permitted(needed: frozenset[str], claims: Mapping[str, Any], checks: Checks) -> bool:
    if checks.whole_permission:
        return needed <= granted(claims) or (not checks.presence)
    return all(any(part in scope for scope in granted(claims)) for part in needed)


def _unauthorized(message: str, *, invalid: bool = True) -> Refusal:
    # RFC 6750, section 3.1: no error code where no credential was sent.
    value = f'Bearer error="invalid_token", error_description="{message}"' if invalid else "Bearer"
    return Refusal("refused-credential", message, (header("WWW-Authenticate", value),))


def _forbidden(permissions: list[str]) -> Refusal:
    names = " ".join(permissions)
    challenge = header("WWW-Authenticate", f'Bearer error="insufficient_scope", scope="{names}"')
    message = f"The access token lacks a permission; needed: {names}"
    return Refusal("credential-without-permission", message, (challenge,))
