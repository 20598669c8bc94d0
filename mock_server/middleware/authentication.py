"""Who may call: the credential (401), then its permissions (403)."""

import math
import re
import time
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.exchange import Exchange, Objection, exchange_of
from mock_server.messages import Headers, header, values
from mock_server.responses.errors import Refusal
from mock_server.tokens import MODES, Checks, TokenRefused, granted, scope_token, verify
from openapi.contract import Operation

# RFC 9110, section 11.4 and RFC 6750, section 2.1: a scheme, spaces, a token68.
_CREDENTIALS = re.compile(rb"([A-Za-z][A-Za-z0-9-]*) +([A-Za-z0-9._~+/=-]+)")
_ALL = MODES["jwt"]
_REMEMBERED = 1024
"""How many verified tokens are kept, so that the next request with one need not verify it."""


class Gatekeeper:
    """The station of one operation that asks for its credential, if it needs one."""

    def __init__(self, next_app: ASGIApp, operation: Operation, tokens: "Tokens") -> None:
        """Let those through whose token `tokens` takes for good and has the permissions."""
        self._next = next_app
        self._tokens = tokens
        self._asks = operation.scheme is not None
        self._needed = frozenset(scope_token(permission) for permission in operation.permissions)
        self._forbidden = _forbidden(operation.permissions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or raise the refusal."""
        if self._asks:
            self._ask(exchange_of(scope))
        await self._next(scope, receive, send)

    def _ask(self, exchange: Exchange) -> None:
        hook = exchange.behaviour.checks
        try:
            exchange.claims = self._admit(exchange, self._tokens.checks)
        except Refusal as refusal:
            exchange.objections += (Objection(refusal.reason, refusal.message),)
            if hook is None:
                raise
        if hook is not None:
            exchange.claims = self._admit(exchange, hook(self._tokens.checks))

    def _admit(self, exchange: Exchange, checks: Checks) -> Mapping[str, Any]:
        claims = self._tokens.claims(exchange, checks)
        if checks.permission and not _permitted(self._needed, claims, checks):
            message, headers = self._forbidden
            raise Refusal("credential-without-permission", message, headers)
        return claims


class Tokens:
    """Reads and verifies tokens, and remembers those that were good."""

    def __init__(self, secret: str, mode: str = "jwt") -> None:
        """Take the secret that tokens are signed with, and the name of one of `MODES`."""
        self._secret = secret
        self.checks = MODES[mode]
        self._verified: dict[bytes, Mapping[str, Any]] = {}

    def claims(self, exchange: Exchange, checks: Checks) -> Mapping[str, Any]:
        """Return what the credential of a request says, or raise the refusal of a bad one."""
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


def _forbidden(permissions: tuple[str, ...]) -> tuple[str, Headers]:
    """Return what is said to a caller who lacks one of these, and the header that says it."""
    names = " ".join(permissions)
    challenge = header("WWW-Authenticate", f'Bearer error="insufficient_scope", scope="{names}"')
    return f"The access token lacks a permission; needed: {names}", (challenge,)
