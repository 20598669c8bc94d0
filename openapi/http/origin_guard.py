"""Origin guard of pages and APIs, against DNS rebinding and cross-site requests.

A foreign name may resolve to a loopback address (DNS rebinding); the browser then treats our pages
as that site's pages. So the Host header must be a loopback name or address, or the local address of
the connection. The guard recognises a request from another page by `Origin` or `Sec-Fetch-Site`,
which no page can set.

With the right token any host name is allowed, because a foreign page does not know the token.
"""

import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openapi.contract import SAFE_METHODS
from openapi.http.loopback import is_loopback_host

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Defaults for every response behind a guard."""

CROSS_ORIGIN_MESSAGE = "this request comes from a page of another origin"

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class BearerToken:
    """Bearer credential that requests to paths below `prefix` need."""

    token: str = field(repr=False)
    prefix: str

    def authorizes(self, headers: Headers) -> bool:
        """Return whether the only Authorization header has the token; takes constant time."""
        values = header_values(headers, b"authorization")
        scheme, _, credential = values[0].partition(b" ") if len(values) == 1 else (b"", b"", b"")
        same = hmac.compare_digest(credential.strip(), self.token.encode())
        return same and scheme.lower() == b"bearer"


class OriginGuard:
    """ASGI middleware: rejects requests of other origins, adds `SECURITY_HEADERS`."""

    def __init__(
        self,
        app: ASGIApp,
        key: BearerToken | None = None,
        public_paths: Collection[str] = frozenset(),
    ) -> None:
        """Guard `app`; `public_paths` need neither origin nor token."""
        self._app = app
        self._key = key
        self._public_paths = public_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond 403 to another origin or 401 without the token; else call the app."""
        rejection = None if scope["path"] in self._public_paths else self._rejection(scope)
        await (rejection or self._app)(scope, receive, with_security_headers(send))

    def _rejection(self, scope: Scope) -> JSONResponse | None:
        headers = scope["headers"]
        authorized = self._key is not None and self._key.authorizes(headers)
        if not authorized and not is_own_host(headers, scope.get("server")):
            return _error_response(403, "this server does not accept this host name; use 127.0.0.1")
        if not is_same_origin(scope):
            return _error_response(403, CROSS_ORIGIN_MESSAGE)
        if self._key and not authorized and scope["path"].startswith(self._key.prefix):
            rejection = _error_response(
                401, "send this server's token: Authorization: Bearer TOKEN"
            )
            rejection.headers["WWW-Authenticate"] = "Bearer"
            return rejection
        return None


def with_security_headers(send: Send) -> Send:
    """Return a `send` that adds missing `SECURITY_HEADERS` to the response."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent


def is_own_host(headers: Headers, server: tuple[str, int | None] | None) -> bool:
    """Return whether the only Host header names this machine; `server` is the local address."""
    hosts = header_values(headers, b"host")
    if len(hosts) != 1:
        return False
    try:
        name = urlsplit(f"//{hosts[0].decode('ascii')}").hostname or ""
    except ValueError:
        return False
    return is_loopback_host(name) or bool(server and name == server[0])


def is_same_origin(scope: Scope) -> bool:
    """Return whether the request is from the same origin, from no page, or follows a link.

    Only a request with a safe method can follow a link. Another method that navigates is a form of
    another page, and some browsers and privacy settings omit its `Origin`.
    """
    headers = scope["headers"]
    origins = header_values(headers, b"origin")
    scheme = scope["scheme"].encode()
    own = [scheme + b"://" + host for host in header_values(headers, b"host")]
    if origins and [origin.lower() for origin in origins] != [origin.lower() for origin in own]:
        return False
    if set(header_values(headers, b"sec-fetch-site")) <= {b"same-origin", b"none"}:
        return True
    if scope["method"] not in SAFE_METHODS:
        return False
    mode = header_values(headers, b"sec-fetch-mode")
    return mode == [b"navigate"] and header_values(headers, b"sec-fetch-dest") == [b"document"]


def header_values(headers: Headers, name: bytes) -> list[bytes]:
    """Return all values of the header `name`, in lower case."""
    return [value for key, value in headers if key == name]


def _error_response(status: int, message: str) -> JSONResponse:
    return JSONResponse({"message": message}, status)
