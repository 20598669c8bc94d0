"""Checks of one credential: a token of the mock, or a fixed API key or pair of HTTP Basic."""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from urllib.parse import quote

from starlette.types import Scope

from mock_server.exchange import MockExchange
from mock_server.fixed_credentials import cookie_values, decode_pair, is_same, query_values
from mock_server.messages import encode_header
from mock_server.responses.errors import RequestRejected
from mock_server.tokens import CredentialChecks
from openapi.security import SecurityScheme

Claims = Mapping[str, Any]
_NO_CLAIMS: Claims = {}


CredentialCheck = Callable[[MockExchange, Scope, CredentialChecks], Claims]
"""Check that returns the claims of a credential, or raises the rejection of an invalid one."""


class CredentialMissing(RequestRejected):
    """Rejection of a request without the credential."""


class BasicCheck:
    """Check of HTTP Basic (RFC 7617)."""

    _CHALLENGE = 'Basic realm="hookproof", charset="UTF-8"'

    def __init__(self, accepted: str) -> None:
        """Accept one `user:password`."""
        self._accepted = accepted

    def __call__(self, exchange: MockExchange, _scope: Scope, checks: CredentialChecks) -> Claims:
        """Return no claims; raise the rejection of another credential."""
        if not checks.presence:
            return _NO_CLAIMS
        field_values = exchange.header_values(b"authorization")
        if not field_values:
            raise CredentialMissing(*self._rejection("There is no Authorization header"))
        scheme, _, encoded = field_values[0].partition(b" ")
        if len(field_values) > 1:
            self._reject("There is more than one Authorization header")
        if checks.scheme and scheme.lower() != b"basic":
            self._reject("The Authorization header does not use the scheme Basic")
        if not checks.content:
            return _NO_CLAIMS
        pair = decode_pair(encoded.strip())
        if pair is None:
            self._reject("The Authorization header is malformed")
        if not is_same(pair, self._accepted):
            self._reject("User or password is wrong")
        return _NO_CLAIMS

    def _reject(self, message: str) -> NoReturn:
        raise RequestRejected(*self._rejection(message))

    def _rejection(self, message: str) -> tuple[str, str, tuple[tuple[bytes, bytes], ...]]:
        return _rejection(message, self._CHALLENGE)


class ApiKeyCheck:
    """Check of an API key in a header, the query or a cookie."""

    def __init__(self, scheme: SecurityScheme, accepted: str) -> None:
        """Accept one key in the place that `scheme` states."""
        self._scheme = scheme
        self._accepted = accepted
        self._header = scheme.parameter.lower().encode()
        name = quote(scheme.parameter, safe="")
        kind = "query parameter" if scheme.location == "query" else scheme.location
        self._place = f"{kind} {scheme.parameter}"
        # No registered scheme fits, but RFC 9110, section 15.5.2 requires a challenge.
        self._challenge = f'ApiKey realm="hookproof", in="{scheme.location}", name="{name}"'

    def __call__(self, exchange: MockExchange, scope: Scope, checks: CredentialChecks) -> Claims:
        """Return no claims; raise the rejection of another key."""
        if not checks.presence:
            return _NO_CLAIMS
        keys = self._keys(exchange, scope)
        if not keys:
            rejection = _rejection(f"There is no {self._place}", self._challenge)
            raise CredentialMissing(*rejection)
        if len(keys) > 1:
            self._reject(f"There is more than one {self._place}")
        if checks.content and not is_same(keys[0], self._accepted):
            self._reject(f"The API key in the {self._place} is wrong")
        return _NO_CLAIMS

    def _keys(self, exchange: MockExchange, scope: Scope) -> list[bytes]:
        if self._scheme.location == "query":
            return query_values(scope["query_string"], self._scheme.parameter)
        if self._scheme.location == "cookie":
            return cookie_values(exchange.header_values(b"cookie"), self._scheme.parameter)
        return exchange.header_values(self._header)

    def _reject(self, message: str) -> NoReturn:
        raise RequestRejected(*_rejection(message, self._challenge))


def _rejection(message: str, challenge: str) -> tuple[str, str, tuple[tuple[bytes, bytes], ...]]:
    return "invalid-credential", message, (encode_header("WWW-Authenticate", challenge),)
