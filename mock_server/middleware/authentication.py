"""Authentication (401) and authorization (403) of each request."""

import math
import re
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.types import Receive, Scope

from mock_server.exchange import MockExchange, Objection
from mock_server.messages import Headers, encode_header
from mock_server.middleware.credential_checks import (
    ApiKeyCheck,
    BasicCheck,
    Claims,
    CredentialCheck,
    CredentialMissing,
)
from mock_server.responses.errors import RequestRejected
from mock_server.token_verification import TokenRejected, verify_token
from mock_server.tokens import AUTH_MODES, CredentialChecks, granted_scopes, scope_token
from openapi.contract import Operation
from openapi.security import RequiredScheme, SecurityScheme, is_supported

# RFC 9110, section 11.4 and RFC 6750, section 2.1: scheme, spaces, token68.
_AUTHORIZATION = re.compile(rb"([A-Za-z][A-Za-z0-9-]*) +([A-Za-z0-9._~+/=-]+)")
_ALL_CHECKS = AUTH_MODES["jwt"]
# RFC 6750, section 3.1: no error code where no credential was sent.
_CHALLENGE = encode_header("WWW-Authenticate", "Bearer")
_MAX_CACHED_TOKENS = 1024
"""Number of header values with a verified token in the cache; they are not verified again."""


class AuthenticationStep:
    """Step that checks the credentials of one operation, which requires some."""

    def __init__(
        self,
        operation: Operation,
        tokens: "TokenVerifier",
        fixed: Mapping[SecurityScheme, str] = MappingProxyType({}),
    ) -> None:
        """Accept tokens that `tokens` verifies and that have the scopes, and `fixed` credentials.

        The mock does not check schemes that hookproof does not support.
        """
        self._tokens = tokens
        stated = [one for one in operation.security if one]
        supported = [one for one in stated if is_supported(one)]
        self._alternatives = [
            [_credential_check(one, tokens, fixed) for one in alternative]
            for alternative in supported or stated
        ]
        self._allows_anonymous = operation.allows_anonymous

    async def __call__(self, exchange: MockExchange, scope: Scope, _receive: Receive) -> None:
        """Pass the request on, or raise the rejection."""
        hook = exchange.hooks.checks
        try:
            exchange.claims = self._authorize(exchange, scope, self._tokens.checks)
        except RequestRejected as rejection:
            exchange.objections += (Objection(rejection.reason, rejection.message),)
            if hook is None:
                raise
        if hook is not None:
            exchange.claims = self._authorize(exchange, scope, hook(self._tokens.checks))

    def _authorize(self, exchange: MockExchange, scope: Scope, checks: CredentialChecks) -> Claims:
        """Return the claims of the first alternative that the request satisfies."""
        rejections: list[RequestRejected] = []
        for alternative in self._alternatives:
            claims: Claims = {}
            try:
                for check in alternative:
                    claims = check(exchange, scope, checks) or claims
            except RequestRejected as rejection:
                rejections.append(rejection)
            else:
                return claims
        if self._allows_anonymous:
            return {}
        raise _nearest(rejections)


def _credential_check(
    required: RequiredScheme, tokens: "TokenVerifier", fixed: Mapping[SecurityScheme, str]
) -> CredentialCheck:
    match required.scheme.kind:
        case "bearer":
            return TokenCheck(tokens, required.scopes)
        case "basic":
            return BasicCheck(fixed[required.scheme])
        case "api-key":
            return ApiKeyCheck(required.scheme, fixed[required.scheme])
    return lambda _exchange, _scope, _checks: {}


def _nearest(rejections: list[RequestRejected]) -> RequestRejected:
    """Return the rejection of the alternative that the request is nearest to.

    It has the challenges of all alternatives (RFC 9110, section 11.6.1).
    """
    if len(rejections) == 1:
        return rejections[0]

    def distance(rejection: RequestRejected) -> int:
        if rejection.reason == "insufficient-permission":
            return 0
        return 2 if isinstance(rejection, CredentialMissing) else 1

    nearest = min(rejections, key=distance)
    others = [header for rejection in rejections for header in rejection.headers]
    headers = tuple(dict.fromkeys((*nearest.headers, *others)))
    return RequestRejected(nearest.reason, nearest.message, headers)


class TokenCheck:
    """Check of a bearer token and of its scopes."""

    def __init__(self, tokens: "TokenVerifier", scopes: tuple[str, ...]) -> None:
        """Accept the tokens that `tokens` verifies and that have `scopes`."""
        self._tokens = tokens
        self._required_scopes = frozenset(scope_token(scope) for scope in scopes)
        self._forbidden = _insufficient_scope(scopes)

    def __call__(self, exchange: MockExchange, _scope: Scope, checks: CredentialChecks) -> Claims:
        """Return the claims of the token; raise the rejection of an invalid one."""
        claims = self._tokens.claims(exchange, checks)
        if checks.permission and not _has_permission(self._required_scopes, claims, checks):
            message, headers = self._forbidden
            raise RequestRejected("insufficient-permission", message, headers)
        return claims


class TokenVerifier:
    """Verifier of tokens with a cache of valid ones."""

    def __init__(self, secret: str, mode: str = "jwt") -> None:
        """Use `secret` to verify signatures; `mode` is a key of `AUTH_MODES`."""
        self._secret = secret
        self.checks = AUTH_MODES[mode]
        self._verified: dict[bytes, Mapping[str, Any]] = {}

    def claims(self, exchange: MockExchange, checks: CredentialChecks) -> Mapping[str, Any]:
        """Return the claims of the request's credential; raise the rejection of an invalid one."""
        if not checks.presence:
            return {}
        field_values = exchange.header_values(b"authorization")
        if not field_values:
            message = "There is no Authorization header"
            raise CredentialMissing("invalid-credential", message, (_CHALLENGE,))
        if len(field_values) > 1:
            raise _unauthorized("There is more than one Authorization header")
        cached = self._verified.get(field_values[0]) if checks is _ALL_CHECKS else None
        if cached is not None and cached.get("exp", math.inf) > time.time():
            return cached
        match = _AUTHORIZATION.fullmatch(field_values[0])
        if match is None:
            raise _unauthorized("The Authorization header is malformed")
        if checks.scheme and match[1].lower() != b"bearer":
            raise _unauthorized("The Authorization header does not use the scheme Bearer")
        if not checks.content:
            return {}
        try:
            claims = verify_token(match[2].decode("ascii"), self._secret, checks)
        except TokenRejected as rejected:
            raise _unauthorized(str(rejected)) from None
        if checks is _ALL_CHECKS and isinstance(claims.get("exp", 0), int | float):
            self._cache_claims(field_values[0], claims)
        return claims

    def _cache_claims(self, field_value: bytes, claims: Mapping[str, Any]) -> None:
        # A valid token stays valid until it expires: the mock cannot revoke it later.
        if len(self._verified) >= _MAX_CACHED_TOKENS:
            self._verified.clear()
        self._verified[field_value] = claims


def _has_permission(
    needed: frozenset[str], claims: Mapping[str, Any], checks: CredentialChecks
) -> bool:
    if checks.whole_permission:
        return needed <= granted_scopes(claims) or (not checks.presence)
    return all(any(part in scope for scope in granted_scopes(claims)) for part in needed)


def _unauthorized(message: str) -> RequestRejected:
    value = f'Bearer error="invalid_token", error_description="{message}"'
    return RequestRejected(
        "invalid-credential", message, (encode_header("WWW-Authenticate", value),)
    )


def _insufficient_scope(permissions: tuple[str, ...]) -> tuple[str, Headers]:
    """Return the message for a missing permission, and its WWW-Authenticate header."""
    names = " ".join(permissions)
    challenge = encode_header(
        "WWW-Authenticate", f'Bearer error="insufficient_scope", scope="{names}"'
    )
    return f"The access token lacks a permission; required: {names}", (challenge,)
